"""From thumbnails to pairs that are copies: cut frames, search, align, prove.

Aligning takes most of the time, so it goes in stages, the first ones at half size, and a pair is given up as soon as it can hardly be proven
any more: of 100,000 pictures one pair in five reaches the last stage.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from vitreous.data.near.alignment import Band, aligned
from vitreous.data.near.descriptor import SIDE, SYMMETRIES, WINDOWS, placed, window_map
from vitreous.data.near.forest import IntArray
from vitreous.data.near.frame import BoolArray, FloatArray, without_frame
from vitreous.data.near.proof import fitting, proven
from vitreous.data.near.search import Pairs, alike

FLAT = 1.5  # grey levels of detail, root mean square: below it, rounding decides how details correlate
_BLOCK = 512  # pairs at a time: 512 · 1,024 pixels · 4 bytes are 2 MB an array
_AT_ONCE = 4  # blocks; each takes about 30 MB


@dataclass(frozen=True)
class _Stage:
    """Steps of alignment, and what a pair must have then to be looked at further.

    `whole`, `marked`: one of the two correlations (see `proof`); `overhang` in pixels of the full size and `unequal` as there.
    """

    band: Band
    steps: int
    whole: float
    marked: float
    overhang: float
    unequal: float


_ROUGH, _FINE = Band(0.8, 2.5, SIDE // 2), Band(0.8, 3.5, SIDE)
_STAGES = [
    _Stage(_ROUGH, 2, 0.86, 0.93, 2.2, 0.13),
    _Stage(_ROUGH, 2, 0.91, 0.97, 1.5, 0.12),
    _Stage(_FINE, 1, 0.86, 0.95, 1.2, 0.12),
]
_LAST_STEPS = 3
_MAPS = np.array([(scale, down, scale, across) for scale, across, down in map(window_map, WINDOWS)], dtype=np.float32)


def near_pairs(thumbnails: npt.NDArray[np.uint8], among: IntArray) -> tuple[IntArray, IntArray]:
    """Pairs of near copies among those of these indices, as two arrays of indices. Flat pictures are in none."""
    # numpy gives up the interpreter's lock in all that takes time here
    with ThreadPoolExecutor(min(_AT_ONCE, os.cpu_count() or 1), "copies") as pool:
        blocks = [slice(start, start + _BLOCK) for start in range(0, len(among), _BLOCK)]
        detail = list(pool.map(lambda block: _detail(thumbnails[among[block]]), blocks))
        chosen = among[np.concatenate([*detail, np.zeros(0, np.float32)]) >= FLAT]
        if len(chosen) < 2:
            return chosen[:0], chosen[:0]
        pictures = thumbnails[chosen]
        list(pool.map(partial(_cut_frames, pictures), blocks))
        pairs = alike(pictures, pool)
        parts = [slice(start, start + _BLOCK) for start in range(0, len(pairs.left), _BLOCK)]
        same = list(pool.map(partial(_same, pictures, pairs), parts))
    kept = np.flatnonzero(np.concatenate([*same, np.zeros(0, np.bool_)]))
    return chosen[pairs.left[kept]], chosen[pairs.right[kept]]


def _cut_frames(pictures: npt.NDArray[np.uint8], block: slice) -> None:
    """In place: a copy of all is large."""
    pictures[block] = without_frame(pictures[block])


def _same(pictures: npt.NDArray[np.uint8], pairs: Pairs, part: slice) -> BoolArray:
    symmetry = pairs.symmetry[part]
    one = pictures[pairs.left[part]]
    for number in np.unique(symmetry):
        chosen = symmetry == number
        one[chosen] = placed(one[chosen], SYMMETRIES[number])
    a, b = one.astype(np.float32), pictures[pairs.right[part]].astype(np.float32)
    place, still = _MAPS[pairs.window[part]], np.arange(len(a))
    for stage in _STAGES:
        place, kept = _after(stage, a[still], b[still], place)
        place, still = place[kept], still[kept]
    same = np.zeros(len(a), np.bool_)
    same[still] = proven(a[still], b[still], aligned(a[still], b[still], place, _FINE, _LAST_STEPS))
    return same


def _after(stage: _Stage, a: FloatArray, b: FloatArray, place: FloatArray) -> tuple[FloatArray, BoolArray]:
    """The maps after a stage, and which pairs are worth the next one."""
    size = np.ones(4, np.float32)
    if stage.band.side < SIDE:
        a, b, size = _halved(a), _halved(b), np.array([1, 0.5, 1, 0.5], np.float32)
    place = aligned(a, b, place * size, stage.band, stage.steps)
    return place / size, fitting(a, b, place, stage.band, (stage.whole, stage.marked), stage.overhang * size[1], stage.unequal)


def _halved(pictures: FloatArray) -> FloatArray:
    return np.asarray(_HALF @ pictures @ _HALF.T)


def _detail(thumbnails: npt.NDArray[np.uint8]) -> FloatArray:
    """The root mean square of what is left when a 5×5 mean is taken off: [N]."""
    values = thumbnails.astype(np.float32)
    detail = values - _MEAN @ values @ _MEAN.T
    return np.asarray(np.sqrt(np.einsum("nyx,nyx->n", detail, detail) / SIDE**2))


_MEAN = np.array([[max(0, 1 - abs(i - j) // 3) for j in range(32)] for i in range(32)], dtype=np.float32)
_MEAN /= _MEAN.sum(axis=1, keepdims=True)
_HALF = np.repeat(np.eye(SIDE // 2, dtype=np.float32), 2, axis=1) / 2
