"""The nine pictures that excite each of many channels most, kept while pictures go by in any order.

A channel's excitement by a picture is its largest number in it, at the first such place in reading order. Of equally exciting pictures the
one that comes first in the data is the better. The tenth is kept too: where it is equal, which nine are shown is no more than their order.
So the nine are those of a search over all pictures and places, whatever the order of work.
"""

import numpy as np
import numpy.typing as npt

from vitreous.layers.window import Array

NINE = 9
_KEPT = NINE + 1
IntArray = npt.NDArray[np.int64]
_NONE = np.iinfo(np.int64).max


class Best:
    """`value` [channels, 10], falling; `picture` its number; `index` the place in the plane, counted through. −inf where there is none yet."""

    def __init__(self, channels: int) -> None:
        self.value = np.full((channels, _KEPT), -np.inf, np.float32)
        self.picture = np.full((channels, _KEPT), _NONE, np.int64)
        self.index = np.full((channels, _KEPT), -1, np.int64)

    def beaten(self, picture: int, maxima: Array) -> IntArray:
        """The channels in which a picture with these largest numbers [channels] is among the ten best so far."""
        last, earlier = self.value[:, -1], picture < self.picture[:, -1]
        return np.flatnonzero(((maxima > last) | ((maxima == last) & earlier)) & (maxima > -np.inf))

    def put(self, picture: int, rows: IntArray, maxima: Array, index: IntArray) -> None:
        """Sort a picture in, in these channels: their largest numbers and the places of them."""
        value = np.concatenate([self.value[rows], maxima[:, None]], 1)
        pictures = np.concatenate([self.picture[rows], np.full((len(rows), 1), picture)], 1)
        places = np.concatenate([self.index[rows], index[:, None]], 1)
        order = np.lexsort((pictures, -value), axis=1)[:, :_KEPT]
        for table, new in ((self.value, value), (self.picture, pictures), (self.index, places)):
            table[rows] = np.take_along_axis(new, order, 1)


def largest(planes: Array) -> Array:
    """The largest number of each plane [C, H · W], as [C]; what is no number does not count, −inf where there is nothing else."""
    found = planes.max(1)
    if np.isnan(found).any():
        found = np.where(np.isnan(planes), -np.inf, planes).max(1)
    return np.asarray(found, np.float32)


def first_place(planes: Array) -> IntArray:
    """The first place of the largest number of each plane [C, H · W], as [C]."""
    found = planes.argmax(1)
    if len(planes) and np.isnan(planes[np.arange(len(planes)), found]).any():
        found = np.where(np.isnan(planes), -np.inf, planes).argmax(1)
    return np.asarray(found, np.int64)
