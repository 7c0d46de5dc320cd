"""Pairs of pictures that may be copies: each picture, in all eight positions, among all the others and their parts."""

from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vitreous.data.near.descriptor import LENGTH, SYMMETRIES, WINDOWS, descriptors, turned
from vitreous.data.near.forest import IntArray, Small, neighbours, small
from vitreous.data.near.frame import FloatArray

TREES = 6
LEAST = 0.82  # product of descriptors
MOST = 2  # others that one picture is compared with
_BLOCK = 2048
_DIRECTIONS, _SAMPLE = 16, 16_384


@dataclass(frozen=True)
class Pairs:
    """Picture `left` in position `symmetry` looks like the part `window` of picture `right`: [P] each, those most alike first."""

    left: IntArray
    right: IntArray
    symmetry: IntArray
    window: IntArray


def alike(pictures: npt.NDArray[np.uint8], pool: Executor) -> Pairs:
    """Each pair once, of each picture its nearest few."""
    count = len(pictures)
    entries = np.empty((len(WINDOWS), count, LENGTH), np.int8)
    queries = np.empty((len(SYMMETRIES), count, LENGTH), np.int8)

    def describe(start: int) -> None:
        block = slice(start, start + _BLOCK)
        entries[:, block] = small(descriptors(pictures[block].astype(np.float32))).swapaxes(0, 1)
        for number, symmetry in enumerate(SYMMETRIES):
            queries[number, block] = turned(entries[0, block], symmetry)

    list(pool.map(describe, range(0, count, _BLOCK)))
    owner, asker = (np.tile(np.arange(count), each) for each in (len(WINDOWS), len(SYMMETRIES)))
    basis = _telling(entries)

    def search(tree: int) -> list[tuple[IntArray, IntArray, FloatArray]]:
        found = neighbours(entries.reshape(-1, LENGTH), owner, queries.reshape(-1, LENGTH), asker, basis, seed=tree)
        return [(query[near], entry[near], product[near]) for query, entry, product in found for near in [product >= LEAST]]

    parts = [part for found in pool.map(search, range(TREES)) for part in found]
    query, entry, product = (np.concatenate(each) for each in zip(*parts, strict=True))
    return _each_once(query, entry, product, count)


def _telling(entries: Small) -> FloatArray:
    """The directions [64, 16] in which pictures differ most, beside how much the parts of one picture do (Fisher's discriminant)."""
    sample = entries[:, :: max(1, entries.shape[1] // _SAMPLE)].astype(np.float32)
    within = np.eye(LENGTH) + sum(np.cov(part - sample[0], rowvar=False, bias=True) for part in sample[1:]) / (len(sample) - 1)
    variance, axes = np.linalg.eigh(within)
    whitening = axes / np.sqrt(variance)
    apart = np.linalg.eigh(whitening.T @ np.cov(sample[0], rowvar=False, bias=True) @ whitening)[1]
    return np.asarray(whitening @ apart[:, -_DIRECTIONS:], dtype=np.float32)


def _each_once(query: IntArray, entry: IntArray, product: FloatArray, count: int) -> Pairs:
    symmetry, left = np.divmod(query, count)
    window, right = np.divmod(entry, count)
    order = np.argsort(-product, kind="stable")
    pair = (np.minimum(left, right) * count + np.maximum(left, right))[order]
    order = order[np.sort(np.unique(pair, return_index=True)[1])]
    # of each left its nearest few, the order by product kept
    by_left = np.argsort(left[order], kind="stable")
    ordered = left[order][by_left]
    rank = np.empty(len(order), np.intp)
    rank[by_left] = np.arange(len(order)) - np.searchsorted(ordered, ordered)
    order = order[rank < MOST]
    return Pairs(left[order], right[order], symmetry[order], window[order])
