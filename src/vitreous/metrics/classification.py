"""Every figure of a classifier on pictures whose classes are known, each with its 95 % interval.

`figures` and `calibration` say how each figure is defined, `intervals` how sure it is. A class that does not occur among
the pictures has no figures (None) and is left out of the means; `absent` lists it.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from vitreous.core.text import plural
from vitreous.errors import DataError
from vitreous.metrics.calibration import calibration_error
from vitreous.metrics.figures import (
    BoolArray,
    Counts,
    FloatArray,
    IntArray,
    Probabilities,
    among_first,
    answers,
    confusion,
    losses,
)
from vitreous.metrics.intervals import Influence, Trials, bootstrap, mean_of_classes, of_average_precision

Interval = tuple[float, float]


@dataclass(frozen=True)
class ClassScores:
    """The figures of one class. None: it does not occur; for the precision also: it is never answered."""

    label: str
    count: int
    precision: float | None
    precision_interval: Interval | None
    recall: float | None
    recall_interval: Interval | None
    f1: float | None
    f1_interval: Interval | None
    average_precision: float | None
    average_precision_interval: Interval | None

    def to_json(self) -> dict[str, Any]:
        values = {name: list(value) if isinstance(value, tuple) else value for name, value in vars(self).items()}
        return {"label": self.label, "num_images": values.pop("count")} | values


@dataclass(frozen=True)
class Scores:
    """The figures of all classes. `confusion` is int [K, K], a row for each true class; `method` says how the intervals were made.

    `calibration_error` is the plain expected calibration error; `calibration_error_debiased` the same without the share of noise.
    """

    num_images: int
    accuracy: float
    accuracy_interval: Interval
    balanced_accuracy: float
    balanced_accuracy_interval: Interval
    macro_f1: float
    macro_f1_interval: Interval
    log_loss: float
    log_loss_interval: Interval
    calibration_error: float
    calibration_error_interval: Interval
    calibration_error_debiased: float
    top5: float | None
    top5_interval: Interval | None
    per_class: list[ClassScores]
    confusion: IntArray
    absent: list[str]
    method: str

    def said(self, place: int) -> int:
        """How many pictures are said to be of the class at this place."""
        return int(self.confusion[:, place].sum())

    def to_json(self) -> dict[str, Any]:
        """Plain values without NaN, for `evaluate --json` and the run folder."""
        result: dict[str, Any] = {"num_images": self.num_images}
        for name in ("accuracy", "balanced_accuracy", "macro_f1", "log_loss", "calibration_error", "top5"):
            interval, key = getattr(self, f"{name}_interval"), "top5_accuracy" if name == "top5" else name
            result |= {key: getattr(self, name), f"{key}_interval": None if interval is None else list(interval)}
        return result | {"classes": [scores.to_json() for scores in self.per_class], "confusion": self.confusion.tolist()}


def evaluate(probability: Probabilities, target: IntArray, labels: list[str], group: IntArray | None = None, seed: int = 0) -> Scores:
    """The scores of probabilities [N, K] for pictures of the classes target [N], 0 to K − 1, named `labels` [K].

    `group` [N] numbers pictures that belong together (copies, a patient): they count as less than independent ones in the intervals.
    `seed` is for the resampling. Raises DataError when there is no picture, or when shapes, classes or probabilities do not fit.
    """
    _check(probability, target, labels, group)
    classes, count = len(labels), len(target)
    unit = np.arange(count) if group is None else in_order_of_appearance(group)
    answer = answers(probability)
    right = answer == target
    table = confusion(target, answer, classes)
    counts = Counts.of(table)
    loss = losses(probability, target)
    resampled = bootstrap(target, answer, loss, unit, classes, seed)
    calibration = calibration_error(probability[np.arange(count), answer].astype(np.float64), right, unit, seed)
    recalled = Trials(target, right, unit, classes)
    figures = _figures_of_classes(probability, target, answer, counts, recalled)
    recall, f1 = figures["recall"], figures["f1"]
    accuracy, accuracy_interval = _share(right, unit)
    top5, top5_interval = _share(among_first(probability, target, 5), unit) if classes > 5 else (None, None)
    return Scores(
        num_images=count,
        accuracy=accuracy,
        accuracy_interval=accuracy_interval,
        balanced_accuracy=float(counts.balanced_accuracy()),
        balanced_accuracy_interval=_wider(resampled.balanced_accuracy, mean_of_classes(*recall, _influence_on_recall(recalled))),
        macro_f1=float(counts.macro_f1()),
        macro_f1_interval=_wider(resampled.macro_f1, mean_of_classes(*f1, _influence_on_f1(target, answer, unit, counts))),
        log_loss=float(loss.mean()),
        log_loss_interval=resampled.log_loss,
        calibration_error=calibration.error,
        calibration_error_interval=calibration.interval,
        calibration_error_debiased=calibration.debiased,
        top5=top5,
        top5_interval=top5_interval,
        per_class=_per_class(labels, counts, figures),
        confusion=table,
        absent=[label for label, number in zip(labels, counts.true, strict=True) if number == 0],
        method=_method(count, int(unit.max()) + 1, resampled.resamples),
    )


def in_order_of_appearance(group: IntArray) -> IntArray:
    """The groups numbered from 0 as they come, so that what they were called does not change a resample."""
    _, first, inverse = np.unique(group, return_index=True, return_inverse=True)
    return np.asarray(np.argsort(np.argsort(first))[inverse])


def _check(probability: Probabilities, target: IntArray, labels: list[str], group: IntArray | None) -> None:
    if len(target) == 0:
        raise DataError("evaluating", "no picture arrived", "at least one with a known class is needed")
    if probability.shape != (len(target), len(labels)):
        raise DataError("evaluating", f"probabilities of shape {probability.shape}", f"({len(target)}, {len(labels)}) = pictures × classes is needed")
    if group is not None and len(group) != len(target):
        raise DataError("evaluating", f"{len(group)} group numbers for {len(target)} pictures", "one for each is needed")
    if target.min() < 0 or target.max() >= len(labels):
        raise DataError("evaluating", f"class numbers from {target.min()} to {target.max()}", f"0 to {len(labels) - 1} are needed")
    if not (probability.min() >= 0 and probability.max() <= 1 + 1e-5):  # false for NaN as well; float16 and rounding may pass 1
        raise DataError("evaluating", f"probabilities from {probability.min()} to {probability.max()}", "0 to 1 are needed")


def _figures_of_classes(
    probability: Probabilities, target: IntArray, answer: IntArray, counts: Counts, recalled: Trials
) -> dict[str, tuple[FloatArray, FloatArray]]:
    """By name the values [K] and intervals [K, 2]; NaN where there is none."""
    occurs = counts.true > 0
    precise = Trials(answer, recalled.success, recalled.group, recalled.kinds)
    # F1 = 2 J / (1 + J), with J = TP / (TP + FP + FN): pictures of the class or taken for it; a mistake is one trial for each of its two classes.
    wrong = answer != target
    overlap = Trials(
        np.concatenate([target, answer[wrong]]),
        np.concatenate([recalled.success, recalled.success[wrong]]),
        np.concatenate([recalled.group, recalled.group[wrong]]),
        recalled.kinds,
    ).interval()
    return {
        "precision": (np.where(occurs, counts.precision(), np.nan), precise.interval()),
        "recall": (counts.recall(), recalled.interval()),
        "f1": (np.where(occurs, counts.f1(), np.nan), 2 * overlap / (1 + overlap)),
        "average_precision": of_average_precision(probability, recalled),
    }


def _influence_on_recall(recalled: Trials) -> Influence:
    amount = (recalled.success - recalled.share()[recalled.kind]) / recalled.number()[recalled.kind]
    return Influence(recalled.kind, recalled.group, amount)


def _influence_on_f1(target: IntArray, answer: IntArray, unit: IntArray, counts: Counts) -> Influence:
    """F1 = 2 TP / (count + predicted): a picture adds to the count of its class and to the predictions of its answer."""
    f1, size = counts.f1(), counts.true + counts.predicted
    as_true = (2 * (answer == target) - f1[target]) / size[target]
    as_answer = np.where(counts.true[answer] > 0, -f1[answer] / size[answer], 0.0)  # absent classes are not in the mean
    return Influence(np.concatenate([target, answer]), np.concatenate([unit, unit]), np.concatenate([as_true, as_answer]))


def _share(success: BoolArray, unit: IntArray) -> tuple[float, Interval]:
    trials = Trials(np.zeros(len(success), dtype=np.int64), success, unit, 1)
    low, high = trials.interval()[0]
    return float(success.mean()), (float(low), float(high))


def _wider(one: Interval, other: Interval) -> Interval:
    return min(one[0], other[0]), max(one[1], other[1])


def _per_class(labels: list[str], counts: Counts, figures: dict[str, tuple[FloatArray, FloatArray]]) -> list[ClassScores]:
    result = []
    for k, label in enumerate(labels):
        cells: list[Any] = []
        for values, intervals in figures.values():
            known = not np.isnan(values[k])
            cells += [float(values[k]), (float(intervals[k, 0]), float(intervals[k, 1]))] if known else [None, None]
        result.append(ClassScores(label, int(counts.true[k]), *cells))
    return result


def _method(count: int, groups: int, resamples: int) -> str:
    reduced = f", with the effective number of pictures, since the {count:,} come in {plural(groups, 'group')}" if groups < count else ""
    drawn = "groups" if groups < count else "pictures"
    return (
        f"95 % intervals. Accuracy, top-5, precision, recall, F1: Wilson{reduced}. Average precision: Wilson with the variance of a jackknife "
        f"over {drawn}. Balanced accuracy, macro F1: the wider of a bootstrap over {drawn} ({resamples:,} resamples, percentiles; for macro F1 "
        f"the upper one without their bias) and the classes' intervals combined (MOVER). Log loss: studentized bootstrap over {drawn}. "
        f"Calibration error: inverted test over 15 bins."
    )
