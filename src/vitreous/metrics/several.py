"""Every figure of answers with several labels, from probabilities, thresholds and the truth, each with its 95 % interval.

    mAP                 mean over the labels of average precision: how well pictures with a label are ranked before the others, whatever the threshold
    macro F1            mean over the labels of F1          micro F1    2 TP / (2 TP + FP + FN) over all labels together
    label accuracy      share of right yes-or-no answers, over all known labels; `all_zero` is what saying no to everything would get
    exactly right       share of the pictures of which every known label is answered right

A label is said where its probability is at least its threshold. What is unknown (NaN) is in no figure. A label that no picture has is in no
mean. How the intervals are made: `intervals`; mAP as macro F1, by the wider of a bootstrap over groups and the labels' intervals combined.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from vitreous.core.text import plural
from vitreous.errors import DataError
from vitreous.metrics.calibration import calibration_error
from vitreous.metrics.classification import Interval, in_order_of_appearance
from vitreous.metrics.figures import SMALLEST_PROBABILITY, BoolArray, FloatArray, IntArray, Probabilities
from vitreous.metrics.intervals import Influence, Trials, mean_of_classes, of_mean_loss, of_one_ranking, percentiles, resampled_weights
from vitreous.metrics.label_scores import LabelScores, SeveralScores

_RESAMPLES, _FEWEST, _WORK = 1000, 200, 50_000_000
# Of more answers than this the bootstrap, which takes seconds there, says what the combined intervals say.
_MOST_RESAMPLED = 100_000


def evaluate_several(
    probability: Probabilities, target: npt.NDArray[Any], labels: Sequence[str], thresholds: FloatArray, group: IntArray | None = None, seed: int = 0
) -> SeveralScores:
    """The scores of probabilities [N, K] for pictures with `target` [N, K] of 0, 1 and NaN, named `labels` [K], said from `thresholds` [K] on.

    `group` [N] numbers pictures that belong together; `seed` is for the resampling. Raises DataError where nothing is known of any picture, or
    where shapes, targets or probabilities do not fit.
    """
    _check(probability, target, labels, thresholds, group)
    unit = np.arange(len(target)) if group is None else in_order_of_appearance(group)
    known = ~np.isnan(target)
    has, says = target == 1, (probability.astype(np.float64) >= thresholds) & known
    right = (has == says) & known
    ranked = [_ranking(probability[known[:, k], k], has[known[:, k], k], unit[known[:, k]]) for k in range(len(labels))]
    f1, f1_interval, f1_influence = _f1_of_labels(has, says, known, unit)
    drawn_map, drawn_f1 = _bootstrap(probability, has, says, known, unit, seed)
    rows = np.nonzero(known)[0]
    cells = Trials(np.zeros(len(rows), np.intp), right[known], unit[rows], 1)
    overlap = has[known] | says[known]
    micro = Trials(np.zeros(int(overlap.sum()), np.intp), (has & says)[known][overlap], unit[rows][overlap], 1)
    entropy = _entropies(probability, has)[known]
    asked = known.any(1)
    exact = Trials(np.zeros(int(asked.sum()), np.intp), (right | ~known).all(1)[asked], unit[asked], 1)
    calibration = calibration_error(probability[known].astype(np.float64), has[known], unit[rows], seed)
    missed, false = has & ~says & known, says & ~has
    mistakes = missed.T.astype(np.int64) @ false.astype(np.int64)
    mistakes[np.diag_indices(len(labels))] = (has & says).sum(0)
    value = np.array([each.value for each in ranked])
    map_interval = np.array([each.interval for each in ranked])
    return SeveralScores(
        num_images=len(target),
        map=_mean(value),
        map_interval=_of_mean(value, map_interval, _influence(ranked, known, unit), drawn_map),
        macro_f1=_mean(f1),
        macro_f1_interval=_of_mean(f1, f1_interval, f1_influence, drawn_f1),
        micro_f1=_f1_of(float(micro.share()[0])) if overlap.any() else None,
        micro_f1_interval=_pair([_f1_of(end) for end in micro.interval()[0]]) if overlap.any() else None,
        label_accuracy=float(right[known].mean()),
        label_accuracy_interval=_pair(cells.interval()[0]),
        all_zero=float(1 - has[known].mean()),
        exactly_right=float(exact.share()[0]),
        exactly_right_interval=_pair(exact.interval()[0]),
        log_loss=float(entropy.mean()),
        log_loss_interval=of_mean_loss(entropy, unit[rows], seed),
        calibration_error=calibration.error,
        calibration_error_interval=calibration.interval,
        calibration_error_debiased=calibration.debiased,
        per_class=_per_label(labels, thresholds, has, says, known, unit, ranked, f1, f1_interval),
        mistakes=mistakes,
        missed=missed.sum(0).tolist(),
        falsely_said=false.sum(0).tolist(),
        absent=[label for label, count in zip(labels, has.sum(0).tolist(), strict=True) if not count],
        method=_method(len(target), int(unit.max()) + 1),
    )


@dataclass(frozen=True)
class _Ranked:
    """The average precision of a label, and what it would be without each of the pictures of which the label is known."""

    value: float
    interval: FloatArray
    without: FloatArray


def _ranking(scores: npt.NDArray[Any], has: BoolArray, unit: IntArray) -> _Ranked:
    if not has.any():
        return _Ranked(np.nan, np.full(2, np.nan), np.zeros(len(scores)))
    return _Ranked(*of_one_ranking(scores, np.flatnonzero(has), unit))


def _influence(ranked: Sequence[_Ranked], known: BoolArray, unit: IntArray) -> Influence:
    kinds, groups, amounts = [], [], []
    for k, each in enumerate(ranked):
        if not np.isnan(each.value):
            own = unit[known[:, k]]
            kinds.append(np.full(len(own), k))
            groups.append(own)
            amounts.append(each.value - each.without)
    if not kinds:
        return Influence(np.zeros(0, np.intp), np.zeros(0, np.intp), np.zeros(0))
    return Influence(np.concatenate(kinds), np.concatenate(groups), np.concatenate(amounts))


def _f1_of_labels(has: BoolArray, says: BoolArray, known: BoolArray, unit: IntArray) -> tuple[FloatArray, FloatArray, Influence]:
    """F1 [K] with intervals [K, 2], NaN for a label that does not occur: F1 = 2 J / (1 + J), J = TP / (TP + FP + FN)."""
    classes = has.shape[1]
    rows, columns = np.nonzero((has | says) & known)
    both = (has & says)[rows, columns]
    overlap = Trials(columns, both, unit[rows], classes)
    occurs = np.asarray(has.any(0))
    share = np.where(occurs, overlap.share(), np.nan)
    f1, interval = _f1_of(share), np.where(occurs[:, None], _f1_of(overlap.interval()), np.nan)
    size = has.sum(0) + says.sum(0)
    # F1 = 2 TP / (present + said): a picture adds 2 TP − F1 (has + says), over present + said
    kept = occurs[columns]
    amount = (2 * both - f1[columns] * (has[rows, columns] + says[rows, columns].astype(int))) / np.maximum(size[columns], 1)
    return f1, interval, Influence(columns[kept], unit[rows][kept], amount[kept])


def _bootstrap(
    probability: Probabilities, has: BoolArray, says: BoolArray, known: BoolArray, unit: IntArray, seed: int
) -> tuple[FloatArray, FloatArray]:
    """Mean average precision and macro F1 of resamples, whole groups drawn: float [R] each."""
    count, classes = has.shape
    if count * classes > _MOST_RESAMPLED:
        return np.zeros(0), np.zeros(0)
    occurring = np.flatnonzero(np.asarray(has.any(0)))
    resamples = min(_RESAMPLES, max(_FEWEST, _WORK // (count * classes)))
    groups = int(unit.max()) + 1
    maps, f1s = [], []
    for weight in resampled_weights(groups, resamples, count, seed):
        of_picture = weight[unit]
        precision, f1 = [], []
        for k in occurring.tolist():
            own = known[:, k]
            precision.append(_weighted_average_precision(probability[own, k], has[own, k], of_picture[own]))
            won, size = (has[:, k] & says[:, k]) @ of_picture, has[own, k] @ of_picture[own] + says[:, k] @ of_picture
            f1.append(np.divide(2 * won, size, out=np.full(len(won), np.nan), where=size > 0))
        if precision:
            maps.append(_nan_mean(np.array(precision)))
            f1s.append(_nan_mean(np.array(f1)))
    return (np.concatenate(maps), np.concatenate(f1s)) if maps else (np.zeros(0), np.zeros(0))


def _weighted_average_precision(scores: npt.NDArray[Any], has: BoolArray, weight: npt.NDArray[np.float32]) -> FloatArray:
    """Of pictures that are there `weight` [n, b] times: [b]; NaN where none has the label."""
    order = np.argsort(-scores, kind="stable")
    ranked = scores[order]
    own = np.flatnonzero(has[order])
    # pictures of one score are counted together: the last place of equals, for each picture that has the label
    last = np.searchsorted(-ranked, -ranked[own], side="right") - 1
    drawn = weight[order].astype(np.float64)
    every, won = drawn.cumsum(0)[last], (drawn * has[order][:, None]).cumsum(0)[last]
    precision = np.divide(won, every, out=np.zeros_like(won), where=every > 0)
    there = drawn[own].sum(0)
    return np.asarray(np.divide((precision * drawn[own]).sum(0), there, out=np.full(len(there), np.nan), where=there > 0))


def _of_mean(value: FloatArray, interval: FloatArray, influence: Influence, drawn: FloatArray) -> Interval | None:
    """The wider of the bootstrap, its upper end raised by the bias that it shows, and of the labels' own intervals combined."""
    drawn = drawn[~np.isnan(drawn)]
    if np.isnan(value).all():
        return None
    mean, combined = float(np.nanmean(value)), mean_of_classes(value, interval, influence)
    if not len(drawn):
        return combined
    low, high = percentiles(drawn)
    bias = min(0.0, float(drawn.mean()) - mean)
    return min(low, combined[0], mean), max(min(1.0, high - bias), combined[1], mean)


