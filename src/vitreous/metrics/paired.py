"""Two models on the same pictures: the difference of their figures, with its 95 % interval.

Most pictures are easy or hard for both, so the difference is known far better than two separate intervals let one think.

    accuracy            d = (b − c) / n, with b pictures that only the first answers right, c that only the second does
        interval        Tango's: all Δ that the score test of "the difference is Δ" does not reject; good also for few pictures, and
                        of a width > 0 where both models answer alike
        p               exact test of "no difference": given who is right alone, each side was equally likely (McNemar). Pictures
                        of a group change sides together: Σ ± |d_g| over groups, of which single pictures are the usual test
    balanced accuracy,  the wider of two: percentiles of a bootstrap, both models on the same draws of whole groups; and Tango's
    macro F1            interval of the weighted mean of recalls, since a bootstrap of models that hardly differ shows too little.
                        Near 1, macro F1 differs as balanced accuracy does
    log loss            studentized bootstrap, because few pictures carry most of the sum

With groups, n in Tango's formula is the effective number n / deff, as in `intervals`.

Sources: Q. McNemar 1947; T. Tango, "Equivalence test and confidence interval for the difference in proportions for the paired-sample
design", Stat. Med. 1998; L. Kish 1965 (effective number); B. Efron, R. Tibshirani 1993, ch. 12.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from vitreous.errors import DataError
from vitreous.metrics.figures import SMALLEST_PROBABILITY, BoolArray, Counts, FloatArray, IntArray, Probabilities, answers, losses
from vitreous.metrics.intervals import Z

Interval = tuple[float, float]

RESAMPLES = 1000
_WORK = 50_000_000  # pictures drawn in all: with more than 50,000, fewer resamples
_FEWEST = 200
_HALVINGS = 60  # of [−1, 1]: to the last bit


@dataclass(frozen=True)
class Paired:
    """The accuracy of the first model less that of the second, and how many pictures only one of them answers right."""

    difference: float
    interval: Interval
    p_value: float
    only_first: int
    only_second: int


@dataclass(frozen=True)
class Difference:
    """A figure of both models, and the first less the second."""

    first: float
    second: float
    difference: float
    interval: Interval

    def to_json(self) -> dict[str, Any]:
        return {"first": self.first, "second": self.second, "difference": self.difference, "interval": list(self.interval)}


@dataclass(frozen=True)
class Differences:
    """Differences of the means over classes and of the log loss."""

    balanced_accuracy: Difference
    macro_f1: Difference
    log_loss: Difference


def paired(right_a: BoolArray, right_b: BoolArray, group: IntArray) -> Paired:
    """From whether each model is right on each of N pictures; `group` int [N] numbers what belongs together.

    Raises DataError where there is no picture, or the lengths differ.

    >>> first, second = np.array([1, 1, 1, 1, 0, 1, 1, 1, 1, 0], bool), np.array([0, 0, 1, 1, 0, 1, 1, 1, 0, 1], bool)
    >>> both = paired(first, second, np.arange(10))
    >>> both.difference, both.only_first, both.only_second, both.p_value
    (0.2, 3, 1, 0.625)
    """
    count = len(right_a)
    if not count or len(right_b) != count or len(group) != count:
        raise DataError("comparing", f"{count}, {len(right_b)} answers and {len(group)} group numbers", "as many of each, and at least one")
    change = right_a.astype(np.intp) - right_b.astype(np.intp)
    _, unit = np.unique(group, return_inverse=True)
    p_value = _sign_test(np.rint(np.bincount(unit, change)).astype(np.intp))
    return Paired(float(change.mean()), _interval(change, unit), p_value, int((change > 0).sum()), int((change < 0).sum()))


def paired_differences(first: Probabilities, second: Probabilities, target: IntArray, group: IntArray, seed: int = 0) -> Differences:
    """Of probabilities [N, K] of two models for pictures of the classes `target` [N], in groups [N]. `seed` is for the resampling."""
    classes, count = first.shape[1], len(target)
    said = [answers(first), answers(second)]
    loss = [losses(first, target), losses(second, target)]
    _, unit = np.unique(group, return_inverse=True)
    drawn = _resampled(said, target, unit, classes, seed)
    found = _class_means(said, target, np.ones(count), classes)
    means = [float(each.mean()) for each in loss]
    reach = _reach(said[0] == target, said[1] == target, target, unit)
    return Differences(
        balanced_accuracy=_of_class_means(found[:, 0], drawn[:, :, 0], reach),
        macro_f1=_of_class_means(found[:, 1], drawn[:, :, 1], reach),
        log_loss=Difference(means[0], means[1], means[0] - means[1], _studentized(loss[0] - loss[1], unit, seed)),
    )


def _of_class_means(found: FloatArray, drawn: FloatArray, reach: Interval) -> Difference:
    """From the figures of both models [2], resampled ones [resamples, 2], and how far down and up the interval reaches at least."""
    difference = float(found[0] - found[1])
    low, high = np.quantile(drawn[:, 0] - drawn[:, 1], [0.025, 0.975])
    interval = max(-1.0, min(float(low), difference - reach[0])), min(1.0, max(float(high), difference + reach[1]))
    return Difference(float(found[0]), float(found[1]), difference, interval)


def _reach(right_a: BoolArray, right_b: BoolArray, target: IntArray, unit: IntArray) -> Interval:
    """How far Tango's interval reaches below and above the mean difference of recalls, in which a picture of class k weighs 1 / (K n_k).

    n is the number of equal weights that would have the same variance, (Σ w)² / Σ w² (L. Kish, 1965).
    """
    change = right_a.astype(np.intp) - right_b.astype(np.intp)
    weight = 1 / np.bincount(target)[target]
    weight /= weight.sum()
    count = 1 / float((weight**2).sum()) / _design_effect(change, unit)
    low, high = _tango(float(weight[change > 0].sum()) * count, float(weight[change < 0].sum()) * count, count)
    difference = float((weight * change).sum())
    return difference - low, high - difference


def _interval(change: IntArray, unit: IntArray) -> Interval:
    """Of the mean of `change` [N], each −1, 0 or 1, in groups `unit` [N] numbered from 0."""
    count = len(change) / _design_effect(change, unit)
    return _tango(float((change > 0).mean()) * count, float((change < 0).mean()) * count, count)


def _design_effect(change: IntArray, unit: IntArray) -> float:
    """By how much groups make the variance of the difference larger: 1 up to its value at full correlation, Σ m² / n."""
    residual = change - change.mean()
    size = np.bincount(unit).astype(np.float64)
    full = float((size**2).sum() / len(change))
    independent = float((residual**2).sum())
    effect = float((np.bincount(unit, residual) ** 2).sum()) / independent if independent > 1e-9 else full
    return max(1.0, min(effect, full))


def _tango(b: float, c: float, n: float) -> Interval:
    """The Δ at which the score statistic is ± 1.96; it falls from −1 to 1. `b`, `c`, `n` may be effective numbers."""
    return _where_it_is(Z, b, c, n), _where_it_is(-Z, b, c, n)


def _where_it_is(value: float, b: float, c: float, n: float) -> float:
    low, high = -1.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if _score(middle, b, c, n) > value else (low, middle)
    return (low + high) / 2


def _score(delta: float, b: float, c: float, n: float) -> float:
    """Tango's equations 6 to 8: (b − c − nΔ) in its standard error, with the likeliest share of c under the difference Δ."""
    a1, b1, c1 = 2 * n, (2 * n - b + c) * delta - b - c, -c * delta * (1 - delta)
    share = (np.sqrt(max(b1 * b1 - 4 * a1 * c1, 0.0)) - b1) / (2 * a1)
    variance = n * (2 * share + delta * (1 - delta))
    distance = b - c - n * delta
    if variance > 0:
        return float(distance / np.sqrt(variance))
    return float(np.copysign(np.inf, distance)) if distance else 0.0


