"""Whether two aligned pictures are one: how their details correlate, and whether the map between them is one that an edit makes."""

import numpy as np

from vitreous.data.near.alignment import Band, swapped, warped
from vitreous.data.near.descriptor import SIDE
from vitreous.data.near.frame import BoolArray, FloatArray

ANYWHERE = 0.975  # correlation that proves a copy in whatever place
IN_PLACE = 0.95  # the same where neither was moved
PLAIN = 0.992  # of things on a plain ground, of which little but the outline is seen, in whatever place
MARKED = 0.975  # where neither was moved and the worst sixth of the area is left out

_UNMOVED = 0.35  # pixels at the corners
_OVERHANG = 0.6  # pixels
_SMALLEST, _UNEQUAL = 0.78, 0.07
_PLAIN = 3.0  # grey levels
_BLOCKS = 8
_DROPPED = 0.18
_BAND = Band(1.0, 2.5, SIDE)


def proven(a: FloatArray, b: FloatArray, place: FloatArray) -> BoolArray:
    """Whether each a is b, read at its map: [N]."""
    a, b, place = swapped(a, b, place)
    whole, marked = _correlations(a, b, place, _BAND)
    unmoved = (np.abs(place[:, 1::2]) + SIDE / 2 * np.abs(1 - place[:, ::2]) <= _UNMOVED).all(axis=1)
    agree = (whole >= ANYWHERE) | unmoved & ((whole >= IN_PLACE) | (marked >= MARKED))
    plain = _on_plain_ground(a) & _on_plain_ground(b)
    agree = np.where(plain, whole >= PLAIN, agree)
    return np.asarray(agree & _edited(place, SIDE, _OVERHANG, _UNEQUAL, _SMALLEST))


def _on_plain_ground(pictures: FloatArray) -> BoolArray:
    """Whether most of the outermost pixels are of one grey."""
    ring = np.concatenate([pictures[:, 0], pictures[:, -1], pictures[:, :, 0], pictures[:, :, -1]], axis=1)
    return np.asarray((np.abs(ring - np.median(ring, axis=1, keepdims=True)) <= _PLAIN).mean(axis=1) >= 0.6)


def fitting(a: FloatArray, b: FloatArray, place: FloatArray, band: Band, least: tuple[float, float], overhang: float, unequal: float) -> BoolArray:
    """Whether each a may still turn out to be b: [N]. `least`: one of the two correlations; `overhang` in pixels of a."""
    a, b, place = swapped(a, b, place)
    result = _edited(place, band.side, overhang, unequal, _SMALLEST - 0.015)
    chosen = np.flatnonzero(result)
    whole, marked = _correlations(a[chosen], b[chosen], place[chosen], band)
    result[chosen] = (whole >= least[0]) | (marked >= least[1])
    return result


def _edited(place: FloatArray, side: int, overhang: float, unequal: float, smallest: float) -> BoolArray:
    """Whether an edit makes such a map: what was kept lies inside, and is not much smaller, and both sides shrank alike."""
    scales, shifts = place[:, ::2], place[:, 1::2]
    inside = (np.abs(shifts) - side / 2 * (1 - scales) <= overhang).all(axis=1)
    return np.asarray(inside & (scales >= smallest).all(axis=1) & (np.abs(np.log(scales[:, 0] / scales[:, 1])) <= unequal))


def _correlations(a: FloatArray, b: FloatArray, place: FloatArray, band: Band) -> tuple[FloatArray, FloatArray]:
    """Of the details in all the overlap, and without the blocks that disagree most: [N] each."""
    one, (other, inside) = band(a), warped(b, place)
    other = band(other)
    cross, own, others = (_blocks(values * inside) for values in (one * other, one * one, other * other))
    gain = np.sqrt(own.sum(1) / np.maximum(others.sum(1), 1e-6))[:, None]
    lost = own + gain**2 * others - 2 * gain * cross
    limit = np.sort(lost, axis=1)[:, int((1 - _DROPPED) * _BLOCKS**2)][:, None]
    kept = lost <= limit
    return _ratio(cross, own, others), _ratio(cross * kept, own * kept, others * kept)


def _ratio(cross: FloatArray, own: FloatArray, others: FloatArray) -> FloatArray:
    return np.asarray(cross.sum(1) / np.sqrt(np.maximum(own.sum(1) * others.sum(1), 1e-6)))


def _blocks(values: FloatArray) -> FloatArray:
    """The sums of 8×8 blocks: [N, 64]."""
    gather = np.repeat(np.eye(_BLOCKS, dtype=np.float32), values.shape[1] // _BLOCKS, axis=1)
    return np.asarray(gather @ values @ gather.T, np.float32).reshape(-1, _BLOCKS**2)
