"""The same picture twice: exact copies by their bytes, near copies by their looks, also where one was cropped, framed or written on.

    1. frame      a uniform frame is cut off                                                  near/frame.py
    2. descriptor 64 numbers of the thumbnail's detail, of its parts, in 8 positions          near/descriptor.py
    3. search     the nearest of each in a forest of random projection trees, n log n         near/forest.py, near/search.py
    4. alignment  scale and shift that lay one on the other, by Gauss–Newton                  near/alignment.py
    5. proof      their details correlate, and the map is one that an edit makes              near/proof.py
    6. groups     whatever is joined by a chain of copies is one group

Each picture is compared with its nearest few only, so that 5,000 frames of one scene are linear work; a chain joins them all.
Figures: docs/decisions/0019-near-duplicates.md. Not looked for: copies turned by other angles than quarters, cropped by more than a fifth.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
import numpy.typing as npt

from vitreous.data.near.pairs import near_pairs

IntArray = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Duplicates:
    """`group` [N] holds a number for each picture, the same for copies; `exact` and `near` list the indices of copies, ascending.

    Pictures in one list of `exact` have the same bytes. Each list of `near` is a whole group in which at least two files differ.
    """

    group: IntArray
    exact: list[list[int]]
    near: list[list[int]]


def find_duplicates(keys: Sequence[bytes], thumbnails: npt.NDArray[np.uint8]) -> Duplicates:
    """Groups of copies among N pictures, from the hash of each file and a grey thumbnail, uint8 [N, 32, 32].

    Flat pictures (an empty page, a clear sky) are joined only when their bytes or thumbnails are equal.
    """
    if len(keys) != len(thumbnails):
        raise ValueError(f"find_duplicates: {len(keys)} keys and {len(thumbnails)} thumbnails; one of each per picture is needed")
    if len(thumbnails) == 0:
        return Duplicates(np.zeros(0, dtype=np.intp), [], [])
    same_bytes = _first_of_equals(keys)
    same_looks = _first_of_equals([blake2b(picture.tobytes(), digest_size=16).digest() for picture in thumbnails])
    everyone = np.arange(len(keys))
    alone = np.flatnonzero((same_looks == everyone) & (same_bytes == everyone))
    left, right = near_pairs(thumbnails, alone)
    edges = (np.concatenate([everyone, everyone, left]), np.concatenate([same_bytes, same_looks, right]))
    group = connected(len(keys), *edges)
    exact = _lists(same_bytes)
    near = [members for members in _lists(group) if len(set(same_bytes[members].tolist())) > 1]
    return Duplicates(group, exact, near)


def connected(count: int, left: IntArray, right: IntArray) -> IntArray:
    """Numbers [count] of the connected parts of a graph with the edges left[i] – right[i], in the order in which they begin."""
    # Union-find. scipy has it too, but would take 0.3 s to import, for what is done here in 0.05 s at 50,000 pictures.
    parent = list(range(count))

    def root(index: int) -> int:
        while parent[index] != index:
            parent[index] = index = parent[parent[index]]
        return index

    joins = left != right
    for one, other in zip(left[joins].tolist(), right[joins].tolist(), strict=True):
        low, high = sorted((root(one), root(other)))
        parent[high] = low
    return np.asarray(np.unique([root(index) for index in range(count)], return_inverse=True)[1], dtype=np.intp)


def _first_of_equals(values: Sequence[bytes]) -> IntArray:
    """For each value the index at which it is first seen."""
    seen: dict[bytes, int] = {}
    return np.array([seen.setdefault(value, index) for index, value in enumerate(values)], dtype=np.intp)


def _lists(group: IntArray) -> list[list[int]]:
    """The indices of every group of at least two, ordered by the first index."""
    order = np.argsort(group, kind="stable")
    parts = np.split(order, np.flatnonzero(np.diff(group[order])) + 1)
    return sorted(part.tolist() for part in parts if len(part) > 1)
