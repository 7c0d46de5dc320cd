"""95 % intervals, chosen because they hold the truth in about 95 % of the cases, also for few pictures and few mistakes.

    shares        Wilson's score interval (accuracy, top-5, recall, precision; and F1 through TP / (TP + FP + FN), of which it is
                  a monotone function)
    rankings      average precision: Wilson's interval with the number of trials that would give its variance. That is the jackknife's
                  (the figure without each picture), mixed with four pictures' worth of AP (1 − AP) / n, the most that a mean over
                  the n pictures of the class can have when its terms are precisions
    class means   balanced accuracy, macro F1: the wider of two. The percentiles of a bootstrap; and the classes' own intervals
                  put together as independent errors (MOVER), since a bootstrap of a class without a mistake never shows one. A mean
                  of F1 over small classes comes out too low: its upper percentile is raised by the bias that the resamples show
    means         log loss: studentized bootstrap, because few pictures carry most of the sum

Pictures that belong together (copies, frames, a patient) are drawn together in every bootstrap and summed in the jackknife, and n in
Wilson's formula becomes the effective number n / deff, with the design effect deff = Var(sum, by groups) / Var(sum, as if independent),
from 1 up to its value at full correlation, Σ m² / n for groups of m pictures. That value is taken where all or none are right.

How often they hold the truth, also of what was tried instead: docs/decisions/0018, `benchmarks/intervals.py`; a part is repeated in
`tests/metrics/test_coverage.py`.

Sources: E. B. Wilson 1927; G. Y. Zou, A. Donner, "Construction of confidence limits about effect measures", Stat. Med. 2008;
K. Boyd, K. Eng, C. Page, "Area under the Precision-Recall Curve", ECML 2013 (the binomial variance); J. Tukey 1958, B. Efron, C. Stein,
"The Jackknife Estimate of Variance", Ann. Statist. 1981; B. Efron, R. Tibshirani, "An Introduction to the Bootstrap", 1993, ch. 10
(bias), ch. 12 (studentized); L. Kish, "Survey Sampling", 1965 (design effect).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from vitreous.metrics.figures import (
    SMALLEST_PROBABILITY,
    BoolArray,
    Counts,
    FloatArray,
    IntArray,
    Probabilities,
    average_precision_without,
    classes_that_occur,
    confusion,
)

Z = 1.959963984540054  # the 97.5 % point of the normal distribution
RESAMPLES = 1000
_WEIGHTS = 2**21  # numbers held at a time: resamples × pictures
_WORK = 50_000_000  # numbers drawn in all: with more than 50,000 pictures, fewer resamples
_FEWEST = 200
_PRIOR = 4  # pictures: how much the binomial variance of an average precision weighs against the jackknife's
_NO_VARIANCE = 1e-12


def wilson(share: FloatArray, trials: FloatArray) -> FloatArray:
    """Wilson's interval of shares seen in so many trials: float [..., 2]; NaN where there was no trial.

    >>> wilson(np.array([0.9]), np.array([100.0])).round(4)
    array([[0.8256, 0.9448]])
    """
    n = np.where(trials > 0, trials, np.nan)
    centre = (share + Z**2 / (2 * n)) / (1 + Z**2 / n)
    half = Z / (1 + Z**2 / n) * np.sqrt(share * (1 - share) / n + Z**2 / (4 * n**2))
    # At 0 and 1 the bound is the share itself, but for rounding.
    return np.stack([np.minimum(np.maximum(centre - half, 0), share), np.maximum(np.minimum(centre + half, 1), share)], axis=-1)


@dataclass(frozen=True)
class Trials:
    """Yes-or-no trials: the class each belongs to, whether it succeeded, and its group; arrays of one length."""

    kind: IntArray
    success: BoolArray
    group: IntArray
    kinds: int

    def number(self) -> FloatArray:
        return np.bincount(self.kind, minlength=self.kinds).astype(np.float64)

    def share(self) -> FloatArray:
        number = self.number()
        success = np.bincount(self.kind, self.success, self.kinds)
        return np.asarray(np.divide(success, number, out=np.full(self.kinds, np.nan), where=number > 0))

    def effective_number(self) -> FloatArray:
        """The number of independent trials that would be as informative, by class: float [K]."""
        number, share = self.number(), self.share()
        residual = self.success - share[self.kind]
        clustered = _sum_of_squares(self.kind, self.group, residual, self.kinds)
        independent = np.bincount(self.kind, residual**2, self.kinds)
        full = number / np.maximum(self.number_if_groups_agree(), 1)
        effect = np.divide(clustered, independent, out=full.copy(), where=independent > 1e-9)
        return np.asarray(number / np.maximum(np.minimum(effect, full), 1))

    def number_if_groups_agree(self) -> FloatArray:
        """The same where all pictures of a group come out alike, n² / Σ m², by class: float [K], 0 without a trial."""
        number = self.number()
        return np.asarray(number**2 / np.maximum(_sum_of_squares(self.kind, self.group, np.ones(len(self.kind)), self.kinds), 1))

    def interval(self) -> FloatArray:
        """float [K, 2]"""
        return wilson(self.share(), self.effective_number())


def of_average_precision(probability: Probabilities, recalled: Trials) -> tuple[FloatArray, FloatArray]:
    """Average precision of each class and its interval: float [K], [K, 2]; NaN for a class that does not occur.

    `recalled`: the pictures as trials of their own classes.
    """
    value, interval = np.full(recalled.kinds, np.nan), np.full((recalled.kinds, 2), np.nan)
    for k, scores, mine in classes_that_occur(probability, recalled.kind):
        value[k], interval[k], _ = of_one_ranking(scores, mine, recalled.group)
    return value, interval


def of_one_ranking(scores: npt.NDArray[Any], mine: IntArray, group: IntArray) -> tuple[float, FloatArray, FloatArray]:
    """Average precision of the pictures `mine` by their `scores` [N], its interval [2], and what it would be without each picture, [N]."""
    value, without = average_precision_without(scores, mine)
    own, everything = _if_groups_agree(group[mine]), _if_groups_agree(group)
    binomial = value * (1 - value) / own
    if binomial < _NO_VARIANCE:
        return value, wilson(np.asarray(value), np.asarray(own)), without
    jackknife = float((np.bincount(group, value - without) ** 2).sum())
    # What decides is the scarcer side: nine in ten of the class are ranked against the tenth.
    scarcer = max(1.0, min(own, everything - own))
    variance = (scarcer * jackknife + _PRIOR * binomial) / (scarcer + _PRIOR)
    return value, wilson(np.asarray(value), np.asarray(value * (1 - value) / variance)), without


def _if_groups_agree(group: IntArray) -> float:
    """The number of independent pictures that N of these groups are worth where all of a group come out alike, N² / Σ m²."""
    return float(len(group) ** 2 / (np.bincount(group).astype(np.float64) ** 2).sum())


@dataclass(frozen=True)
class Influence:
    """How much single pictures move the value of a class: entries (class, group, amount), several of one picture add up."""

    kind: IntArray
    group: IntArray
    amount: FloatArray


def mean_of_classes(value: FloatArray, interval: FloatArray, influence: Influence) -> tuple[float, float]:
    """MOVER for the mean over classes, from the values [K] and intervals [K, 2] of those that occur.

    Errors of different classes are related (a mistake lowers two F1, a group may hold two classes): both sides are widened by the
    ratio of the variance of the sum, by groups, to the sum of the classes' variances.
    """
    occurs = ~np.isnan(value)
    together = float((np.bincount(influence.group, influence.amount) ** 2).sum())
    apart = float(_sum_of_squares(influence.kind, influence.group, influence.amount, len(value)).sum())
    ratio = max(1.0, together / apart) if apart > 0 else 1.0
    mean, count = float(value[occurs].mean()), int(occurs.sum())
    down, up = (np.sqrt(ratio * ((interval[occurs, side] - value[occurs]) ** 2).sum()) / count for side in (0, 1))
    return max(0.0, mean - float(down)), min(1.0, mean + float(up))


@dataclass(frozen=True)
class Bootstrap:
    """Percentile intervals of balanced accuracy and macro F1, the studentized one of the log loss, from so many resamples."""

    balanced_accuracy: tuple[float, float]
    macro_f1: tuple[float, float]
    log_loss: tuple[float, float]
    resamples: int


def bootstrap(target: IntArray, answer: IntArray, loss: FloatArray, group: IntArray, classes: int, seed: int) -> Bootstrap:
    """Whole groups are drawn, with replacement, as many as there are. `group` [N] is numbered from 0 without gaps."""
    groups = int(group.max()) + 1
    resamples = min(RESAMPLES, max(_FEWEST, _WORK // len(target)))
    sums, sizes, moments = _moments(loss, group)
    balanced, macro, means, errors = [], [], [], []
    for weight in resampled_weights(groups, resamples, len(target), seed):  # [G, b]
        of_picture = weight if groups == len(target) else weight[group]
        counts = Counts(
            _sums(of_picture, target, classes),
            _sums(of_picture, answer, classes),
            _sums(of_picture, np.where(answer == target, target, classes), classes),
        )
        balanced.append(counts.balanced_accuracy())
        macro.append(counts.macro_f1())
        mean, error = _mean_and_error(moments, weight)
        means.append(mean)
        errors.append(error)
    log_loss = _studentized(sums, sizes, np.concatenate(means), np.concatenate(errors))
    drawn = np.concatenate(macro)
    low, high = percentiles(drawn)
    # As far as a resample lies below the figure on the average, the figure lies below the truth.
    bias = min(0.0, float(drawn.mean() - Counts.of(confusion(target, answer, classes)).macro_f1()))
    return Bootstrap(percentiles(np.concatenate(balanced)), (low, min(1.0, high - bias)), log_loss, resamples)


def of_mean_loss(loss: FloatArray, group: IntArray, seed: int) -> tuple[float, float]:
    """The studentized interval of a mean of losses [N] by groups [N], numbered from 0; numbers without a loss do not count."""
    unit = np.unique(group, return_inverse=True)[1]
    sums, sizes, moments = _moments(loss, unit)
    resamples = min(RESAMPLES, max(_FEWEST, _WORK // len(sums)))
    found = [_mean_and_error(moments, weight) for weight in resampled_weights(len(sums), resamples, len(sums), seed)]
    means, errors = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return _studentized(sums, sizes, means, errors)


def _moments(loss: FloatArray, group: IntArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Of each group the sum and the number of its losses, [G]; and of both the products that resamples are made of, [G, 5]."""
    sums, sizes = np.bincount(group, loss).astype(np.float64), np.bincount(group).astype(np.float64)
    return sums, sizes, np.stack([sums, sizes, sums**2, sums * sizes, sizes**2], axis=1)


