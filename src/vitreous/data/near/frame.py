"""A uniform frame round a picture, found on its thumbnail and cut off, so that a framed copy looks like its original.

A thumbnail pixel is a mean over two pixels' width, so a frame that ends between two pixels shades into the content. Of a row that is
mixed, the share of content is how far it is from the frame's colour, against the first row of content alone:

    frame = K − Σ min(1, |row k − colour| / |row K − colour|)     over the rows k before K

which is exact where the content goes on as it begins. A frame is one where all four sides have it, in the same colour.
"""

from typing import TypeVar

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]
BoolArray = npt.NDArray[np.bool_]
Pixels = TypeVar("Pixels", np.uint8, np.float32)

_TOLERANCE = 6.0  # grey levels within a frame
_WIDEST = 6  # pixels of a side
_MIXED, _CONTRAST = 0.35, 12.0  # a frame of about one pixel: at most this share of content in it, content this far from its colour
_MARGIN = 0.4  # pixels of content cut off with it, so that no trace of the frame is left
_BLOCK = 2048


def without_frame(thumbnails: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """The thumbnails, where there is a frame the content alone, enlarged to the same size: uint8 [N, S, S]."""
    framed = np.flatnonzero(_may_be_framed(thumbnails))
    if not len(framed):
        return thumbnails
    result = np.array(thumbnails)
    for start in range(0, len(framed), _BLOCK):
        chosen = framed[start : start + _BLOCK]
        result[chosen] = _cut(thumbnails[chosen].astype(np.float32))
    return result


def _may_be_framed(thumbnails: npt.NDArray[np.uint8]) -> BoolArray:
    """Whether the outermost pixels are alike all round, or at least more than those two further in."""
    rings = [_ring(thumbnails, depth) for depth in (0, 2)]
    outer, inner = (np.stack([side.astype(np.float32).std(axis=1) for side in ring]) for ring in rings)
    return np.asarray((outer <= np.maximum(_TOLERANCE, _MIXED * inner)).all(axis=0))


def _ring(thumbnails: npt.NDArray[Pixels], depth: int) -> list[npt.NDArray[Pixels]]:
    last = -1 - depth
    return [thumbnails[:, depth], thumbnails[:, last], thumbnails[:, :, depth], thumbnails[:, :, last]]


def _cut(pictures: FloatArray) -> npt.NDArray[np.uint8]:
    side = pictures.shape[1]
    colour = np.median(np.concatenate(_ring(pictures, 0), axis=1), axis=1)
    away = np.abs(pictures - colour[:, None, None])
    turned = away.swapaxes(1, 2)
    found = [_depth(each) for each in (away, away[:, ::-1], turned, turned[:, ::-1])]
    everywhere = np.all([there for _, there in found], axis=0)
    top, bottom, left, right = (np.where(everywhere, depth + _MARGIN, 0) for depth, _ in found)
    rows, columns = _resampling(top, side - bottom, side), _resampling(left, side - right, side)
    return np.asarray((rows @ pictures @ columns.swapaxes(1, 2) + 0.5).clip(0, 255).astype(np.uint8))


def _depth(away: FloatArray) -> tuple[FloatArray, BoolArray]:
    """How many rows from the top are frame, in fractions, and whether there is one: [N] each. `away`: from the frame's colour."""
    away = away[:, : _WIDEST + 3]
    plain = np.cumprod(away.max(axis=2) <= _TOLERANCE, axis=1).sum(axis=1)
    short = np.minimum(plain, _WIDEST)
    each, size = np.arange(len(away)), np.sqrt((away**2).mean(axis=2))
    content = np.maximum(np.maximum(size[each, short + 1], size[each, short + 2]), 1e-3)
    mixed = np.minimum(1, size[each, short] / content) + np.minimum(1, size[each, short + 1] / content)
    thin = (plain == 0) & (size[:, 0] <= _MIXED * content) & (content >= _CONTRAST)
    return np.asarray(short + 2 - mixed, dtype=np.float32), thin | ((plain >= 1) & (plain <= _WIDEST))


def _resampling(start: FloatArray, end: FloatArray, side: int) -> FloatArray:
    """Matrices [N, S, S] that enlarge the pixels from `start` to `end` to S pixels, between two neighbours by linear interpolation."""
    source = start[:, None] + (np.arange(side) + 0.5) * (end - start)[:, None] / side - 0.5
    return interpolation(source.astype(np.float32), side)


def interpolation(source: FloatArray, side: int) -> FloatArray:
    """Matrices [..., S, side] that read the positions `source` [..., S], in pixels, between two neighbours."""
    weight = np.subtract(source[..., None], np.arange(side, dtype=np.float32))
    np.abs(weight, out=weight)
    np.subtract(1, weight, out=weight)
    return np.maximum(weight, 0, out=weight)
