"""Where two branches of a network meet: the residual sum and the concatenation.

    residual sum     Y = F(X) + X          dF = dY,  dX = dY        He et al. 2016
    concatenation    Y = [A; B]            dA, dB = the parts of dY  Szegedy et al. 2015 (Inception), Huang et al. 2017

A sum whose sides have different shapes spreads (broadcasts) the smaller one; its gradient is then summed over the copies.
"""

from collections.abc import Sequence

import numpy as np

from vitreous.layers.window import Array


def residual_sum(F: Array, X: Array) -> Array:
    return np.asarray(F + X)


def concatenation(parts: Sequence[Array], axis: int = 1) -> Array:
    return np.concatenate(parts, axis)


def concatenation_dX(dY: Array, parts: Sequence[Array], axis: int = 1) -> list[Array]:
    """The gradient of each part."""
    return np.split(dY, np.cumsum([part.shape[axis] for part in parts])[:-1], axis)


def gathered(dY: Array, shape: tuple[int, ...]) -> Array:
    """The gradient of a value of this shape that was spread to the shape of dY: the sum over its copies."""
    if dY.shape == shape:
        return dY
    dY = dY.sum(tuple(range(dY.ndim - len(shape))))
    spread = tuple(axis for axis, (have, had) in enumerate(zip(dY.shape, shape, strict=True)) if had == 1 != have)
    return np.asarray(dY.sum(spread, keepdims=True))
