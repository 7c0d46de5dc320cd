"""Sets of classes that hold the true one as often as promised, whatever the model is worth: split conformal prediction.

    known      n pictures that the model was not fitted to, with the probability p of their true class
    threshold  t, the k-th largest of these p, k = ⌈(n + 1) c⌉ for the promise c
    set        { class : its probability ≥ t }, which may be empty: then no class is as probable as those of known pictures are

A new picture that comes as the known ones came (exchangeably) is in k of n + 1 cases among the k best, so its true class is in its set
with probability c at least, and c + 1 / (n + 1) at most where no two p are equal. Of all rules of one threshold it gives the smallest sets
(M. Sadinle, J. Lei, L. Wasserman, "Least ambiguous set-valued classifiers with bounded error levels", JASA 2019). `per_class`: a threshold
for each class from its own pictures, so the promise holds for each class by itself (V. Vovk, "Conditional validity of inductive conformal
predictors", 2012).
"""

from dataclasses import dataclass
from math import ceil

import numpy as np

from vitreous.errors import DataError, UsageError
from vitreous.metrics.figures import BoolArray, FloatArray, IntArray, Probabilities

# Against k = ⌈0.95 · 20⌉ = 20 by a last bit.
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Thresholds:
    """`probability` [K]: from which one on each class is in the set; `pictures` [K]: how many each was chosen on."""

    coverage: float
    per_class: bool
    probability: FloatArray
    pictures: IntArray

    def sets(self, probability: Probabilities) -> BoolArray:
        """Which classes are in the set of each of N pictures: bool [N, K]."""
        return np.asarray(np.asarray(probability, np.float64) >= self.probability)


def thresholds(probability: Probabilities, target: IntArray, coverage: float) -> Thresholds:
    """One threshold for all classes, from pictures [N] that the model was not fitted to. Raises UsageError, DataError where they are too few."""
    require_coverage(coverage)
    count = len(target)
    if count < needed(coverage):
        raise DataError(
            f"cannot promise that {percent(coverage)} of the sets hold the true class",
            f"{count:,} pictures that the model was not fitted to (copies counted once)",
            f"{needed(coverage):,} are needed",
            best(count),
        )
    classes = probability.shape[1]
    limit = _limit(np.asarray(probability, np.float64)[np.arange(count), target], coverage)
    return Thresholds(coverage, False, np.full(classes, limit), np.full(classes, count, np.intp))


def thresholds_per_class(probability: Probabilities, target: IntArray, coverage: float, labels: list[str]) -> Thresholds:
    """A threshold for each class. Raises UsageError, DataError with the class that has fewest pictures where these are too few."""
    require_coverage(coverage)
    classes = probability.shape[1]
    counts = np.bincount(target, minlength=classes)
    fewest = int(counts.argmin())
    if counts[fewest] < needed(coverage):
        small = int((counts < needed(coverage)).sum())
        others = f", and {small - 1} more classes too few" if small > 1 else ""
        raise DataError(
            f"cannot promise {percent(coverage)} for each class",
            f"{labels[fewest]!r} has {counts[fewest]:,} pictures that the model was not fitted to{others}",
            f"{needed(coverage):,} are needed of each",
            best(int(counts[fewest])),
        )
    own = np.asarray(probability, np.float64)[np.arange(len(target)), target]
    limits = np.array([_limit(own[target == k], coverage) for k in range(classes)])
    return Thresholds(coverage, True, limits, counts.astype(np.intp))


def needed(coverage: float) -> int:
    """How many pictures can promise it: the fewest n with ⌈(n + 1) c⌉ ≤ n.

    >>> needed(0.95), needed(0.9999), needed(0.5)
    (19, 9999, 1)
    """
    return max(1, ceil(coverage / (1 - coverage) - _ROUNDING * 1e3))


def best(count: int) -> str:
    """What so many pictures can promise, in words.

    >>> best(2), best(0)
    ('with these 66.6 % can be promised at most', 'with none nothing can be promised')
    """
    return f"with these {percent(int(1000 * count / (count + 1)) / 1000)} can be promised at most" if count else "with none nothing can be promised"


def percent(share: float) -> str:
    """
    >>> percent(0.95), percent(0.9999)
    ('95 %', '99.99 %')
    """
    return f"{100 * share:.6g} %"


def require_coverage(coverage: float) -> None:
    """Raises UsageError for what is no share between 0 and 1."""
    if not 0 < coverage < 1:  # also where it is not a number
        raise UsageError("--sets", f"{coverage:g}", "a share above 0 and below 1", "0.95 promises that 95 % of the sets hold the true class")


def _limit(own: FloatArray, coverage: float) -> float:
    """The k-th largest probability of a true class."""
    rank = ceil((len(own) + 1) * coverage - _ROUNDING)
    return float(np.sort(own)[len(own) - rank])
