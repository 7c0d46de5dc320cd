"""Pictures that no other is like: their nearest ones are far away, beside those of the other pictures.

The mean distance to the nearest 15 (Ramaswamy, Rastogi and Shim 2000), by all features: in the directions in which most pictures vary, or on the
map, outliers of different kinds lie together. An outlier lies more than two deviations above the middle of the logarithms, both taken
by the median, so that outliers do not raise the limit that finds them.
"""

import numpy as np

from vitreous.retrieval.map.neighbours import Floats, Ints

LIMIT = 2.0
_LEAST_PICTURES = 20  # of fewer no spread is known
_TO_DEVIATION = 1.4826  # the median distance from the median of normal numbers, as their standard deviation
_BLOCK_BYTES = 64_000_000


def apartness(features: Floats, near: Ints) -> Floats:
    """The mean distance of each row, scaled to length one, to those near it, [N]; 0 where there are none."""
    count, k = near.shape
    away = np.zeros(count, np.float32)
    if k == 0:
        return away
    length = np.maximum(np.linalg.norm(features, axis=1), np.finfo(np.float32).tiny)
    step = max(1, _BLOCK_BYTES // (4 * k * features.shape[1]))
    for first in range(0, count, step):
        block = slice(first, first + step)
        products = np.einsum("nd,nkd->nk", features[block], features[near[block]])
        cosines = products / (length[block, None] * length[near[block]])
        away[block] = np.sqrt(np.maximum(2 - 2 * cosines, 0)).mean(axis=1)
    return away


def outliers(apart: Floats) -> Ints:
    """The numbers of the pictures that lie apart, the farthest first."""
    some = apart > 0
    if some.sum() < _LEAST_PICTURES:
        return np.zeros(0, np.intp)
    logarithms = np.log(np.where(some, apart, 1.0)).astype(np.float64)
    middle = np.median(logarithms[some])
    deviation = _TO_DEVIATION * np.median(np.abs(logarithms[some] - middle))
    found = np.flatnonzero(some & (logarithms > middle + LIMIT * max(deviation, 1e-3)))
    return np.asarray(found[np.argsort(-apart[found], kind="stable")], np.intp)