def _per_label(
    labels: Sequence[str],
    thresholds: FloatArray,
    has: BoolArray,
    says: BoolArray,
    known: BoolArray,
    unit: IntArray,
    ranked: Sequence[_Ranked],
    f1: FloatArray,
    f1_interval: FloatArray,
) -> list[LabelScores]:
    classes = len(labels)

    def shares(chosen: BoolArray, success: BoolArray) -> tuple[FloatArray, FloatArray]:
        rows, columns = np.nonzero(chosen)
        trials = Trials(columns, success[chosen], unit[rows], classes)
        return trials.share(), trials.interval()

    occurs = np.asarray(has.any(0))
    precision, recall, accuracy = shares(says, has), shares(has & known, says), shares(known, has == says)
    result = []
    for k, label in enumerate(labels):
        cells: list[Any] = []  # a value and its interval, by turns, in the order of the fields
        for value, interval in (
            (precision[0][k] if occurs[k] else np.nan, precision[1][k]),
            (recall[0][k], recall[1][k]),
            (f1[k], f1_interval[k]),
            (ranked[k].value, ranked[k].interval),
            (accuracy[0][k], accuracy[1][k]),
        ):
            cells += [None, None] if np.isnan(value) else [float(value), _pair(interval)]
        number = int(known[:, k].sum())
        cells.append(float(1 - has[known[:, k], k].mean()) if number else None)
        result.append(LabelScores(label, int(has[:, k].sum()), number, int(says[:, k].sum()), float(thresholds[k]), *cells))
    return result


