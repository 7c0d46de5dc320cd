"""Does 80 % sure mean right in 80 % of the cases? The expected calibration error (ECE).

    ECE = Σ_b |d_b|,    d_b = Σ_{i in bin b} (confidence_i − right_i) / N

over 15 bins of equal width, (0, 1/15], (1/15, 2/15] …; the confidence is the highest probability of a picture. The plain figure
is the well-known one, and too high for few pictures: noise has an absolute value too. What is estimated is the ECE, over the same
bins, of all the pictures that might have come. For a true ECE θ that is spread over the bins as u (Σ |u_b| = 1), what is found is

    F(θ, u) = Σ_b |θ u_b + s_b ε_b|,    ε standard normal, s_b the standard error of d_b

`debiased` is the θ for which the mean of F is the ECE found, with u as seen; 0 where noise alone would give as much. The interval
inverts a test: all θ for which the ECE found is no surprise. θ is accepted where the figure lies between the 2.5 % point of F (or θ
itself, where that is lower: the interval shall hold the figure) and the point above which what is left of 5 % lies. For errors
far above the noise that is the central 95 %; for those below it, where nothing is lost downwards, the whole 5 % lies above, as in
the unified intervals of Feldman and Cousins. How the true error is spread is not known, and the more evenly it is, the less noise adds to it:
the lower limit takes u with the noise taken off, the upper limit u with the noise put on.

A bootstrap percentile interval would lie above the truth (resampling adds the noise a second time: in a simulation with 100 pictures
it never held the truth). s_b² is what was seen in the bin, mixed with four pictures' worth of what calibrated answers would show.

Sources: C. Guo et al., "On Calibration of Modern Neural Networks", ICML 2017; J. Bröcker, "Estimating reliability and resolution
of probability forecasts", 2012; A. Kumar, P. Liang, T. Ma, "Verified Uncertainty Calibration", NeurIPS 2019 (the bias); G. Feldman,
R. Cousins, "Unified approach to the classical statistical analysis of small signals", Phys. Rev. D 1998. Measured: docs/decisions/0018.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import erf, exp, pi, sqrt

import numpy as np

from vitreous.metrics.figures import BoolArray, FloatArray, IntArray

BINS = 15
_DRAWS = 1000
_PRIOR = 4  # pictures: how much the variance of calibrated answers weighs against the one seen in a bin
_MISSED = 0.05
_STEPS = 12  # halvings: an interval's end is found to 1/4000 of where it may lie


@dataclass(frozen=True)
class Calibration:
    """The expected calibration error, the same without the part that noise adds, and the 95 % interval of the true one."""

    error: float
    debiased: float
    interval: tuple[float, float]


def calibration_error(confidence: FloatArray, right: BoolArray, group: IntArray, seed: int) -> Calibration:
    """From the confidence [N], whether the answer was right [N], and group numbers [N], 0 and up, of pictures that belong together."""
    excess = confidence - right
    bins = np.clip(np.ceil(confidence * BINS).astype(np.int64) - 1, 0, BINS - 1)
    count = np.bincount(bins, minlength=BINS)
    d = np.bincount(bins, excess, BINS) / len(excess)
    s = np.sqrt(_variance(confidence, excess, bins, count, d, group))
    used = count > 0
    # What never happened in n cases may still happen in 3 of n (the rule of three): no error seen is not no error.
    rule_of_three = 3 / (int(group.max()) + 1)
    error = float(np.abs(d).sum())
    if error == 0:
        return Calibration(0.0, 0.0, (0.0, min(1.0, rule_of_three)))
    low, high = _interval(d[used], s[used], error, seed)
    return Calibration(error, _debiased(np.abs(d[used]), s[used], error), (low, min(1.0, max(high, error, rule_of_three))))


def _variance(confidence: FloatArray, excess: FloatArray, bins: IntArray, count: IntArray, d: FloatArray, group: IntArray) -> FloatArray:
    """Of each d_b, with groups as the units of sampling: float [BINS]."""
    total, groups = len(excess), int(group.max()) + 1
    sums = np.zeros(BINS)
    cells, place = np.unique(bins * groups + group, return_inverse=True)
    np.add.at(sums, cells // groups, np.bincount(place, excess) ** 2)
    seen = np.maximum(sums / total**2 - d**2 / groups, 0)
    if_calibrated = np.bincount(bins, np.clip(confidence * (1 - confidence), 0, None), BINS) / total**2
    mixed = (count * seen + _PRIOR * if_calibrated) / (count + _PRIOR)
    # A bin of pictures that were all certain and all wrong shows no spread; its d is still no more than their number can say.
    return np.asarray(np.where(mixed > 1e-12, mixed, d**2 / np.maximum(count, 1)))


def _debiased(shape: FloatArray, s: FloatArray, error: float) -> float:
    """The θ with which the mean of F, along the shape that was seen, is the error that was found."""

    def expected(theta: float) -> float:
        means = (theta / error * shape).tolist()
        return sum(_folded_normal_mean(mean, deviation) for mean, deviation in zip(means, s.tolist(), strict=True))

    return _last(lambda theta: expected(theta) <= error, 0.0, error)


def _folded_normal_mean(mean: float, deviation: float) -> float:
    if deviation == 0:
        return mean
    return deviation * sqrt(2 / pi) * exp(-(mean**2) / (2 * deviation**2)) + mean * erf(mean / (deviation * sqrt(2)))


def _interval(d: FloatArray, s: FloatArray, error: float, seed: int) -> tuple[float, float]:
    noise = np.random.default_rng(seed).normal(size=(_DRAWS, len(d))) * s
    cleared = np.sign(d) * np.maximum(np.abs(d) - s**2 / np.maximum(np.abs(d), 1e-12), 0)
    concentrated = _normalized(cleared if cleared.any() else s)
    spread = _normalized(np.sqrt(d**2 + s**2))

    def found(theta: float, shape: FloatArray) -> FloatArray:
        return np.asarray(np.abs(theta * shape + noise).sum(axis=1))

    def too_low(theta: float) -> bool:
        figures = found(theta, concentrated)
        below = min(_MISSED / 2, float((figures < theta).mean()))
        return float(np.quantile(figures, 1 - (_MISSED - below))) < error

    def not_too_high(theta: float) -> bool:
        return min(theta, float(np.quantile(found(theta, spread), _MISSED / 2))) <= error

    # F is never below θ by more than some standard errors of the whole.
    return _last(too_low, 0.0, error), _last(not_too_high, error, error + 4 * float(np.sqrt((s**2).sum())))


def _normalized(shape: FloatArray) -> FloatArray:
    total = np.abs(shape).sum()
    return shape / total if total > 0 else np.full(len(shape), 1 / len(shape))


def _last(holds: Callable[[float], bool], first: float, end: float) -> float:
    """The last θ from `first` to `end` for which it holds; `first` where it never does."""
    if not holds(first):
        return first
    for _ in range(_STEPS):
        middle = (first + end) / 2
        first, end = (middle, end) if holds(middle) else (first, middle)
    return first
