"""A trained network against pictures with several labels: metrics with intervals, as text, JSON and in a notebook."""

from dataclasses import dataclass, field
from html import escape
from typing import Any

import numpy as np
import numpy.typing as npt

from vitreous.core.item import LeftOut
from vitreous.core.text import cut, plural, sentence, visible
from vitreous.metrics.label_scores import OF_ALL, LabelScores, SeveralScores
from vitreous.runs.tables import Predictions
from vitreous.tasks.classify.requirements import OF_A_CLASS, Outcome, judged, judged_by_point, parsed

_MOST_SHOWN, _NAME_SHOWN = 40, 24
_PAIRS = 3


@dataclass(frozen=True)
class SeveralEvaluation:
    """Scores on `what`, e.g. "67 test pictures"; `out_of_fold` beside it for labels with too few of them.

    `predictions` are the answers picture by picture, `groups` int [N] the numbers of what belongs together; None where they were not kept.
    """

    what: str
    scores: SeveralScores
    left_out: list[LeftOut]
    remarks: list[str]
    out_of_fold: dict[str, dict[str, Any]]
    predictions: Predictions | None = field(default=None, compare=False)
    groups: npt.NDArray[np.intp] | None = field(default=None, compare=False)

    def require(self, *requirements: str) -> list[Outcome]:
        """Whether each, such as "recall[ace] >= 0.9" or "map >= 0.8", is proven: only one that its whole 95 % interval fulfils is met.

        Raises UsageError for one that cannot be read, or names a label or metric that is not there.
        """
        return [judged(each, self.scores) for each in self._parsed(requirements)]

    def require_by_point(self, *requirements: str) -> list[Outcome]:
        """The same by the figures alone, however few pictures they come from."""
        return [judged_by_point(each, self.scores) for each in self._parsed(requirements)]

    def _parsed(self, requirements: tuple[str, ...]) -> list[Any]:
        labels = [each.label for each in self.scores.per_class]
        return [parsed(text, labels, OF_ALL, OF_A_CLASS) for text in requirements]

    def to_json(self) -> dict[str, Any]:
        return (
            {"task": "multilabel"}
            | self.scores.to_json()
            | {
                "what": self.what,
                "left_out": [{"image": each.relative, "reason": each.reason} for each in self.left_out],
                "out_of_fold": self.out_of_fold,
                "remarks": self.remarks,
            }
        )

    def __repr__(self) -> str:
        return "\n".join(self.lines())

    def headline(self) -> str:
        """The mean average precision with its interval."""
        return f"mAP {_figure(self.scores.map, self.scores.map_interval)}"

    def lines(self) -> list[str]:
        """The text that `vitreous evaluate` prints."""
        scores = self.scores
        rows = [
            ("mAP", scores.map, scores.map_interval),
            ("macro F1", scores.macro_f1, scores.macro_f1_interval),
            ("micro F1", scores.micro_f1, scores.micro_f1_interval),
            ("exactly right", scores.exactly_right, scores.exactly_right_interval),
            ("label accuracy", scores.label_accuracy, scores.label_accuracy_interval),
            ("  saying no to all", scores.all_zero, None),
            ("log loss", scores.log_loss, scores.log_loss_interval),
            ("calibration error", scores.calibration_error, scores.calibration_error_interval),
        ]
        lines = [f"{self.what}; 95 % intervals in brackets", ""]
        lines += [f"  {name:<18} {_figure(value, interval)}" for name, value, interval in rows]
        lines.append(f"  {round(scores.exactly_right * scores.num_images):,} of {plural(scores.num_images, 'picture')} exactly right, label by label")
        names = [visible(each.label) for each in scores.per_class]
        width = min(_NAME_SHOWN, max(map(len, [*names, "label"])))
        lines += ["", f"  {'label':<{width}} pictures  from p  {'precision':<22}{'recall':<22}{'F1':<22}{'AP':<22}right (all no)"]
        for name, each in list(zip(names, scores.per_class, strict=True))[:_MOST_SHOWN]:
            cells = "".join(f"{cell:<22}" for cell in _cells(each))
            right = f"{_figure(each.accuracy, None)} ({_figure(each.all_zero, None)})"
            lines.append(f"  {cut(name, width):<{width}} {each.count:>8}  {each.threshold:>6.3f}  {cells}{right}")
            if beside := self.out_of_fold.get(each.label):
                lines.append(f"  {'':<{width}} {beside['count']:>8}  recall out of fold {_figure(beside['recall'], None)} (few test pictures)")
        if len(names) > _MOST_SHOWN:
            lines.append(f"  … and {len(names) - _MOST_SHOWN} more labels (--json has them all)")
        lines += ["", *self._mistakes(), *map(sentence, self.remarks)]
        if self.left_out:
            lines.append(f"{plural(len(self.left_out), 'file')} left out:")
            lines += [f"  {visible(each.relative)}: {each.reason}" for each in self.left_out[:10]]
            lines += ["  …"] if len(self.left_out) > 10 else []
        return lines

    def summary(self) -> list[str]:
        """Sentences for the end of a training."""
        scores = self.scores
        right = round(scores.exactly_right * scores.num_images)
        first = f"{self.headline()} on {self.what} (95 % interval); macro F1 {_figure(scores.macro_f1, None)}, {right:,} of {scores.num_images:,} "
        first += (
            f"exactly right; label by label {100 * scores.label_accuracy:.1f} % right, where saying no to all gets {100 * scores.all_zero:.1f} %."
        )
        return [first, *map(sentence, self.remarks)]

    def _mistakes(self) -> list[str]:
        """Which labels are missed and falsely said most often, and what is said in their place."""
        scores, names = self.scores, [cut(visible(each.label), _NAME_SHOWN) for each in self.scores.per_class]
        lines = []
        for what, counts in (("missed", scores.missed), ("falsely said", scores.falsely_said)):
            first = sorted((k for k in range(len(names)) if counts[k]), key=lambda k: -counts[k])[:_PAIRS]
            if first:
                lines.append(f"most often {what}: " + ", ".join(f"{names[k]} {_times(counts[k])}" for k in first))
        pairs = [(int(scores.mistakes[i, j]), i, j) for i in range(len(names)) for j in range(len(names)) if i != j and scores.mistakes[i, j]]
        for count, i, j in sorted(pairs, reverse=True)[:_PAIRS]:
            lines.append(f"{names[i]} is missed where {names[j]} is falsely said {_times(count)}")
        return lines

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td style='text-align:left'>{escape(visible(each.label))}</td><td>{each.count}</td>"
            + "".join(f"<td>{escape(cell)}</td>" for cell in _cells(each))
            + "</tr>"
            for each in self.scores.per_class
        )
        head = "<tr><th>label</th><th>pictures</th><th>precision</th><th>recall</th><th>F1</th><th>AP</th></tr>"
        return f"<p><b>{self.headline()}</b> on {escape(self.what)} (95 % intervals)</p><table>{head}{rows}</table>"


def _cells(each: LabelScores) -> list[str]:
    pairs = (
        (each.precision, each.precision_interval),
        (each.recall, each.recall_interval),
        (each.f1, each.f1_interval),
        (each.average_precision, each.average_precision_interval),
    )
    return [_figure(value, interval) for value, interval in pairs]


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count:,} times"


def _figure(value: float | None, interval: tuple[float, float] | None) -> str:
    if value is None:
        return "–"
    return f"{value:.3f} [{interval[0]:.3f}, {interval[1]:.3f}]" if interval else f"{value:.3f}"
