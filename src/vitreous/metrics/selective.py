"""Answers for a stated error rate: below some confidence, "I don't know" (R. El-Yaniv, Y. Wiener, "On the foundations of noise-free selective
classification", JMLR 2010; Y. Geifman, R. El-Yaniv, "Selective classification for deep neural networks", NeurIPS 2017).

    error(t)       share of wrong answers among the pictures with confidence ≥ t
    unanswered(t)  share of the pictures with confidence < t

Wanted is the lowest t with error(t) ≤ e, promised with 95 %. Looking for it among many t on the same pictures would find one that only looks
good. So a fixed list of t is tested from strict to loose, each by whether the upper bound of Clopper and Pearson keeps e, and the 5 % that may
go wrong in all are a budget: a third of it is given out at each of three places, t = 1 − e / 2, 1 − 3 e / 2 and 0, is handed on from test to test as
long as these succeed, and is lost at one that fails (the fallback procedure of B. L. Wiens, "A fixed sequence Bonferroni procedure", Pharmaceut.
Statist. 2003; for risks: A. N. Angelopoulos et al., "Learn then Test", 2021). The lowest t that has succeeded is taken.

The places follow from e, so a calibrated classifier passes the first of them with few answers; six fixed ones found a threshold less often.
"""

from math import ceil, log, log1p

import numpy as np

from vitreous.metrics.bounds import CONFIDENCE, upper_bound, weight_of_each
from vitreous.metrics.figures import BoolArray, FloatArray, IntArray

_PLACES = 3
_BUDGET = (1 - CONFIDENCE) / _PLACES
# steps of 0.1 in the log-odds of the confidence, from 0.9999 down to 0.1
_LADDER = np.round(1 / (1 + np.exp(-np.arange(-2.2, 9.25, 0.1))), 4)


def confidence_threshold(confidence: FloatArray, wrong: BoolArray, max_error: float, group: IntArray | None = None) -> float | None:
    """The lowest threshold that promises at most this error rate among what is answered; None where none can.

    From the confidence [N] and whether the answer was wrong [N]; `group` [N]: numbers of pictures that belong together, which count as one.
    """
    weight = weight_of_each(np.arange(len(wrong)) if group is None else group)
    starts = [max(0.0, round(1 - factor * max_error, 6)) for factor in (0.5, 1.5)] + [0.0]
    thresholds = np.unique(np.concatenate([_LADDER, starts]))[::-1]
    answered = np.asarray(confidence, np.float64)[:, None] >= thresholds
    found, budget = None, 0.0
    for threshold, trials, mistakes in zip(thresholds.tolist(), weight @ answered, (weight * wrong) @ answered, strict=True):
        budget += _BUDGET if threshold in starts else 0.0
        if budget and trials and upper_bound(mistakes, trials, 1 - budget) <= max_error:
            found = threshold
        else:
            budget = 0.0
    return found


def least_error(confidence: FloatArray, wrong: BoolArray, group: IntArray | None = None) -> float:
    """About the smallest error rate, in thousandths, for which `confidence_threshold` finds something; 1 where it finds nothing."""
    low, high = 0, 1000
    while high - low > 1:
        middle = (low + high) // 2
        found = confidence_threshold(confidence, wrong, middle / 1000, group) is not None
        low, high = (low, middle) if found else (middle, high)
    return high / 1000


def needed_for_error(max_error: float) -> int:
    """How many answers without a mistake promise this error rate (above 0).

    >>> needed_for_error(0.01)
    408
    """
    return 1 if max_error >= 1 else ceil(log(_BUDGET) / log1p(-max_error) - 1e-9)
