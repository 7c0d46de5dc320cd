"""The patch of a picture that a number sees, and what in it excites the number: its guided gradient (`layers.guided`).

Only the part of the picture that the number sees is walked through, cut so that every window of every layer falls on the same pixels as in
the whole picture: rows and columns are left off above, and below, in whole steps of the stage. So the gradient is that of the whole picture;
for an early stage it costs a hundredth. A network that is tied to the size of its pictures, by a reshape or by numbers for each place, is walked
through whole.
"""

from dataclasses import dataclass

import numpy as np

from vitreous.inside.strongest.points import Point
from vitreous.layers.guided import GUIDED
from vitreous.layers.walk import Walk
from vitreous.layers.window import Array


@dataclass(frozen=True)
class Cut:
    """Which part of a picture is walked through: from `top`, `left` up to `bottom`, `right`, and the row and column of the number in there."""

    top: int
    left: int
    bottom: int
    right: int
    row: int
    column: int


class Evidence:
    """What in pictures of `side` pixels excites the channels of one point."""

    def __init__(self, walk: Walk, point: Point, side: int) -> None:
        self._point, self._side = point, side
        self._walk = before(walk, point.ranked)
        (self._input,) = walk.inputs
        self._whole = point.field is None or not _takes_any_size(self._walk)

    def of(self, picture: Array, channel: int, row: int, column: int) -> Array:
        """The guided gradient [h, w, 3] of one number in the pixels that it sees, of `picture` uint8 [S, S, 3]."""
        cut = self._cut(row, column)
        part = picture[None, cut.top : cut.bottom, cut.left : cut.right]
        values = self._walk.values({self._input: part})
        ranked = values[self._point.ranked]
        seed = np.zeros(ranked.shape, np.float32)
        self._point.upright(seed)[(0, channel, cut.row, cut.column)[: ranked.ndim]] = 1
        gradient = self._walk.gradients(values, {self._point.ranked: seed}, [self._input], GUIDED)[self._input][0]
        top, left, bottom, right = self._point.box(row, column, self._side)
        return np.asarray(gradient[top - cut.top : bottom - cut.top, left - cut.left : right - cut.left])

    def _cut(self, row: int, column: int) -> Cut:
        field = self._point.field
        if field is None or self._whole:
            return Cut(0, 0, self._side, self._side, row, column)
        top, left, bottom, right = self._point.box(row, column, self._side)
        (down, across) = field.stride
        return Cut(
            top - top % down, left - left % across, self._end(bottom, down), self._end(right, across), row - top // down, column - left // across
        )

    def _end(self, end: int, step: int) -> int:
        """The first pixel behind a part that ends at or after `end`: the picture's end less whole steps, so that padding stays what it is."""
        return self._side - (self._side - end) // step * step


def _takes_any_size(walk: Walk) -> bool:
    """Whether no node lays pictures flat or holds numbers for each place."""
    for node in walk.nodes:
        if node.kind in ("Reshape", "Flatten", "Squeeze", "Unsqueeze", "Expand", "Tile"):
            return False
        numbers = [walk.constants[name] for name in node.inputs if name in walk.constants and node.kind not in ("Conv", "Gemm", "MatMul")]
        if any(sum(size > 1 for size in each.shape) > 1 for each in numbers):
            return False
    return True


def before(walk: Walk, value: str) -> Walk:
    """The part of a network that makes a value, for pictures of any size."""
    needed, nodes = {value}, []
    for node in reversed(walk.nodes):
        if needed.intersection(node.outputs):
            nodes.append(node)
            needed.update(node.inputs)
    constants = {name: array for name, array in walk.constants.items() if name in needed}
    return Walk(nodes[::-1], constants, {name: [None] * len(shape) for name, shape in walk.inputs.items()}, {})
