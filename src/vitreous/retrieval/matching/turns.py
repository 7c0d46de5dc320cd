"""The turns and scales in which pictures are compared: a network's maps follow neither.

Of one picture every turn by 30°, plain and mirrored, at three scales; of the other the three scales. So any turn is met within 15°, and any
scale from half to double within a factor of 1.2. What a turn shows lies within a circle, so a canvas as wide as the picture's diagonal holds all.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vitreous.retrieval.matching.homography import Floats, moved
from vitreous.retrieval.matching.maps import Cells, Mapper
from vitreous.retrieval.matching.picture import Picture

CANVASES = (224, 160, 112)  # pixels
TURNS = 12
_EDGE = 4.0  # pixels of the canvas: a cell nearer to the picture's edge shows the edge


@dataclass(frozen=True, eq=False)
class View:
    """Cells [N, C] of a picture in one turn and scale: where they are in the picture, [N, 2], `spacing` its pixels from one to the next.
    `linear` [2, 2] takes steps on the canvas to steps in the picture."""

    cells: Cells
    places: Floats
    linear: Floats
    spacing: float
    turn: int
    mirrored: bool
    scale: int

    def __len__(self) -> int:
        return len(self.cells)


def scales(picture: Picture, mapper: Mapper) -> list[View]:
    """The picture as it stands, at each scale."""
    return [next(_views(picture, mapper, scale, [(0, False)])) for scale in range(len(CANVASES))]


def turned(picture: Picture, mapper: Mapper, mirrored: bool) -> list[View]:
    """The picture in every turn, at each scale."""
    ways = [(turn, mirrored) for turn in range(TURNS)]
    return [view for scale in range(len(CANVASES)) for view in _views(picture, mapper, scale, ways)]


def _views(picture: Picture, mapper: Mapper, scale: int, ways: list[tuple[int, bool]]) -> Iterator[View]:
    size = CANVASES[scale]
    placings = [_placing(picture, size, 2 * np.pi * turn / TURNS, mirrored) for turn, mirrored in ways]
    canvases: NDArray[np.uint8] = np.stack([picture.drawn(M, size) for M in placings])
    for M, maps, (turn, mirrored) in zip(placings, mapper.maps(canvases), ways, strict=True):
        places = moved(M, mapper.centres(maps.shape[:2]))
        edge = _EDGE * picture.diagonal / size
        inside = np.all((places > edge) & (places < np.array(picture.size) - edge), -1)
        yield View(maps[inside], places[inside], M[:2, :2], mapper.stride * picture.diagonal / size, turn, mirrored, scale)


def _placing(picture: Picture, size: int, angle: float, mirrored: bool) -> Floats:
    """What takes a pixel of the canvas to the picture: its middle to the middle, its side to the diagonal."""
    factor, c, s = picture.diagonal / size, np.cos(angle), np.sin(angle)
    linear = factor * np.array([(c, -s), (s, c)])
    if mirrored:
        linear = np.diag([-1.0, 1.0]) @ linear
    M = np.eye(3)
    M[:2, :2] = linear
    M[:2, 2] = np.array(picture.size) / 2 - linear @ (size / 2, size / 2)
    return M
