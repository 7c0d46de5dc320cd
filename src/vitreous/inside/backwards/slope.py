"""How much the numbers of one value change with a number before it."""

from dataclasses import dataclass

import numpy as np

from vitreous.inside.place import Place
from vitreous.layers.window import Array


@dataclass(frozen=True, eq=False)
class Met:
    """Where slopes are numbers of a value: its name and their full places [T, axes] in it; −1 is padding."""

    value: str
    places: Array


@dataclass(frozen=True, eq=False)
class Slopes:
    """`output`: the value; `places` [T, axes]: full places in it; `slopes` [T]; `rule` says in words what they are; `met`: where they stand.

    No places: the operator mixes too many numbers for it to be written out.
    """

    output: str
    kind: str
    rule: str
    places: Array
    slopes: Array
    met: Met | None = None


def places_that_spread_to(place: Place, small: tuple[int, ...], large: tuple[int, ...]) -> Array:
    """All places [T, axes] of a value that the number at `place` of a smaller one is spread (broadcast) over."""
    aligned = (0,) * (len(large) - len(small)) + tuple(place)
    sizes = (1,) * (len(large) - len(small)) + small
    if not large:
        return np.zeros((1, 0), np.int64)
    ranges = [range(wide) if size == 1 else (at,) for at, size, wide in zip(aligned, sizes, large, strict=True)]
    grid: Array = np.stack(np.meshgrid(*ranges, indexing="ij"), -1).reshape(-1, len(large))
    return grid
