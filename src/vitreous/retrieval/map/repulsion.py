"""How all pictures push each other apart, as work N + G log G on a grid of G nodes in place of N².

    F_i = Σ_j (y_i − y_j) / (1 + |y_i − y_j|²)²   over   Z = Σ_k≠l 1 / (1 + |y_k − y_l|²)

The kernels depend on the difference alone, so on a grid the sums are convolutions, by the Fourier transform (Linderman et al., "Fast
interpolation-based t-SNE", 2019). Between the nodes cubic B-splines are used, whose transform is divided out, as in the smooth particle mesh Ewald
method (Essmann et al. 1995): with nodes 0.4 apart the forces are within two per cent of the exact ones, in a sixth of the time that polynomials
in boxes take.
"""

import math
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy import fft, sparse

Positions = npt.NDArray[np.float64]

APART = 0.4  # of the nodes, in the units of the map
_AROUND = 4  # nodes along each axis that a point is spread over
_LEAST_SIDE, _MOST_SIDE = 32, 1200


def repulsion(y: Positions) -> Positions:
    """F / Z of the points [N, 2]: [N, 2]."""
    span = float(np.ptp(y, axis=0).max())
    # a map with far islands gets a coarser grid: twice, four times … as far apart
    apart = APART * 2 ** max(0, math.ceil(math.log2(max(span, 1e-9) / (APART * _MOST_SIDE))))
    at = (y - y.min(axis=0)) / apart + 1  # a node is needed below and two above each point
    side = fft.next_fast_len(max(_LEAST_SIDE, int(at.max()) + _AROUND), real=True)
    spread = _spread(at, side)
    charges = np.asarray(spread.sum(axis=0), np.float32).reshape(side, side)
    size = (2 * side, 2 * side)  # so far apart that what leaves at one end does not come in at the other
    fields = fft.irfft2(fft.rfft2(charges, size) * _kernels(side, apart), size)[:, :side, :side]
    felt = spread @ np.ascontiguousarray(fields.reshape(3, -1).T)  # [N, 3]
    total = float(felt[:, 2].sum(dtype=np.float64)) - len(y)  # less each point itself
    return np.asarray(felt[:, :2] / max(total, 1e-12), np.float64)


def _spread(at: Positions, side: int) -> sparse.csr_array:
    """The cubic B-splines of each point at the nodes around it: float32 [N, nodes], 16 in a row, 1 in all."""
    node = at.astype(np.intp)
    u = (at - node)[:, :, None]
    v = 1 - u
    parts = np.concatenate([v**3, 3 * u**3 - 6 * u**2 + 4, 3 * v**3 - 6 * v**2 + 4, u**3], axis=2) / 6  # [N, 2, 4]
    weights = (parts[:, 0, :, None] * parts[:, 1, None, :]).astype(np.float32)
    rows, columns = (node[:, axis, None] - 1 + np.arange(_AROUND) for axis in (0, 1))
    index = (rows[:, :, None] * side + columns[:, None, :]).astype(np.int32)
    ends = np.arange(len(at) + 1, dtype=np.int32) * _AROUND**2
    return sparse.csr_array((weights.reshape(-1), index.reshape(-1), ends), (len(at), side * side))


@lru_cache(maxsize=2)
def _kernels(side: int, apart: float) -> npt.NDArray[np.complex64]:
    """The transforms of both parts of the force and of 1 / (1 + d²), divided by those of spreading and of gathering."""
    steps = fft.fftfreq(2 * side, 1 / (2 * side)) * apart
    x, y = steps[:, None], steps[None, :]
    near = 1 / (1 + x**2 + y**2)
    # what is a whole grid away has no side that it pushes to
    kernels = np.stack([np.where(np.abs(x) < side * apart, x, 0) * near**2, np.where(np.abs(y) < side * apart, y, 0) * near**2, near])
    spline = (4 + 2 * np.cos(2 * np.pi * np.arange(2 * side) / (2 * side))) / 6
    smoothed = (spline[:, None] * spline[None, : side + 1]) ** 2
    return np.asarray(fft.rfft2(kernels) / smoothed, np.complex64)
