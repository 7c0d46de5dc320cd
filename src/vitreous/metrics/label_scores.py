"""The figures of answers with several labels, label by label and over all of them; `vitreous.metrics.several` finds them."""

from dataclasses import dataclass
from typing import Any

from vitreous.metrics.classification import Interval
from vitreous.metrics.figures import IntArray

OF_ALL = ("map", "macro_f1", "micro_f1", "label_accuracy", "exactly_right", "log_loss", "calibration_error")


@dataclass(frozen=True)
class LabelScores:
    """The figures of one label: `count` pictures have it of `known` ones, `said` are said to. None: no picture has it, or none is said to."""

    label: str
    count: int
    known: int
    said: int
    threshold: float
    precision: float | None
    precision_interval: Interval | None
    recall: float | None
    recall_interval: Interval | None
    f1: float | None
    f1_interval: Interval | None
    average_precision: float | None
    average_precision_interval: Interval | None
    accuracy: float | None
    accuracy_interval: Interval | None
    all_zero: float | None

    def to_json(self) -> dict[str, Any]:
        values = {name: list(value) if isinstance(value, tuple) else value for name, value in vars(self).items()}
        return {"label": self.label, "num_images": values.pop("count"), "num_known": values.pop("known"), "num_said": values.pop("said")} | values


@dataclass(frozen=True)
class SeveralScores:
    """The figures of all labels. `mistakes` int [K, K]: on the diagonal how often a label was found, else in how many pictures the row's label
    was missed while the column's was said wrongly. None: no label occurs."""

    num_images: int
    map: float | None
    map_interval: Interval | None
    macro_f1: float | None
    macro_f1_interval: Interval | None
    micro_f1: float | None
    micro_f1_interval: Interval | None
    label_accuracy: float
    label_accuracy_interval: Interval
    all_zero: float
    exactly_right: float
    exactly_right_interval: Interval
    log_loss: float
    log_loss_interval: Interval
    calibration_error: float
    calibration_error_interval: Interval
    calibration_error_debiased: float
    per_class: list[LabelScores]
    mistakes: IntArray
    missed: list[int]
    falsely_said: list[int]
    absent: list[str]
    method: str

    def said(self, place: int) -> int:
        """How many pictures are said to have the label at this place."""
        return self.per_class[place].said

    def to_json(self) -> dict[str, Any]:
        """Plain values without NaN, for `evaluate --json` and the run folder."""
        result: dict[str, Any] = {"num_images": self.num_images}
        for name in OF_ALL:
            interval = getattr(self, f"{name}_interval")
            result |= {name: getattr(self, name), f"{name}_interval": None if interval is None else list(interval)}
        return result | {
            "all_zero": self.all_zero,
            "classes": [scores.to_json() for scores in self.per_class],
            "mistakes": self.mistakes.tolist(),
            "missed": self.missed,
            "falsely_said": self.falsely_said,
        }
