"""How one picture lies in another: scale and shift along each axis, by Gauss–Newton steps from a first guess.

Of A and B, band-passed thumbnails, B is read at x' = c + (x − c) s + t along each axis, so that g B(x') ≈ A. As A's own gradient
stands for that of B (inverse composition), the normal equations are 4×4 for the scales and shifts:

    J = [A_y (y − c)/c, A_y, Aₓ (x − c)/c, Aₓ],     Jᵀ W J δ = Jᵀ W (g B(x') − A)

W is 0 outside of B and small where the two disagree (Geman–McClure), so that a watermark does not pull.

Source: S. Baker, I. Matthews, "Lucas-Kanade 20 Years On: A Unifying Framework", IJCV 2004.
"""

import numpy as np

from vitreous.data.near.descriptor import gaussian
from vitreous.data.near.frame import FloatArray, interpolation


class Band:
    """What lies between two Gaussian means, `fine` and `coarse` pixels wide, of pictures [N, side, side]."""

    def __init__(self, fine: float, coarse: float, side: int) -> None:
        self.side, self._fine, self._coarse = side, gaussian(fine, side), gaussian(coarse, side)

    def __call__(self, pictures: FloatArray) -> FloatArray:
        return np.asarray(self._fine @ pictures @ self._fine.T - self._coarse @ pictures @ self._coarse.T)


def aligned(a: FloatArray, b: FloatArray, place: FloatArray, band: Band, steps: int) -> FloatArray:
    """Maps [N, 4] (scale and shift down, scale and shift across, shifts in pixels) from each a to its b, from the maps `place`."""
    middle = (band.side - 1) / 2
    offset = (np.arange(band.side, dtype=np.float32) - middle) / middle
    seen = band(a)
    down, across = np.gradient(seen, axis=(1, 2))
    jacobian = np.stack([down * offset[:, None], down, across * offset, across], axis=1).reshape(len(a), 4, band.side**2)
    seen = seen.reshape(len(a), band.side**2)
    for _ in range(steps):
        place = _composed(place, _change(seen, b, band, jacobian, place), middle)
    return place


def warped(pictures: FloatArray, place: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The pictures read at their maps, and where that is inside of them, 0 or 1: [N, side, side] each."""
    side = pictures.shape[1]
    middle = (side - 1) / 2
    pixel = np.arange(side, dtype=np.float32) - middle
    rows = pixel * place[:, :1] + place[:, 1:2]
    columns = pixel * place[:, 2:3] + place[:, 3:]
    inside = (np.abs(rows) <= middle + 0.5)[:, :, None] & (np.abs(columns) <= middle + 0.5)[:, None, :]
    rows, columns = np.clip(rows + middle, 0, side - 1, dtype=np.float32), np.clip(columns + middle, 0, side - 1, dtype=np.float32)
    seen = interpolation(rows, side) @ pictures @ interpolation(columns, side).swapaxes(1, 2)
    return np.asarray(seen), inside.astype(np.float32)


def swapped(a: FloatArray, b: FloatArray, place: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The same with the two exchanged where a is the larger one, so that all of a lies in b where one is a part of the other."""
    larger = place[:, 0] * place[:, 2] > 1
    back = np.stack([1 / place[:, 0], -place[:, 1] / place[:, 0], 1 / place[:, 2], -place[:, 3] / place[:, 2]], axis=1)
    choose = larger[:, None, None]
    return np.where(choose, b, a), np.where(choose, a, b), np.where(larger[:, None], back, place)


def _change(a: FloatArray, b: FloatArray, band: Band, jacobian: FloatArray, place: FloatArray) -> FloatArray:
    seen, inside = warped(b, place)
    seen, inside = band(seen).reshape(a.shape), inside.reshape(a.shape)
    gain = _dot(inside * seen, a) / np.maximum(_dot(inside * seen, seen), 1e-6)
    residual = np.maximum(gain, 0.1)[:, None] * seen - a
    square = residual * residual
    spread = _dot(inside, square) / np.maximum(inside.sum(axis=1), 1)
    weighted = jacobian * (inside / (1 + square / (2 * spread[:, None] + 1e-6)) ** 2)[:, None, :]
    normal = weighted @ jacobian.swapaxes(1, 2)
    normal += (1e-3 * np.trace(normal, axis1=1, axis2=2) + 1e-6)[:, None, None] * np.eye(4, dtype=np.float32)
    limit = a.shape[1] ** 0.5 / 20  # pixels a step
    return np.asarray(np.linalg.solve(normal, weighted @ residual[:, :, None])[:, :, 0].clip(-limit, limit))


def _composed(place: FloatArray, change: FloatArray, middle: float) -> FloatArray:
    """The change moves a's pixels, x → x + δ₀ (x − c)/c + δ₁; it goes before the map, the other way round."""
    result = place.copy()
    for scale, shift in ((0, 1), (2, 3)):
        result[:, scale] = (place[:, scale] / (1 + change[:, scale] / middle)).clip(0.7, 1.4)
        result[:, shift] = (place[:, shift] - result[:, scale] * change[:, shift]).clip(-middle / 2, middle / 2)
    return result


def _dot(one: FloatArray, other: FloatArray) -> FloatArray:
    return np.asarray(np.einsum("np,np->n", one, other))
