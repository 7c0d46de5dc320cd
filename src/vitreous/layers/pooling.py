"""Pooling: a window of the picture becomes its largest value, or its mean. Nothing is learned.

    max-pool       Y[n, c, i, j] = max_{u, v} X[n, c, s i + u, s j + v]
    average-pool   Y[n, c, i, j] = mean_{u, v} X[n, c, s i + u, s j + v]

Backwards, the largest value of a window gets all of the gradient (the first of equals), or each value gets an equal share.
Padding counts as −∞ for the largest value; for the mean it is left out of the count, or counted as zeros where `with_padding` is said.

Sources: Fukushima 1980 (average); Ranzato et al. 2007 (max).
"""

import numpy as np

from vitreous.layers.window import Array, Window


def max_pool(X: Array, window: Window) -> Array:
    """[N, C, H', W'] of X [N, C, H, W]."""
    rows, columns = window.output_size(*X.shape[2:])
    P = window.padded(X, -np.inf if X.dtype.kind == "f" else np.iinfo(X.dtype).min)
    Y = np.array(P[:, :, : (rows - 1) * window.stride[0] + 1 : window.stride[0], : (columns - 1) * window.stride[1] + 1 : window.stride[1]])
    for _, _, tap in window.taps(P, rows, columns):
        np.maximum(Y, tap, out=Y)
    return Y


def max_pool_dX(dY: Array, X: Array, Y: Array, window: Window) -> Array:
    """The gradient in X: dY goes to the first of the largest values of each window."""
    rows, columns = dY.shape[2:]
    P = window.padded(X, -np.inf)
    dP = np.zeros(P.shape, dY.dtype)
    open_ = np.ones(Y.shape, bool)  # windows whose largest value is not found yet
    for (_, _, tap), (_, _, gradient) in zip(window.taps(P, rows, columns), window.taps(dP, rows, columns), strict=True):
        hit = (tap == Y) & open_
        gradient += dY * hit
        open_ &= ~hit
    return window.inside(dP, *X.shape[2:])


def average_pool(X: Array, window: Window, with_padding: bool = False) -> Array:
    """[N, C, H', W'] of X [N, C, H, W]."""
    rows, columns = window.output_size(*X.shape[2:])
    P = window.padded(X)
    Y = np.zeros((*X.shape[:2], rows, columns), X.dtype)
    for _, _, tap in window.taps(P, rows, columns):
        Y += tap
    return np.asarray(Y / _counts(X, window, with_padding), X.dtype)


def average_pool_dX(dY: Array, X: Array, window: Window, with_padding: bool = False) -> Array:
    """The gradient in X: each value gets its share of every window that it lies in."""
    share = np.asarray(dY / _counts(X, window, with_padding), dY.dtype)
    dP = np.zeros(window.padded(X).shape, dY.dtype)
    for _, _, tap in window.taps(dP, *dY.shape[2:]):
        tap += share
    return window.inside(dP, *X.shape[2:])


def global_average_pool(X: Array) -> Array:
    """[N, C, 1, 1]: the mean of each channel (Lin et al. 2013)."""
    Y: Array = X.mean((2, 3), keepdims=True)
    return Y


def global_average_pool_dX(dY: Array, X: Array) -> Array:
    return np.broadcast_to(dY / np.asarray(X.shape[2] * X.shape[3], dY.dtype), X.shape)


def _counts(X: Array, window: Window, with_padding: bool) -> Array:
    """How many values each window's mean is of: [1, 1, H', W']."""
    rows, columns = window.output_size(*X.shape[2:])
    top, left, bottom, right = window.padding
    ones = np.zeros(window.padded(X[:1, :1]).shape, np.int64)
    # with padding, the padding that was asked for counts, not what an incomplete last window reaches beyond it
    first, last = (0, 0) if with_padding else (top, left), (bottom, right) if with_padding else (0, 0)
    ones[:, :, first[0] : top + X.shape[2] + last[0], first[1] : left + X.shape[3] + last[1]] = 1
    count = np.zeros((1, 1, rows, columns), np.int64)
    for _, _, tap in window.taps(ones, rows, columns):
        count += tap
    return np.maximum(count, 1)
