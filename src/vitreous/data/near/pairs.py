"""From thumbnails to pairs that are copies: cut frames, search, align, prove."""

import numpy as np
import numpy.typing as npt

from vitreous.data.near.alignment import Band, aligned
from vitreous.data.near.descriptor import SIDE, SYMMETRIES, WINDOWS, placed, window_map
from vitreous.data.near.forest import IntArray
from vitreous.data.near.frame import FloatArray, without_frame
from vitreous.data.near.proof import correlations, proven
from vitreous.data.near.search import Pairs, alike

FLAT = 1.5  # grey levels of detail, root mean square: below it, rounding decides how details correlate
_BLOCK = 512  # pairs at a time: 512 · 1,024 pixels · 4 bytes are 2 MB an array

ROUGHLY, MARKED_ROUGHLY = 0.91, 0.97  # correlations at half size that are worth a closer look

_ROUGH, _FINE = Band(0.8, 2.5, SIDE // 2), Band(0.8, 3.5, SIDE)
_STEPS = 4
_MAPS = np.array([(scale, down, scale, across) for scale, across, down in map(window_map, WINDOWS)], dtype=np.float32)


def near_pairs(thumbnails: npt.NDArray[np.uint8]) -> tuple[IntArray, IntArray]:
    """Pairs of near copies, as two arrays of indices. Flat pictures are in none."""
    chosen = np.flatnonzero(_detail(thumbnails) >= FLAT)
    if len(chosen) < 2:
        return chosen[:0], chosen[:0]
    pictures = without_frame(thumbnails[chosen])
    pairs = alike(pictures)
    same = [_same(pictures, pairs, slice(start, start + _BLOCK)) for start in range(0, len(pairs.left), _BLOCK)]
    kept = np.flatnonzero(np.concatenate([*same, np.zeros(0, np.bool_)]))
    return chosen[pairs.left[kept]], chosen[pairs.right[kept]]


def _same(pictures: npt.NDArray[np.uint8], pairs: Pairs, part: slice) -> npt.NDArray[np.bool_]:
    symmetry = pairs.symmetry[part]
    one = pictures[pairs.left[part]]
    for number in np.unique(symmetry):
        chosen = symmetry == number
        one[chosen] = placed(one[chosen], SYMMETRIES[number])
    a, b = one.astype(np.float32), pictures[pairs.right[part]].astype(np.float32)
    place, maybe = _roughly(_halved(a), _halved(b), _MAPS[pairs.window[part]])
    same = np.zeros(len(a), np.bool_)
    a, b, place = a[maybe], b[maybe], place[maybe]
    if len(maybe):
        same[maybe] = proven(a, b, aligned(a, b, place, _FINE, _STEPS))
    return same


def _roughly(a: FloatArray, b: FloatArray, place: FloatArray) -> tuple[FloatArray, IntArray]:
    """Maps from thumbnails of half the size, and which pairs are worth a closer look."""
    half = np.array([1, 0.5, 1, 0.5], np.float32)
    place = aligned(a, b, place * half, _ROUGH, _STEPS)
    whole, marked = correlations(a, b, place, _ROUGH)
    return place / half, np.flatnonzero((whole >= ROUGHLY) | (marked >= MARKED_ROUGHLY))


def _halved(pictures: FloatArray) -> FloatArray:
    return np.asarray(_HALF @ pictures @ _HALF.T)


def _detail(thumbnails: npt.NDArray[np.uint8]) -> FloatArray:
    """The root mean square of what is left when a 5×5 mean is taken off: [N]."""
    return np.concatenate([_block_detail(thumbnails[start : start + _BLOCK]) for start in range(0, len(thumbnails), _BLOCK)])


def _block_detail(thumbnails: npt.NDArray[np.uint8]) -> FloatArray:
    values = thumbnails.astype(np.float32)
    detail = values - _MEAN @ values @ _MEAN.T
    detail = detail.reshape(len(values), -1)
    return np.asarray(np.sqrt(np.einsum("np,np->n", detail, detail) / detail.shape[1]))


_MEAN = np.array([[max(0, 1 - abs(i - j) // 3) for j in range(32)] for i in range(32)], dtype=np.float32)
_MEAN /= _MEAN.sum(axis=1, keepdims=True)
_HALF = np.repeat(np.eye(SIDE // 2, dtype=np.float32), 2, axis=1) / 2
