"""Does 80 % sure mean right in 80 % of the cases? The expected calibration error (ECE).

    ECE = Σ_b |d_b|,    d_b = Σ_{i in bin b} (confidence_i − right_i) / N

over 15 bins of equal width, (0, 1/15], (1/15, 2/15] …; the confidence is the highest probability of a picture. The plain figure
is the well-known one, and too high for few pictures: noise has an absolute value too. `debiased` takes the expected noise off:
2 ECE − E Σ_b |d_b + s_b ε|, with ε standard normal and s_b the standard error of d_b.

The interval is for the true ECE, and inverts a test: all t · ECE for which the ECE that was found is within the central 95 % of
Σ_b |t d_b + s_b ε|. A bootstrap percentile interval would lie above the truth (resampling adds the noise a second time: in a
simulation with 100 pictures it never held the truth). s_b is the larger of what was seen and what calibrated answers would show.

Sources: C. Guo et al., "On Calibration of Modern Neural Networks", ICML 2017; J. Bröcker, "Estimating reliability and resolution
of probability forecasts", 2012; A. Kumar, P. Liang, T. Ma, "Verified Uncertainty Calibration", NeurIPS 2019 (the debiasing).
"""

from dataclasses import dataclass
from math import erf, exp, pi, sqrt

import numpy as np

from vitreous.metrics.figures import BoolArray, FloatArray, IntArray

BINS = 15
_DRAWS = 1000


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
    d = np.bincount(bins, excess, BINS) / len(excess)
    s = np.sqrt(np.maximum(_variance_seen(excess, bins, d, group), _variance_if_calibrated(confidence, bins)))
    error = float(np.abs(d).sum())
    expected = sum(_folded_normal_mean(abs(mean), deviation) for mean, deviation in zip(d.tolist(), s.tolist(), strict=True))
    return Calibration(error, max(0.0, 2 * error - expected), _interval(d, s, error, int(group.max()) + 1, seed))


def _variance_seen(excess: FloatArray, bins: IntArray, d: FloatArray, group: IntArray) -> FloatArray:
    """Of each d_b, with groups as the units of sampling."""
    count, groups = len(excess), int(group.max()) + 1
    sums = np.zeros(BINS)
    cells, place = np.unique(bins * groups + group, return_inverse=True)
    np.add.at(sums, cells // groups, np.bincount(place, excess) ** 2)
    return np.maximum(sums / count**2 - d**2 / groups, 0)


def _variance_if_calibrated(confidence: FloatArray, bins: IntArray) -> FloatArray:
    return np.asarray(np.bincount(bins, np.clip(confidence * (1 - confidence), 0, None), BINS) / len(confidence) ** 2)


def _folded_normal_mean(mean: float, deviation: float) -> float:
    if deviation == 0:
        return mean
    return deviation * sqrt(2 / pi) * exp(-(mean**2) / (2 * deviation**2)) + mean * erf(mean / (deviation * sqrt(2)))


def _interval(d: FloatArray, s: FloatArray, error: float, groups: int, seed: int) -> tuple[float, float]:
    noise = np.random.default_rng(seed).normal(size=(_DRAWS, BINS)) * s
    scales = np.linspace(0, 3, 61)
    low, high = np.array([np.quantile(np.abs(t * d + noise).sum(axis=1), [0.025, 0.975]) for t in scales]).T
    lowest = min(scales[high >= error].min(initial=1.0), 1.0)
    highest = max(scales[low <= error].max(initial=1.0), 1.0)
    # What never happened in n cases may still happen in 3 of n (the rule of three): no error seen is not no error.
    return float(lowest * error), float(min(1.0, max(highest * error, 3 / groups)))
