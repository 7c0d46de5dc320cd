"""Bounds that hold for any number of pictures, also for few and for none that went wrong.

    upper_bound       the share p that k or fewer events in n trials would show in only 5 % of the cases: one-sided, 95 %
                      (C. J. Clopper, E. S. Pearson, Biometrika 1934)
    share_interval    the same from both sides, 2.5 % each
    mean_interval     of values between two bounds: each value is given the step by which its event raises upper_bound, the largest
                      values first (Stringer's bound; P. J. Bickel, "Inference and auditing", Int. Stat. Review 1992). For values 0 and 1 it is
                      share_interval

Numbers may be fractions: pictures that belong together count as one, each of m as 1 / m.
"""

from math import ceil, inf, log, log1p

import numpy as np

from vitreous.metrics.figures import FloatArray, IntArray

CONFIDENCE = 0.95


def upper_bound(events: FloatArray | float, trials: FloatArray | float, confidence: float = CONFIDENCE) -> FloatArray:
    """The largest share that `events` of `trials` are compatible with; 1 where there is no trial.

    >>> upper_bound(np.array([0.0, 3.0]), 100).round(4)
    array([0.0295, 0.0757])
    """
    from scipy.special import betaincinv

    events, trials = np.broadcast_arrays(np.asarray(events, np.float64), np.asarray(trials, np.float64))
    rest = trials - events
    some = rest > 1e-9
    return np.where(some, betaincinv(events + 1, np.where(some, rest, 1), confidence), 1.0)


def share_interval(events: float, trials: float) -> tuple[float, float]:
    """The 95 % interval of a share seen `events` times in `trials`; (0, 1) where there is no trial.

    >>> tuple(round(end, 4) for end in share_interval(3, 100))
    (0.0062, 0.0852)
    """
    high = 1 - (1 - CONFIDENCE) / 2
    return float(1 - upper_bound(trials - events, trials, high)), float(upper_bound(events, trials, high))


def mean_interval(values: FloatArray, low: float, high: float) -> tuple[float, float]:
    """The 95 % interval of the mean of values [N], all between `low` and `high`; (low, high) where there is none."""
    if not len(values) or high <= low:
        return low, high
    unit = (np.asarray(values, np.float64) - low) / (high - low)
    return low + (high - low) * (1 - _mean_below(1 - unit)), low + (high - low) * _mean_below(unit)


def needed_for(share: float, confidence: float = CONFIDENCE) -> float:
    """How many pictures without one event promise at most this share; infinitely many for 0.

    >>> needed_for(0.02), needed_for(0)
    (149, inf)
    """
    if share <= 0:
        return inf
    return 1 if share >= 1 else ceil(log(1 - confidence) / log1p(-share) - 1e-9)


def weight_of_each(group: IntArray) -> FloatArray:
    """1 / m for each of m pictures of one group: [N]; the weights add up to the number of groups."""
    _, place, size = np.unique(group, return_inverse=True, return_counts=True)
    return np.asarray(1 / size[place], np.float64)


def _mean_below(unit: FloatArray) -> float:
    """Stringer's upper bound of the mean of values in 0 to 1."""
    count = len(unit)
    steps = upper_bound(np.arange(count + 1, dtype=np.float64), count, 1 - (1 - CONFIDENCE) / 2)
    return float(steps[0] + np.diff(steps) @ np.sort(unit)[::-1])
