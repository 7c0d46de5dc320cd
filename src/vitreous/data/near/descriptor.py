"""64 numbers that say how a picture looks, little changed by what an edit does to it.

    h = (g − G g) / sqrt(G (g − G g)² + 8²)     G: Gaussian mean of 3 pixels' width; contrast counts alike everywhere
    d = h at 8×8 places (overlapping triangles), less its mean, at length 1

Cosine similarity of two descriptors is what pictures are searched by. Descriptors of parts (`WINDOWS`) find what was cropped.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from vitreous.data.near.frame import FloatArray

SIDE = 32
LENGTH = 64
# Symmetries of a square, as (transpose, mirror up-down, mirror left-right). The first is the picture as it is.
SYMMETRIES = [(t, u, v) for t in (0, 1) for u in (0, 1) for v in (0, 1)]
# Parts of a picture, as (share of each side, place across, place down), a place between −1 and 1.
WINDOWS = [(1.0, 0, 0), (0.92, 0, 0), *((0.87, x, y) for y in (-1, 1) for x in (-1, 1))]

_PLACES = 8
_SIGMA = 3.0
_NOISE = 8.0


def gaussian(sigma: float, side: int = SIDE) -> FloatArray:
    """The matrix [side, side] of a Gaussian mean along one side; at the ends of what is there."""
    place = np.arange(side)
    weight = np.exp(-0.5 * ((place[:, None] - place) / sigma) ** 2)
    return np.asarray(weight / weight.sum(axis=1, keepdims=True), dtype=np.float32)


def window_map(window: tuple[float, float, float]) -> tuple[float, float, float]:
    """Scale and shifts (across, down) in pixels from the centre that lead from a part's pixels to those of the whole."""
    scale, across, down = window
    return scale, across * (1 - scale) * SIDE / 2, down * (1 - scale) * SIDE / 2


def placed(pictures: npt.NDArray[np.generic], symmetry: tuple[int, int, int]) -> npt.NDArray[np.generic]:
    transpose, up_down, left_right = symmetry
    pictures = pictures.swapaxes(1, 2) if transpose else pictures
    return pictures[:, :: -1 if up_down else 1, :: -1 if left_right else 1]


def descriptors(pictures: FloatArray) -> FloatArray:
    """Of pictures [N, 32, 32] and their parts: [N, len(WINDOWS), 64], each of length 1 (0 for a flat one)."""
    detail = pictures - _MEAN @ pictures @ _MEAN.T
    detail /= np.sqrt(_MEAN @ (detail * detail) @ _MEAN.T + _NOISE**2)
    pooled = (_POOLS @ detail @ _POOLS.T).reshape(len(pictures), len(_SPANS), _PLACES, len(_SPANS), _PLACES)
    found = np.stack([pooled[:, down, :, across] for down, across in _WHERE], axis=1).reshape(len(pictures), len(WINDOWS), LENGTH)
    found -= found.mean(axis=2, keepdims=True)
    return np.asarray(found / np.maximum(np.linalg.norm(found, axis=2, keepdims=True), 1e-6), dtype=np.float32)


def turned(found: npt.NDArray[Any], symmetry: tuple[int, int, int]) -> npt.NDArray[Any]:
    """The descriptors [N, 64] of pictures placed so, from those of the pictures as they are."""
    return np.ascontiguousarray(placed(found.reshape(-1, _PLACES, _PLACES), symmetry)).reshape(-1, LENGTH)


def _pool(span: tuple[float, float]) -> FloatArray:
    """The means at 8 places of a part of a side, given as its share and place: [8, 32]."""
    scale, shift, _ = window_map((*span, 0))
    centre = (SIDE - 1) / 2 + shift + (np.arange(_PLACES) - (_PLACES - 1) / 2) * scale * SIDE / _PLACES
    weight = np.maximum(0, 1 - np.abs(np.arange(SIDE) - centre[:, None]) * _PLACES / (SIDE * scale))
    return np.asarray(weight / weight.sum(axis=1, keepdims=True), dtype=np.float32)


_MEAN = gaussian(_SIGMA)
_SPANS = sorted({(scale, place) for scale, across, down in WINDOWS for place in (across, down)})
_WHERE = [(_SPANS.index((scale, down)), _SPANS.index((scale, across))) for scale, across, down in WINDOWS]
_POOLS = np.concatenate([_pool(span) for span in _SPANS])
