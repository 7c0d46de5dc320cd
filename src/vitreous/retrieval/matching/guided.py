"""A rough homography made exact, and what speaks for it: B is drawn as it should lie in A, and the two are compared cell by cell.

In the part of A that both show, each cell of A looks for its own among the cells of B nearby; a homography through the small shifts that are
found (between cells, by a parabola) corrects the first. What is left is checked against the whole part: for how many cells is the place that the
homography says the most alike of all?
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vitreous.retrieval.matching.homography import Floats, consensus, corners_of, moved
from vitreous.retrieval.matching.maps import Cells, Mapper
from vitreous.retrieval.matching.neighbours import mutual, whitening
from vitreous.retrieval.matching.picture import Picture

_MARGIN = 0.04  # of the shared part, drawn around it
_LEAST_CELLS = 12


@dataclass(frozen=True, eq=False)
class Frame:
    """The part of A that both show, as a canvas of `size`: `to_a` [3, 3] takes its pixels to A. Cells [n, C] of A and of B drawn into it, at the
    places [n, 2] of the canvas and grid positions [n, 2]; `shape` of the grid. `cell`: pixels of the canvas from one to the next."""

    to_a: Floats
    size: int
    A: Cells
    B: Cells
    places: Floats
    grid: NDArray[np.intp]
    shape: tuple[int, int]
    cell: float


def frame(A: Picture, B: Picture, H: Floats, mapper: Mapper, size: int) -> Frame | None:
    """None where they share too little of A to compare."""
    corners = moved(H, corners_of(*B.size))
    low, high = np.maximum(corners.min(0), 0), np.minimum(corners.max(0), A.size)
    side = float((high - low).max())
    if not np.all(high - low > 0) or side < 4:
        return None
    side *= 1 + 2 * _MARGIN
    M = np.eye(3)
    M[0, 0] = M[1, 1] = side / size
    M[:2, 2] = (low + high) / 2 - side / 2
    to_b = np.linalg.inv(H) @ M
    drawn = [A.drawn(M, size), B.drawn(to_b, size)]
    maps = np.concatenate([mapper.maps(each[None]) for each in drawn])
    centres = mapper.centres(maps.shape[1:3])
    edge = mapper.stride / 2
    shared = _inside(centres, M, A, edge * side / size) & _inside(centres, to_b, B, edge * side / size * _steps(H, B))
    if np.count_nonzero(shared) < _LEAST_CELLS:
        return None
    rows = np.argwhere(shared)
    return Frame(M, size, maps[0][shared], maps[1][shared], centres[shared], rows, maps.shape[1:3], float(mapper.stride))


def corrected(H: Floats, shared: Frame, reach: int) -> Floats | None:
    """H, corrected by shifts of up to `reach` cells; None where they do not agree on a homography."""
    white = whitening(shared.A, shared.B)
    X, Y = white.directions(shared.A), white.directions(shared.B)
    height, width = shared.shape
    alike = np.full((2 * reach + 1, 2 * reach + 1, len(X)), -np.inf, np.float32)
    lookup = np.full((height + 2 * reach, width + 2 * reach), -1)
    lookup[shared.grid[:, 0] + reach, shared.grid[:, 1] + reach] = np.arange(len(Y))
    for dy in range(2 * reach + 1):
        for dx in range(2 * reach + 1):
            other = lookup[shared.grid[:, 0] + dy, shared.grid[:, 1] + dx]
            there = other >= 0
            alike[dy, dx, there] = np.einsum("nc,nc->n", X[there], Y[other[there]])
    best = alike.reshape(-1, len(X)).argmax(0)
    dy, dx = np.divmod(best, 2 * reach + 1)
    fine = np.stack([_between(alike, dy, dx, 1), _between(alike, dy, dx, 0)], -1)
    shift = (np.stack([dx, dy], -1) - reach + fine) * shared.cell
    # a cell of A, and the place in B's drawing where its like is found
    found = consensus(shared.places + shift, shared.places, 0.75 * shared.cell)
    if found is None:
        return None
    D, _ = found
    new: Floats = shared.to_a @ D @ np.linalg.inv(shared.to_a) @ H
    return np.asarray(new / new[2, 2])


@dataclass(frozen=True)
class Agreement:
    """What speaks for a homography. Of `cells` that both pictures show, the `share` whose like in all of the shared part is where the homography
    says, within a cell; `alike`: the mean cosine of the cells that it puts together, above that of any two."""

    cells: int
    share: float
    alike: float

    @property
    def surprise(self) -> float:
        """As for votes: of n cells k agree, where 9 of n would be right by chance."""
        k, expected = self.share * self.cells, min(9.0, self.cells)
        return k * float(np.log(k / expected)) - (k - expected) if k > expected else 0.0


def agreement(shared: Frame) -> Agreement:
    """Of the homography by which B was drawn into the frame."""
    white = whitening(shared.A, shared.B)
    X, Y = white.directions(shared.A), white.directions(shared.B)
    alike = X @ Y.T
    right = [np.abs(shared.grid[found] - shared.grid).max(1) <= 1 for found in (alike.argmax(1), alike.argmax(0))]
    return Agreement(len(X), float(np.mean(right)), float(np.diagonal(alike).mean() - alike.mean()))


def agreeing(H: Floats, shared: Frame) -> tuple[Floats, Floats]:
    """Places of A and of B, [K, 2] each, in pixels of the pictures: cells that are each other's nearest and at most a cell apart."""
    white = whitening(shared.A, shared.B)
    i, j = mutual(white.directions(shared.A), white.directions(shared.B))
    near = np.abs(shared.grid[i] - shared.grid[j]).max(1) <= 1
    return moved(shared.to_a, shared.places[i[near]]), moved(np.linalg.inv(H) @ shared.to_a, shared.places[j[near]])


def _between(alike: NDArray[np.float32], dy: NDArray[np.intp], dx: NDArray[np.intp], axis: int) -> Floats:
    """Where between cells the top of a parabola through the best and its two neighbours lies, −0.5 to 0.5; 0 at the rim."""
    number, at = np.arange(alike.shape[2]), (dy, dx)[axis]
    last = alike.shape[0] - 1
    rim = (at == 0) | (at == last)

    def near(step: int) -> NDArray[np.float32]:
        moved = np.clip(at + step, 0, last)
        return alike[moved, dx, number] if axis == 0 else alike[dy, moved, number]

    low, top, high = near(-1), near(0), near(1)
    with np.errstate(invalid="ignore", divide="ignore"):
        offset = 0.5 * (low - high) / (low - 2 * top + high)
    return np.where(rim | ~np.isfinite(offset), 0.0, np.clip(np.nan_to_num(offset), -0.5, 0.5)).astype(np.float64)


def _inside(centres: Floats, M: Floats, picture: Picture, edge: float) -> NDArray[np.bool_]:
    """Which of the places of the canvas lie in the picture, not at its edge and not beyond the horizon."""
    places = moved(M, centres)
    w = M[2, 0] * centres[..., 0] + M[2, 1] * centres[..., 1] + M[2, 2]
    middle = M[2] @ np.append(centres.reshape(-1, 2).mean(0), 1.0)
    return np.asarray(np.all((places > edge) & (places < np.array(picture.size) - edge), -1) & (w * middle > 0))


def _steps(H: Floats, B: Picture) -> float:
    """Pixels of B for a pixel of A, along a side."""
    x, y = moved(H, corners_of(*B.size)).T
    area = float(abs(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2)
    return float(np.sqrt(B.width * B.height / max(area, 1e-9)))