def _sign_test(change: IntArray) -> float:
    """The two-sided p of Σ change, int [G], if each had its sign by a fair coin: exact, from all sums."""
    from scipy.stats import binom

    sizes, counts = np.unique(np.abs(change[change != 0]), return_counts=True)
    probability = np.ones(1)  # of each sum of the positive ones, from 0 on
    for size, count in zip(sizes.tolist(), counts.tolist(), strict=True):
        steps = np.zeros(size * count + 1)
        steps[::size] = binom.pmf(np.arange(count + 1), count, 0.5)
        probability = np.convolve(probability, steps)
    positive, total = int(change[change > 0].sum()), int(np.abs(change).sum())
    return min(1.0, 2 * float(probability[: min(positive, total - positive) + 1].sum()))


def _resampled(said: list[IntArray], target: IntArray, unit: IntArray, classes: int, seed: int) -> FloatArray:
    """Balanced accuracy and macro F1 of both models in each resample: [resamples, 2, 2]."""
    rng, groups = np.random.default_rng(seed), int(unit.max()) + 1
    resamples = min(RESAMPLES, max(_FEWEST, _WORK // len(target)))
    result = np.empty((resamples, 2, 2))
    for number in range(resamples):
        weight = np.bincount(rng.integers(0, groups, groups), minlength=groups)[unit].astype(np.float64)
        result[number] = _class_means(said, target, weight, classes)
    return result


def _class_means(said: list[IntArray], target: IntArray, weight: FloatArray, classes: int) -> FloatArray:
    """A row for each model: balanced accuracy, macro F1."""
    true = np.bincount(target, weight, classes)
    rows = []
    for answer in said:
        counts = Counts(true, np.bincount(answer, weight, classes), np.bincount(target, weight * (answer == target), classes))
        rows.append([float(counts.balanced_accuracy()), float(counts.macro_f1())])
    return np.array(rows)


def _studentized(value: FloatArray, unit: IntArray, seed: int) -> Interval:
    """The interval of the mean of `value` [N]: distances of resampled means, each in its own standard error, laid around the mean found."""
    sums, sizes = np.bincount(unit, value), np.bincount(unit).astype(np.float64)
    groups, mean = len(sums), float(value.mean())
    error = float(np.sqrt(((sums - mean * sizes) ** 2).sum()) / sizes.sum())
    if groups < 2 or error == 0:
        largest = float(-np.log(SMALLEST_PROBABILITY))
        return (mean, mean) if groups > 1 else (-largest, largest)
    rng = np.random.default_rng(seed)
    distance = np.empty(min(RESAMPLES, max(_FEWEST, _WORK // len(value))))
    for number in range(len(distance)):
        drawn = rng.integers(0, groups, groups)
        part, size = sums[drawn], sizes[drawn].sum()
        again = part.sum() / size
        # A resample of few groups may have no spread at all: its distance is bounded, not infinite.
        spread = max(np.sqrt(((part - again * sizes[drawn]) ** 2).sum()) / size, 1e-3 * error)
        distance[number] = (again - mean) / spread
    low, high = np.quantile(distance, [0.025, 0.975])
    return mean - float(high) * error, mean - float(low) * error
