"""Activations: the bend between two linear layers, without which all of them together would be one linear layer.

    relu     max(x, 0)                    derivative 1 where x > 0            Nair, Hinton 2010
    relu6    min(max(x, 0), 6)            1 where 0 < x < 6                   Krizhevsky 2010
    sigmoid  σ(x) = 1 / (1 + e^−x)        σ (1 − σ)
    tanh     (e^x − e^−x) / (e^x + e^−x)  1 − tanh²                           LeCun et al. 1998 in LeNet-5

All work value by value on arrays of any shape. The derivatives of sigmoid and tanh are given by their outputs Y.
"""

import numpy as np

from vitreous.layers.window import Array


def relu(X: Array) -> Array:
    return np.maximum(X, 0)


def relu_dX(dY: Array, X: Array) -> Array:
    """At 0, where there is no derivative, 0 is taken, as torch does."""
    return dY * (X > 0)


def relu6(X: Array) -> Array:
    return clip(X, 0, 6)


def relu6_dX(dY: Array, X: Array) -> Array:
    return dY * ((X > 0) & (X < 6))


def clip(X: Array, least: float, greatest: float) -> Array:
    return np.clip(X, X.dtype.type(least), X.dtype.type(greatest))


def clip_dX(dY: Array, X: Array, least: float, greatest: float) -> Array:
    """The gradient passes where X lies within the limits, both included, as torch's clamp has it."""
    return dY * ((least <= X) & (greatest >= X))


def sigmoid(X: Array) -> Array:
    """Without overflow: e^−|x| is at most 1."""
    small = np.exp(-np.abs(X))
    return np.asarray(np.where(X >= 0, 1, small) / (1 + small), X.dtype)


def sigmoid_dX(dY: Array, Y: Array) -> Array:
    return np.asarray(dY * Y * (1 - Y))


def tanh(X: Array) -> Array:
    return np.tanh(X)


def tanh_dX(dY: Array, Y: Array) -> Array:
    return np.asarray(dY * (1 - Y * Y))
