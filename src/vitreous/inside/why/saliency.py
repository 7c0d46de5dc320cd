"""A map of a picture: what each part of it speaks for, or against, a score; and where the cells of the map lie in the picture.

A map is as fine as its method: a cell of a class activation map stands for where one number of the last feature map looks, a cell of
integrated gradients for one pixel. Cell (i, j) has its centre at origin + (i, j) · step, in pixels of the network's picture, where
pixel p reaches from p to p + 1.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitreous.inside.number import plain
from vitreous.inside.receptive_field import receptive_fields
from vitreous.inside.why.question import Question
from vitreous.layers.window import Array

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Saliency:
    """`values` [h, w]: above zero speaks for the score, below against it.  `said`: a sentence on how exact it
    is, and `facts` the same as numbers."""

    method: str
    values: Floats
    origin: tuple[float, float]
    step: tuple[float, float]
    said: str = ""
    facts: tuple[tuple[str, float], ...] = ()

    @property
    def peak(self) -> tuple[int, int]:
        """The cell that speaks most for the score, the first of equals."""
        row, column = np.unravel_index(int(self.values.argmax()), self.values.shape)
        return int(row), int(column)

    def box(self, cell: tuple[int, int]) -> tuple[float, float, float, float]:
        """The pixels of the network's picture that a cell stands for: x0, y0, x1, y1."""
        (y, x), (down, across) = (self.origin[k] + cell[k] * self.step[k] for k in (0, 1)), self.step
        return x - across / 2, y - down / 2, x + across / 2, y + down / 2

    def at_pixels(self, size: int) -> Floats:
        """The map at every pixel of a picture of `size` pixels a side, [S, S]: linear between the centres of cells."""
        from scipy.ndimage import map_coordinates

        places = [(np.arange(size) + 0.5 - self.origin[k]) / self.step[k] for k in (0, 1)]
        grid = np.meshgrid(*places, indexing="ij")
        return np.asarray(map_coordinates(self.values, grid, order=1, mode="nearest"), np.float64)

    def to_json(self) -> dict[str, Any]:
        x0, y0, x1, y1 = self.box(self.peak)
        return {
            "method": self.method,
            "map": [[plain(float(f"{number:.6g}")) for number in row] for row in self.coarse()],
            "peak": {"x0": x0, "y0": y0, "x1": x1, "y1": y1},
            **{name: plain(number) for name, number in self.facts},
        }

    def coarse(self, most: int = 28) -> Floats:
        """The map with at most `most` cells a side: means of cells, where there are more."""
        if max(self.values.shape) <= most:
            return self.values
        return cell_means(self.values, min(most, *self.values.shape))


def cell_means(values: Floats, cells: int) -> Floats:
    """Means of [H, W] over `cells` × `cells` parts that are as equal as can be, [cells, cells]."""
    edges = [cell_edges(size, cells) for size in values.shape]
    sums = np.add.reduceat(np.add.reduceat(values, edges[0][:-1], 0), edges[1][:-1], 1)
    return np.asarray(sums / np.outer(np.diff(edges[0]), np.diff(edges[1])))


def cell_edges(size: int, cells: int) -> NDArray[np.intp]:
    """Where `cells` parts of `size` pixels begin and end: [cells + 1]."""
    return np.rint(np.linspace(0, size, cells + 1)).astype(np.intp)


def over_maps(
    question: Question, value: str, axes: tuple[int, int], method: str, numbers: Array, weights: Array, said: str, **facts: float
) -> Saliency:
    """`numbers` [h, w] are of the places of the feature map `value`, whose rows and columns are its `axes`, with channels weighted by `weights` [C].

    A number of the last maps may see the whole picture, and need not look at the middle of what it sees. So the cells lie where the strongest
    of them looks: all are moved by the way from the middle of what that one sees to the centre of its squared gradient in the picture.
    """
    field = receptive_fields(question.walk, question.values).get(value)
    size, shape = question.size, numbers.shape
    if field is None:  # branches of unequal stride, or a gate that has seen everything: spread evenly
        step = size / shape[0], size / shape[1]
        origin = step[0] / 2, step[1] / 2
    else:
        step = float(field.stride[0]), float(field.stride[1])
        origin = field.offset[0] + field.size[0] / 2, field.offset[1] + field.size[1] / 2
    found = Saliency(method, np.asarray(numbers, np.float64), origin, step, said, tuple(facts.items()))
    looks = _looks_at(question, value, axes, found.peak, weights)
    if looks is not None:
        origin = looks[0] - found.peak[0] * step[0], looks[1] - found.peak[1] * step[1]
    return replace(found, origin=origin)


def _looks_at(question: Question, value: str, axes: tuple[int, int], cell: tuple[int, int], weights: Array) -> tuple[float, float] | None:
    """Row and column of the centre of what moves one cell, in pixels; None where nothing does."""
    seed = np.zeros(question.values[value].shape, np.float32)
    by_channel = np.moveaxis(seed[0], [axis - 1 for axis in axes], (1, 2))
    by_channel[:, cell[0], cell[1]] = weights
    gradient = question.walk.gradients(question.values, {value: seed}, [question.input])[question.input][0]
    force = np.square(gradient.astype(np.float64)).sum(-1)
    total = force.sum()
    if not total > 0:
        return None
    places = np.arange(question.size) + 0.5
    return float(force.sum(1) @ places / total), float(force.sum(0) @ places / total)


def spatial_axes(question: Question, value: str) -> tuple[int, int]:
    """Which axes of a feature map of four are rows and columns."""
    field = receptive_fields(question.walk, question.values).get(value)
    if field is not None and field.axes is not None:
        return field.axes
    shape = question.values[value].shape
    # behind a gate that has seen everything nothing is known: rows and columns are most often as many, and not as many as channels
    return (1, 2) if shape[1] == shape[2] != shape[3] else (2, 3)
