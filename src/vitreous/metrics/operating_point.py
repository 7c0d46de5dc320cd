"""The threshold of one class: "yes" where its probability is at least t; and what is missed, and falsely alarmed, for every t.

    miss rate of t           share of the pictures of the class with p < t
    false-alarm rate of t    share of the others with p ≥ t

A promise, such as "at most 2 % are missed", is about pictures to come. For `highest_for` the number of misses that may be seen among n pictures
of the class follows from n and the promise alone: the most, k, whose upper 95 % bound (Clopper, Pearson) keeps it. t is then the
(k + 1)-th smallest probability among them, an order statistic, and the part of all pictures of the class below an order statistic has a known
distribution, whatever that of the probabilities (S. S. Wilks, "Determination of sample sizes for setting tolerance limits", Ann. Math. Stat.
1941; in today's words: conformal risk control, A. N. Angelopoulos et al., "Learn then Test", 2021). So no choice among many thresholds is paid for:
in 95 % of the cases the promise holds. `lowest_for` is the same from the other side.

Pictures that belong together count as one (`bounds.weight_of_each`).
"""

from dataclasses import dataclass

import numpy as np

from vitreous.metrics.bounds import share_interval, upper_bound, weight_of_each
from vitreous.metrics.figures import BoolArray, FloatArray, IntArray

_ROUNDING = 1e-9  # sums of weights 1 / m


@dataclass(frozen=True)
class Rate:
    """Events in so many trials (pictures, copies counted as one), and the 95 % interval of the share."""

    events: float
    trials: float
    interval: tuple[float, float]

    @classmethod
    def of(cls, events: float, trials: float) -> "Rate":
        return cls(events, trials, share_interval(events, trials))

    @property
    def value(self) -> float | None:
        return self.events / self.trials if self.trials else None

    def times(self, factor: float) -> tuple[float | None, tuple[float, float]]:
        """Value and interval for so many pictures."""
        return None if self.value is None else factor * self.value, (factor * self.interval[0], factor * self.interval[1])


@dataclass(frozen=True)
class OperatingCurve:
    """`threshold` [T] ascending: every score that was seen, and one above all. `missed` and `alarms` [T]: pictures of the class below it,
    others at or above it, copies counted as one; `positives` and `negatives`: how many there are of each."""

    threshold: FloatArray
    missed: FloatArray
    alarms: FloatArray
    positives: float
    negatives: float

    def miss_rate(self, place: int) -> Rate:
        return Rate.of(float(self.missed[place]), self.positives)

    def false_alarm_rate(self, place: int) -> Rate:
        return Rate.of(float(self.alarms[place]), self.negatives)

    def highest_for(self, max_miss: float) -> int | None:
        """The place of the highest threshold that promises at most this miss rate; None where none can."""
        kept = np.flatnonzero(upper_bound(self.missed, self.positives) <= max_miss)
        return int(kept[-1]) if len(kept) else None

    def lowest_for(self, max_false_alarms: float) -> int | None:
        """The place of the lowest threshold that promises at most this false-alarm rate; None where none can."""
        kept = np.flatnonzero(upper_bound(self.alarms, self.negatives) <= max_false_alarms)
        return int(kept[0]) if len(kept) else None


def operating_curve(score: FloatArray, positive: BoolArray, group: IntArray | None = None) -> OperatingCurve:
    """The curve of scores [N], of which those at `positive` [N] are of the class; `group` [N]: numbers of pictures that belong together."""
    group = np.arange(len(score)) if group is None else group
    seen = np.unique(np.asarray(score, np.float64))
    # above the largest float32 too: a threshold is compared with float32 probabilities
    above = float(np.nextafter(np.float32(seen[-1]), np.float32(np.inf))) if len(seen) else 0.0
    threshold = np.append(seen, above)
    own, others = (_weights_at(seen, score[part], group[part]) for part in (positive, ~positive))
    missed = np.concatenate([[0.0], np.cumsum(own)])
    alarms = others.sum() - np.concatenate([[0.0], np.cumsum(others)])
    return OperatingCurve(threshold, _tidy(missed), _tidy(alarms), float(_tidy(own.sum())), float(_tidy(others.sum())))


def rate_of(event: BoolArray, group: IntArray | None = None) -> Rate:
    """How often an event [N] happens, copies counted as one."""
    weight = weight_of_each(np.arange(len(event)) if group is None else group)
    return Rate.of(float(_tidy(weight[event].sum())), float(_tidy(weight.sum())))


def _weights_at(seen: FloatArray, score: FloatArray, group: IntArray) -> FloatArray:
    """The weights of pictures, summed for each score that was seen: [len(seen)]."""
    return np.asarray(np.bincount(np.searchsorted(seen, score), weight_of_each(group), len(seen)), np.float64)


def _tidy(value: FloatArray) -> FloatArray:
    """Thirds that add up to one make one."""
    nearest = np.round(value)
    return np.where(np.abs(value - nearest) < _ROUNDING, nearest, value)
