"""Dropout: in training each value is left out with probability p, so that no neuron can rely on one other neuron.

    Y = M X / (1 − p)        M = 0 with probability p, else 1        dX = M dY / (1 − p)

What remains is scaled up, so that nothing is to be done when the network is used.

Source: Srivastava et al. 2014.
"""

import numpy as np

from vitreous.layers.window import Array


def dropout_mask(shape: tuple[int, ...], p: float, random: np.random.Generator) -> Array:
    """M / (1 − p), fp32; Y and dX are products with it. Raises ValueError unless 0 ≤ p < 1."""
    if not 0 <= p < 1:
        raise ValueError(f"dropout: p = {p:g}; 0 ≤ p < 1 is needed")
    return np.asarray((random.random(shape) >= p) / (1 - p), np.float32)


def dropout(X: Array, mask: Array) -> Array:
    return np.asarray(X * mask, X.dtype)


def dropout_dX(dY: Array, mask: Array) -> Array:
    return np.asarray(dY * mask, dY.dtype)
