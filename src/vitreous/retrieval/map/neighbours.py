"""The nearest pictures of each picture: exact, by blocked matrix products, in the directions in which the features vary most.

1. rows are scaled to length one, so that distance is that of the cosine; a row that is not finite, or all zero, has no direction
2. principal directions, by the eigenvectors of the covariance: distances among 20,000 pictures then cost a twentieth
3. |a − b|² = |a|² − 2 a·b + |b|², a block of rows at a time, of which the least k are kept
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.intp]

DIRECTIONS = 64
_WIDE = 4096  # features: of more, a covariance takes longer than everything else
_BLOCK_BYTES = 64_000_000


@dataclass(frozen=True, eq=False)
class Neighbours:
    """`index` int [N, k]: the other pictures nearest to each, the nearest first; `distance` float32 [N, k]."""

    index: Ints
    distance: Floats


def directions(features: npt.NDArray[np.float32], count: int = DIRECTIONS) -> Floats:
    """Principal components of the rows scaled to length one: float32 [N, at most `count`], those of largest variance first.

    The sign of each is that its largest part be positive, so that the same features give the same map.
    """
    rows = np.asarray(features, np.float32)
    length = np.sqrt(np.einsum("nd,nd->n", rows, rows, dtype=np.float64))
    rows = rows * (1 / np.maximum(length, np.finfo(np.float32).tiny)).astype(np.float32)[:, None]
    rows -= rows.mean(axis=0, dtype=np.float64).astype(np.float32)
    if rows.shape[1] > _WIDE:
        return _drawn_directions(rows, min(count, *rows.shape))
    _, vectors = np.linalg.eigh((rows.T @ rows).astype(np.float64))
    vectors = vectors[:, ::-1][:, : min(count, *rows.shape)]
    vectors = vectors * np.sign(vectors[np.abs(vectors).argmax(axis=0), np.arange(vectors.shape[1])])
    return np.ascontiguousarray(rows @ vectors.astype(np.float32))


def _drawn_directions(rows: Floats, count: int) -> Floats:
    """The same of very many features, of which no covariance is made: found by random projections (Halko, Martinsson and Tropp 2011)."""
    from sklearn.utils.extmath import randomized_svd

    left, sizes, _ = randomized_svd(rows, count, random_state=0)
    return np.ascontiguousarray(left * sizes, np.float32)


def nearest(rows: Floats, k: int, told: Callable[[int, int], None] = lambda done, total: None) -> Neighbours:
    """The k nearest other rows of each row [N, D]; at most N − 1 of them."""
    count = len(rows)
    k = min(k, count - 1)
    index, distance = np.empty((count, k), np.intp), np.empty((count, k), np.float32)
    if k < 1:
        return Neighbours(index, distance)
    squares = np.einsum("nd,nd->n", rows, rows)
    step = max(1, _BLOCK_BYTES // (4 * count))
    for first in range(0, count, step):
        block = slice(first, min(first + step, count))
        away = rows[block] @ (-2 * rows.T)
        away += squares
        away[np.arange(away.shape[0]), np.arange(block.start, block.stop)] = np.inf
        least = np.argpartition(away, k - 1, axis=1)[:, :k]
        values = np.take_along_axis(away, least, axis=1)
        order = np.lexsort((least, values))  # of equally near ones the first comes first
        index[block] = np.take_along_axis(least, order, axis=1)
        distance[block] = np.sqrt(np.maximum(np.take_along_axis(values, order, axis=1) + squares[block, None], 0))
        told(block.stop, count)
    return Neighbours(index, distance)
