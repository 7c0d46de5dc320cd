"""Groups of pictures that lie together on the map: hills of its density, each with the valleys around it as its border.

1. density    how many pictures lie around each, as a sum of Gaussians, as wide as a given share of the map, and wide enough to hold some
2. ascent     each picture goes to the densest of its nearest on the map, up to a summit
3. merging    a summit that rises little above the pass to a higher one belongs to that one: persistence, as in ToMATo (Chazal, Guibas, Oudot
              and Skraba, "Persistence-based clustering in Riemannian manifolds", 2013)

4. strays     what is too small to be named goes to the group of the nearest picture

So their number is not asked for, and every picture is in one of them. What lies apart is told by map/outliers.py, not here.
"""

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from vitreous.retrieval.map.neighbours import Floats, Ints, nearest

# As a share of the map's side; and by how much a summit must rise above the pass.
WIDTH, RISE = 0.025, 0.15
_CELLS = 256
_NEAREST = 10
_HELD = 15  # pictures that a Gaussian holds, were they spread evenly: of fewer, chance makes hills
_LEAST, _LEAST_SHARE = 5, 1 / 500  # of a group


def clusters(positions: npt.NDArray[np.float64]) -> Ints:
    """The number of each picture's cluster, int [N]; 0 has the most pictures."""
    count = len(positions)
    if count < 2 * _LEAST:
        return np.zeros(count, np.intp)
    density = densities(positions)
    near = nearest(positions.astype(np.float32), _NEAREST).index
    return _by_size(_without_strays(_merged(density, near), positions))


def densities(positions: npt.NDArray[np.float64]) -> Floats:
    """At each picture, up to a factor: float32 [N]."""
    low = positions.min(axis=0)
    span = float((positions.max(axis=0) - low).max()) or 1.0
    at = (positions - low) / span * (_CELLS - 1)
    grid = np.histogram2d(at[:, 0], at[:, 1], bins=_CELLS, range=[[-0.5, _CELLS - 0.5]] * 2)[0]
    width = max(WIDTH, np.sqrt(_HELD / (2 * np.pi * len(positions))))
    smooth = ndimage.gaussian_filter(grid, width * _CELLS, mode="constant")
    return np.asarray(ndimage.map_coordinates(smooth, at.T, order=1, mode="nearest"), np.float32)


def _merged(density: Floats, near: Ints) -> Ints:
    """The summit of each picture, by its number: pictures are taken from the densest on, and joined to those that are there already."""
    order = np.lexsort((np.arange(len(density)), -density))
    rank = np.empty(len(order), np.intp)
    rank[order] = np.arange(len(order))
    parent = list(range(len(order)))
    heights, ranks, around = density.tolist(), rank.tolist(), near.tolist()

    def root(one: int) -> int:
        while parent[one] != one:
            parent[one] = one = parent[parent[one]]
        return one

    for one in order.tolist():
        higher = sorted((other for other in around[one] if ranks[other] < ranks[one]), key=ranks.__getitem__)
        if not higher:
            continue
        parent[one] = summit = root(higher[0])
        for other in higher[1:]:
            low, high = sorted((summit, root(other)), key=lambda each: -ranks[each])
            # `one` is on the pass between both
            if low != high and heights[low] * (1 - RISE) < heights[one]:
                parent[low] = high
            summit = root(one)
    return np.array([root(one) for one in range(len(parent))], np.intp)


def _without_strays(group: Ints, positions: npt.NDArray[np.float64]) -> Ints:
    from scipy.spatial import cKDTree

    _, number, counts = np.unique(group, return_inverse=True, return_counts=True)
    small = counts[number] < max(_LEAST, _LEAST_SHARE * len(group))
    if not small.any() or small.all():
        return np.zeros_like(group) if small.all() else group
    _, closest = cKDTree(positions[~small]).query(positions[small])
    joined = group.copy()
    joined[small] = group[~small][closest]
    return joined


def _by_size(group: Ints) -> Ints:
    """Numbers from 0, the largest group first, of equally large ones that with the first picture."""
    _, first, number, counts = np.unique(group, return_index=True, return_inverse=True, return_counts=True)
    place = np.empty(len(counts), np.intp)
    place[np.lexsort((first, -counts))] = np.arange(len(counts))
    return np.asarray(place[number], np.intp)
