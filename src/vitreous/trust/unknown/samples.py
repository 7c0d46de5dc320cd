"""Whether two samples differ, by tests whose false alarms are at most as many as stated, however few pictures there are.

    energy      2 E|X − Y| − E|X − X'| − E|Y − Y'| of rows of numbers: 0 where both come from one distribution, and only there
                (G. J. Székely, M. L. Rizzo, "Energy statistics", J. Stat. Plan. Inference 2013), by permutation
    numbers     the largest distance of two cumulated distributions (Kolmogorov, Smirnov)
    kinds       the χ² of a table of counts, against tables of the same margins

A permutation keeps what was pooled and deals it anew: of B of them, p = (1 + those as large as what was seen) / (1 + B), and p ≤ α happens in at
most α of the cases where nothing differs. Several tests together are held to one rate by S. Holm (Scand. J. Statistics 1979).
"""

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from vitreous.metrics.figures import FloatArray

PERMUTATIONS = 1999
_AT_ONCE = 256
POWER = 0.8


@dataclass(frozen=True, eq=False)
class Energy:
    """`p`, and for each row of both samples how much more it belongs to the new one than to the old: `witness` [N + M], old rows first."""

    p: float
    statistic: float
    witness: FloatArray


def energy_test(old: NDArray[np.float32], new: NDArray[np.float32], rng: np.random.Generator) -> Energy:
    """Of rows [N, D] and [M, D]. Columns are brought to one scale by both samples together, which no permutation changes."""
    pooled = np.concatenate([old, new])
    scale = pooled.std(0)
    pooled = (pooled - pooled.mean(0)) / np.where(scale > 0, scale, 1)
    distance = _distances(pooled)
    count, rows, total = len(new), distance.sum(1), float(distance.sum())
    member = np.zeros(len(pooled), np.float32)
    member[len(old) :] = 1
    seen = float(_statistics(distance, rows, total, member[None], count)[0])
    larger = 0
    for first in range(0, PERMUTATIONS, _AT_ONCE):
        dealt = np.stack([rng.permutation(member) for _ in range(min(_AT_ONCE, PERMUTATIONS - first))])
        larger += int((_statistics(distance, rows, total, dealt, count) >= seen - 1e-9 * abs(seen)).sum())
    to_old, to_new = distance[:, : len(old)].mean(1), distance[:, len(old) :].mean(1)
    return Energy((1 + larger) / (1 + PERMUTATIONS), seen, np.asarray(to_old - to_new, np.float64))


def numbers_test(old: FloatArray, new: FloatArray) -> float:
    """p of two samples of numbers; 1 where one is empty."""
    from scipy.stats import ks_2samp

    return float(ks_2samp(old, new).pvalue) if len(old) and len(new) else 1.0


def kinds_test(old: NDArray[np.intp], new: NDArray[np.intp], rng: np.random.Generator) -> float:
    """p of two samples of kinds, numbered from 0 on."""
    kinds = int(max(old.max(initial=0), new.max(initial=0))) + 1
    table = np.stack([np.bincount(old, minlength=kinds), np.bincount(new, minlength=kinds)])
    table = table[:, table.sum(0) > 0]
    if table.shape[1] < 2 or not len(old) or not len(new):
        return 1.0
    both = table.sum(0)
    dealt = rng.multivariate_hypergeometric(both, len(new), PERMUTATIONS)
    seen, chance = _chi_squared(table[1][None], both, len(new)), _chi_squared(dealt, both, len(new))
    return float(1 + (chance >= seen[0] * (1 - 1e-12)).sum()) / (1 + PERMUTATIONS)


def holm(p: FloatArray) -> FloatArray:
    """Values of p adjusted so that all that stay at most α are held to the rate α together.

    >>> holm(np.array([0.01, 0.04, 0.5])).round(3).tolist()
    [0.03, 0.08, 0.5]
    """
    order = np.argsort(p, kind="stable")
    steps = np.maximum.accumulate(np.minimum(1.0, p[order] * np.arange(len(p), 0, -1)))
    adjusted = np.empty(len(p))
    adjusted[order] = steps
    return adjusted


def least_shift(old: int, new: int, rate: float, tests: int) -> float:
    """The shift of a mean, in standard deviations, that would be found in four of five cases; normal distributions are assumed.

    >>> round(least_shift(1000, 5, 0.05, 9), 2), round(least_shift(1000, 500, 0.05, 9), 2)
    (1.62, 0.2)
    """
    from scipy.special import ndtri

    return float((ndtri(1 - rate / tests / 2) + ndtri(POWER)) * sqrt(1 / old + 1 / new))


def _statistics(distance: NDArray[np.float32], rows: FloatArray, total: float, members: NDArray[np.float32], count: int) -> FloatArray:
    """The energy distance for each deal of rows, 1 for the new sample: [B]."""
    others = distance.shape[0] - count
    within = np.einsum("bn,bn->b", members @ distance, members).astype(np.float64)
    touching = members @ rows
    across = touching - within
    rest = total - 2 * touching + within
    return np.asarray(2 * across / (count * others) - within / count**2 - rest / others**2)


def _distances(values: NDArray[np.float32]) -> NDArray[np.float32]:
    square = np.einsum("nd,nd->n", values, values)
    distance = square[:, None] - 2 * values @ values.T + square[None]
    np.sqrt(np.maximum(distance, 0, out=distance), out=distance)
    np.fill_diagonal(distance, 0)
    return np.asarray(distance, np.float32)


def _chi_squared(counts: NDArray[np.intp], both: NDArray[np.intp], drawn: int) -> FloatArray:
    expected = both * (drawn / both.sum())
    return np.asarray(((counts - expected) ** 2 / expected / (1 - drawn / both.sum())).sum(-1), np.float64)
