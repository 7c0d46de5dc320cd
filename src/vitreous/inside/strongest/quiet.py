"""Channels that say nothing: dead ones, never above zero in any picture, and saturated ones, at an end of their activation nearly everywhere.

How many places of how many pictures lie at the end is counted exactly, but only while it can still be nearly all: after one twentieth of
the pictures most channels have been elsewhere often enough, and are not looked at any more.
"""

import numpy as np
import numpy.typing as npt

from vitreous.inside.strongest.points import Point
from vitreous.layers.window import Array

NEARLY_ALL = 0.95


class Ends:
    """Counts places at the ends of an activation for one point. `pictures`: how many will come at most."""

    def __init__(self, point: Point, pictures: int) -> None:
        self._point = point
        channels, height, width = point.shape
        self._places = height * width
        self._allowed = (1 - NEARLY_ALL) * pictures * self._places
        self._at_end = np.zeros(channels, np.int64)
        self._elsewhere = np.zeros(channels, np.int64)
        self._open = np.full(channels, point.ends)

    def add(self, planes: Array, maxima: Array) -> None:
        """One picture: `planes` [C, H · W] of the ranked value, and their largest numbers."""
        if not self._open.any():
            return
        rows = np.flatnonzero(self._open)
        # without a lower end nothing of a plane is at an end if its largest number is not
        looked = rows if self._point.low > -np.inf else rows[maxima[rows] >= self._point.high]
        part = planes[looked]
        count = np.zeros(len(self._open), np.int64)
        count[looked] = ((part >= self._point.high) | (part <= self._point.low)).sum(1)
        self._at_end[rows] += count[rows]
        self._elsewhere[rows] += self._places - count[rows]
        self._open &= self._elsewhere <= self._allowed

    def saturated(self) -> dict[int, float]:
        """Channels with at least 95 % of their places at an end, with that share."""
        seen = self._at_end + self._elsewhere
        share: npt.NDArray[np.float64] = self._at_end / np.maximum(seen, 1)
        return {int(channel): float(share[channel]) for channel in np.flatnonzero(self._open & (seen > 0) & (share >= NEARLY_ALL))}
