"""Nearest neighbours among many unit vectors, approximately, in n log n: a forest of random projection trees.

A tree sends a vector left or right at each level, by its product with that level's direction against the median of what came the
same way. Ordered by their leaves, and in a leaf by one more direction, the entries are cut into blocks of 32; a query is compared
with the block it would stand in. Where thousands are alike (the frames of one film) a block still holds 32.

Source: S. Dasgupta, Y. Freund, "Random projection trees and low dimensional manifolds", STOC 2008.
"""

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

from vitreous.data.near.frame import FloatArray

IntArray = npt.NDArray[np.intp]

TREES = 8
_BLOCK = 32  # entries
_TOGETHER = 16  # queries that are compared with a block at once
_SAMPLE = 65_536  # entries that the medians are taken of
_LEAF = 8  # of them in a leaf
_SLICE = 1024  # blocks at a time; bounds the memory
_ROWS = 65_536

Gather = Callable[[IntArray], FloatArray]


def neighbours(
    entries: npt.NDArray[np.float16], owner: IntArray, queries: Gather, asker: IntArray, seed: int
) -> Iterator[tuple[IntArray, IntArray, FloatArray]]:
    """For each tree and query the nearest entry of another owner: numbers of queries and entries, and their products.

    `queries` gives the vectors of the queries with these numbers; `asker` the owner of each.
    """
    rng = np.random.default_rng(seed)
    for _ in range(TREES):
        tree = _Tree(entries, rng)
        key = np.concatenate([tree.key(queries(part)) for part in _parts(len(asker))])
        block = np.minimum(np.searchsorted(tree.keys, key), len(entries) - 1) // _BLOCK
        yield from _compared(entries, owner, queries, asker, tree.order, block)


class _Tree:
    """`order`: the entries as they stand in its leaves; `keys`: their places there, ascending."""

    def __init__(self, entries: npt.NDArray[np.float16], rng: np.random.Generator) -> None:
        sample = entries[:: max(1, len(entries) // _SAMPLE)].astype(np.float32)
        depth = max(0, int(np.log2(max(1, len(sample) / _LEAF))))
        self._directions = rng.standard_normal((sample.shape[1], depth + 1)).astype(np.float32)
        self._medians: list[FloatArray] = []
        node, heights = np.zeros(len(sample), np.intp), sample @ self._directions
        for level in range(depth):
            order = np.lexsort((heights[:, level], node))
            bounds = np.searchsorted(node[order], np.arange(2**level + 1))
            middle = np.minimum((bounds[:-1] + bounds[1:]) // 2, len(sample) - 1)
            self._medians.append(heights[order[middle], level])
            node = 2 * node + (heights[:, level] >= self._medians[-1][node])
        keys = np.concatenate([self.key(entries[part].astype(np.float32)) for part in _parts(len(entries))])
        self.order = np.argsort(keys, kind="stable")
        self.keys = keys[self.order]

    def key(self, vectors: FloatArray) -> npt.NDArray[np.float64]:
        """The leaf of each vector, and its place in the leaf as a fraction."""
        heights = vectors @ self._directions
        node = np.zeros(len(vectors), np.intp)
        for level, medians in enumerate(self._medians):
            node = 2 * node + (heights[:, level] >= medians[node])
        return np.asarray(node + (0.5 + 0.4 * np.tanh(heights[:, -1])).astype(np.float64))


def _compared(
    entries: npt.NDArray[np.float16], owner: IntArray, queries: Gather, asker: IntArray, order: IntArray, block: IntArray
) -> Iterator[tuple[IntArray, IntArray, FloatArray]]:
    by_block = np.argsort(block, kind="stable")
    sizes = np.bincount(block, minlength=len(entries) // _BLOCK + 1)
    groups = -(-sizes // _TOGETHER)
    first_group, first = np.cumsum(groups) - groups, np.cumsum(sizes) - sizes
    rank = np.arange(len(block)) - first[block[by_block]]
    group = first_group[block[by_block]] + rank // _TOGETHER
    block_of_group = np.repeat(np.arange(len(sizes)), groups)
    for start in range(0, len(block_of_group), _SLICE):
        blocks = block_of_group[start : start + _SLICE]
        low, high = np.searchsorted(group, [start, start + len(blocks)])
        asked = by_block[low:high]
        place = (group[low:high] - start, rank[low:high] % _TOGETHER)
        seen = np.zeros((len(blocks), _TOGETHER, entries.shape[1]), np.float32)
        seen[place] = queries(asked)
        slot = blocks[:, None] * _BLOCK + np.arange(_BLOCK)
        member = order[np.minimum(slot, len(order) - 1)]
        product = (seen @ entries[member].astype(np.float32).swapaxes(1, 2))[place]
        member = member[place[0]]
        product[owner[member] == asker[asked][:, None]] = -1
        best = product.argmax(axis=1)
        each = np.arange(len(asked))
        yield asked, member[each, best], product[each, best]


def _parts(count: int) -> Iterator[IntArray]:
    return (np.arange(start, min(start + _ROWS, count)) for start in range(0, count, _ROWS))
