"""Nearest neighbours among many unit vectors, approximately, in n log n: a forest of random projection trees.

A tree sends a vector left or right at each level, by its product with that level's direction against the median of what came the
same way. Ordered by their leaves, and in a leaf by one more direction, the entries are cut into blocks of 32; a query is compared
with the block it would stand in. Where thousands are alike (the frames of one film) a block still holds 32.

Vectors are kept as integers, 256 for 1, which changes a product of two by about 0.001.

Source: S. Dasgupta, Y. Freund, "Random projection trees and low dimensional manifolds", STOC 2008.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from vitreous.data.near.frame import FloatArray

IntArray = npt.NDArray[np.intp]
Small = npt.NDArray[np.int8]

_SCALE = 256
_BLOCK = 32  # entries
_TOGETHER = 16  # queries that are compared with a block at once
_SAMPLE = 32_768  # entries that the medians are taken of
_LEAF = 8  # of them in a leaf
_SLICE = 1024  # blocks at a time; bounds the memory
_ROWS = 32_768


def small(vectors: FloatArray) -> Small:
    """Unit vectors as they are kept; a component beyond ±0.5 counts as that."""
    return np.asarray(np.rint(vectors * _SCALE).clip(-127, 127), dtype=np.int8)


def neighbours(
    entries: Small, owner: IntArray, queries: Small, asker: IntArray, basis: FloatArray, seed: int
) -> Iterator[tuple[IntArray, IntArray, FloatArray]]:
    """By one tree, for each query the nearest entry of another owner: numbers of queries and entries, and their products, in parts.

    `entries` [M, D] and `queries` [Q, D]; `owner` [M] and `asker` [Q] say whose each of them is. The tree's directions are
    drawn within `basis` [D, d]: where what tells pictures apart is large beside what an edit changes.
    """
    tree = _Tree(entries, basis, np.random.default_rng(seed))
    block = np.minimum(np.searchsorted(tree.keys, tree.key(queries)), len(entries) - 1) // _BLOCK
    return _compared(entries, owner, queries, asker, tree.order, block)


class _Tree:
    """`order`: the entries as they stand in its leaves; `keys`: their places there, ascending."""

    def __init__(self, entries: Small, basis: FloatArray, rng: np.random.Generator) -> None:
        sample = entries[:: max(1, len(entries) // _SAMPLE)].astype(np.float32)
        depth = max(0, int(np.log2(max(1, len(sample) / _LEAF))))
        mixture = np.linalg.qr(rng.standard_normal((basis.shape[1],) * 2))[0]
        self._directions = (basis @ mixture[:, : depth + 1] / _SCALE).astype(np.float32)
        self._medians: list[FloatArray] = []
        node, heights = np.zeros(len(sample), np.intp), np.asarray(sample @ self._directions, np.float32)
        for level in range(depth):
            height = heights[:, level]
            order = np.argsort(_place(node, height))
            bounds = np.searchsorted(node[order], np.arange(2**level + 1))
            self._medians.append(height[order[np.minimum((bounds[:-1] + bounds[1:]) // 2, len(sample) - 1)]])
            node = 2 * node + (height >= self._medians[-1][node])
        keys = self.key(entries)
        self.order = np.argsort(keys)
        self.keys = keys[self.order]

    def key(self, vectors: Small) -> npt.NDArray[np.float64]:
        """The leaf of each vector, and its place in the leaf as a fraction."""
        return np.concatenate([self._key(vectors[start : start + _ROWS]) for start in range(0, len(vectors), _ROWS)])

    def _key(self, vectors: Small) -> npt.NDArray[np.float64]:
        heights = np.ascontiguousarray((vectors.astype(np.float32) @ self._directions).T)
        node = np.zeros(len(vectors), np.intp)
        for height, medians in zip(heights, self._medians, strict=False):
            node = 2 * node + (height >= medians[node])
        return _place(node, heights[-1])


def _place(node: IntArray, height: FloatArray) -> npt.NDArray[np.float64]:
    """Numbers that order by node, and in a node by height."""
    return np.asarray(node + 0.5 + 0.5 * height.astype(np.float64) / (1 + np.abs(height)))


def _compared(
    entries: Small, owner: IntArray, queries: Small, asker: IntArray, order: IntArray, block: IntArray
) -> Iterator[tuple[IntArray, IntArray, FloatArray]]:
    by_block = np.argsort(block, kind="stable")
    sizes = np.bincount(block, minlength=len(entries) // _BLOCK + 1)
    groups = -(-sizes // _TOGETHER)
    rank = np.arange(len(block)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    group = np.repeat(np.cumsum(groups) - groups, sizes) + rank // _TOGETHER
    block_of_group = np.repeat(np.arange(len(sizes)), groups)
    for start in range(0, len(block_of_group), _SLICE):
        blocks = block_of_group[start : start + _SLICE]
        low, high = np.searchsorted(group, [start, start + len(blocks)])
        asked = by_block[low:high]
        among, row = group[low:high] - start, rank[low:high] % _TOGETHER
        seen = np.zeros((len(blocks), _TOGETHER, entries.shape[1]), np.float32)
        seen[among, row] = queries[asked]
        member = order[np.minimum(blocks[:, None] * _BLOCK + np.arange(_BLOCK), len(order) - 1)]
        product = (seen @ entries[member].astype(np.float32).swapaxes(1, 2))[among, row]
        product[owner[member][among] == asker[asked][:, None]] = -1
        best = product.argmax(axis=1)
        yield asked, member[among, best], product[np.arange(len(asked)), best] / _SCALE**2