def _mean_and_error(moments: FloatArray, weight: npt.NDArray[np.float32]) -> tuple[FloatArray, FloatArray]:
    """The mean loss of each resample and its standard error: [b]."""
    total, size, squares, products, size_squares = moments.T @ weight
    mean = total / size
    return mean, np.sqrt(np.maximum(squares - 2 * mean * products + mean**2 * size_squares, 0)) / size


def resampled_weights(groups: int, resamples: int, pictures: int, seed: int) -> Iterator[npt.NDArray[np.float32]]:
    """How often each group is drawn in each resample, a block of resamples at a time: float [G, b]."""
    rng = np.random.default_rng(seed)
    at_once = max(1, _WEIGHTS // pictures)
    for start in range(0, resamples, at_once):
        block = min(at_once, resamples - start)
        drawn = rng.integers(0, groups, size=(groups, block)) * block + np.arange(block)
        yield np.bincount(drawn.ravel(), minlength=groups * block).reshape(groups, block).astype(np.float32)


def _sums(weight: npt.NDArray[np.float32], kind: IntArray, kinds: int) -> FloatArray:
    """The weights [N, b] summed over the pictures of each class 0 to kinds − 1: [b, kinds]. Others are left out."""
    order = np.argsort(kind, kind="stable")[: int((kind < kinds).sum())]
    result = np.zeros((weight.shape[1], kinds))
    if len(order):
        present, start = np.unique(kind[order], return_index=True)
        result[:, present] = np.add.reduceat(weight[order], start, axis=0).T
    return result


def _studentized(sums: FloatArray, sizes: FloatArray, means: FloatArray, errors: FloatArray) -> tuple[float, float]:
    """The interval of the mean: the distances of resampled means, each in its own standard error, laid around the mean found."""
    largest = -np.log(SMALLEST_PROBABILITY)
    if len(sums) < 2:
        return 0.0, float(largest)
    mean = float(sums.sum() / sizes.sum())
    error = float(np.sqrt(((sums - mean * sizes) ** 2).sum()) / sizes.sum())
    # A resample of few groups may have no spread at all: its distance is bounded, not infinite.
    distance = (means - mean) / np.maximum(errors, 1e-3 * error) if error > 0 else np.zeros(1)
    low, high = np.quantile(distance, [0.025, 0.975])
    return float(np.clip(mean - high * error, 0, mean)), float(np.clip(mean - low * error, mean, largest))


def percentiles(values: FloatArray) -> tuple[float, float]:
    low, high = np.quantile(values, [0.025, 0.975])
    return float(low), float(high)


def _sum_of_squares(kind: IntArray, group: IntArray, value: FloatArray, kinds: int) -> FloatArray:
    """For each class the sum over groups of (the sum of values in the group)²: float [kinds]."""
    groups = int(group.max(initial=0)) + 1
    cells, place = np.unique(kind * groups + group, return_inverse=True)
    return np.bincount(cells // groups, np.bincount(place, value, len(cells)) ** 2, kinds).astype(np.float64)