def _entropies(probability: Probabilities, has: BoolArray) -> FloatArray:
    """−ln of the probability given to what is true, clipped to 1e-7: [N, K]."""
    own = np.where(has, probability, 1 - probability.astype(np.float64))
    return np.asarray(-np.log(np.clip(own, SMALLEST_PROBABILITY, 1.0)) + 0.0)


def _f1_of(overlap: Any) -> Any:
    return 2 * overlap / (1 + overlap)


def _mean(values: FloatArray) -> float | None:
    return None if np.isnan(values).all() else float(np.nanmean(values))


def _nan_mean(values: FloatArray) -> FloatArray:
    """Over the first axis, without NaN: [b]; NaN where nothing is left."""
    number = (~np.isnan(values)).sum(0)
    return np.asarray(np.divide(np.nansum(values, 0), number, out=np.full(values.shape[1], np.nan), where=number > 0))


def _pair(ends: Any) -> Interval:
    low, high = ends
    return float(low), float(high)


def _check(probability: Probabilities, target: npt.NDArray[Any], labels: Sequence[str], thresholds: FloatArray, group: IntArray | None) -> None:
    if len(target) == 0:
        raise DataError("evaluating", "no picture arrived", "at least one with a known label is needed")
    shape = (len(target), len(labels))
    if probability.shape != shape or target.shape != shape:
        raise DataError(
            "evaluating", f"probabilities {probability.shape} and targets {target.shape}", f"{shape} = pictures × labels is needed of both"
        )
    if len(thresholds) != len(labels):
        raise DataError("evaluating", f"{len(thresholds)} thresholds for {len(labels)} labels", "one for each is needed")
    if group is not None and len(group) != len(target):
        raise DataError("evaluating", f"{len(group)} group numbers for {len(target)} pictures", "one for each is needed")
    known = ~np.isnan(target)
    if not np.isin(target[known], (0, 1)).all():
        raise DataError("evaluating", "targets that are not 0, 1 or NaN", "1: has the label, 0: has it not, NaN: unknown")
    if not known.any():
        raise DataError("evaluating", "of no picture is any label known", "at least one is needed")
    if not (probability.min() >= 0 and probability.max() <= 1 + 1e-5):
        raise DataError("evaluating", f"probabilities from {probability.min()} to {probability.max()}", "0 to 1 are needed")


def _method(count: int, groups: int) -> str:
    reduced = f", with the effective number of answers, since the {count:,} pictures come in {plural(groups, 'group')}" if groups < count else ""
    return (
        f"95 % intervals. Precision, recall, F1, micro F1, accuracy, exactly right: Wilson{reduced}; answers to one picture belong together. Average "
        "precision: Wilson with the variance of a jackknife. mAP, macro F1: the wider of a bootstrap over groups and the labels' intervals combined "
        "(MOVER). Log loss: studentized bootstrap. Calibration error: inverted test over 15 bins of all yes-or-no answers."
    )
