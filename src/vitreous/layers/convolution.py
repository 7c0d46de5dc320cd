"""Convolution: each value of the output is a weighted sum of a patch of the input, with the same weights everywhere.

    Y[n, m, i, j] = b[m] + Σ_{c, u, v} W[m, c, u, v] · X[n, c, s i + d u − p, s j + d v − p]

with stride s, dilation d and padding p. (Mathematics would turn W round; networks learn it either way.) With groups, output
channel m only sees the input channels of its group; as many groups as channels make it depthwise.

Three ways, one result: `convolution_as_sum` is the equation, for reading and for tests; a matrix product of the kernels with the
patches laid out as columns (Chellapilla et al. 2006); and for depthwise kernels a sum over taps, as there is nothing to multiply.

Source: LeCun et al., "Backpropagation Applied to Handwritten Zip Code Recognition", 1989.
"""

from collections.abc import Iterator

import numpy as np

from vitreous.layers.window import Array, Window

# The columns of at most this many values are laid out at a time.
_MOST_VALUES = 8_000_000


def convolution_as_sum(X: Array, W: Array, b: Array | None, window: Window, groups: int = 1) -> Array:
    """The equation itself, one product after the other: [N, M, H', W'] of X [N, C, H, W] and W [M, C / groups, k, k]."""
    P = window.padded(X)
    (down, across), (du, dv) = window.stride, window.dilation
    Y = np.zeros((len(X), len(W), *window.output_size(*X.shape[2:])), X.dtype)
    channels, outputs = W.shape[1], len(W) // groups
    for n, m, i, j in np.ndindex(*Y.shape):
        first = m // outputs * channels  # of the group of output channel m
        for c, u, v in np.ndindex(*W.shape[1:]):
            Y[n, m, i, j] += W[m, c, u, v] * P[n, first + c, down * i + du * u, across * j + dv * v]
        if b is not None:
            Y[n, m, i, j] += b[m]
    return Y


def convolution(X: Array, W: Array, b: Array | None, window: Window, groups: int = 1) -> Array:
    """[N, M, H', W'] of X [N, C, H, W], W [M, C / groups, k, k] and b [M], by matrix products.

    Raises ValueError where channels and kernels do not fit together, or the picture is smaller than the kernel.
    """
    _check(X, W, groups)
    rows, columns = window.output_size(*X.shape[2:])
    P = window.padded(X)
    Y = np.empty((len(X), len(W), rows, columns), np.result_type(X, W))
    if _is_depthwise(W, groups):
        product = np.empty_like(Y)
        for u, v, tap in window.taps(P, rows, columns):
            if u == v == 0:
                np.multiply(tap, W[:, 0, 0, 0, None, None], out=Y)
            else:
                Y += np.multiply(tap, W[:, 0, u, v, None, None], out=product)
    else:
        for part in _parts(P, W, rows * columns):
            for inputs, outputs in _groups(X.shape[1], len(W), groups):
                kernels = W[outputs].reshape(outputs.stop - outputs.start, -1)
                result = kernels @ _columns(P[part, inputs], window, rows, columns)
                Y[part, outputs] = result.reshape(len(result), -1, rows, columns)
    if b is not None:
        Y += b[:, None, None]
    return Y


def convolution_dX(dY: Array, X: Array, W: Array, window: Window, groups: int = 1) -> Array:
    """The gradient in X [N, C, H, W]: each value of dY [N, M, H', W'] goes back, weighted, to the patch it came from."""
    height, width = X.shape[2:]
    rows, columns = dY.shape[2:]
    dP = np.zeros(window.padded(X).shape, dY.dtype)
    if _is_depthwise(W, groups):
        for u, v, tap in window.taps(dP, rows, columns):
            tap += dY * W[:, 0, u, v, None, None]
        return window.inside(dP, height, width)
    for part in _parts(dP, W, rows * columns):
        for inputs, outputs in _groups(X.shape[1], len(W), groups):
            kernels = W[outputs].reshape(outputs.stop - outputs.start, -1)
            back = kernels.T @ dY[part, outputs].reshape(len(dY[part]), len(kernels), -1)
            patches = back.reshape(len(back), -1, *window.kernel, rows, columns)
            for u, v, tap in window.taps(dP[part, inputs], rows, columns):
                tap += patches[:, :, u, v]
    return window.inside(dP, height, width)


def convolution_dW(dY: Array, X: Array, W: Array, window: Window, groups: int = 1) -> Array:
    """The gradient in W [M, C / groups, k, k]: Σ over pictures and places of dY times the patch that W met there."""
    rows, columns = dY.shape[2:]
    P = window.padded(X)
    dW = np.zeros(W.shape, dY.dtype)
    if _is_depthwise(W, groups):
        for u, v, tap in window.taps(P, rows, columns):
            dW[:, 0, u, v] = np.einsum("nchw,nchw->c", dY, tap)
        return dW
    for part in _parts(P, W, rows * columns):
        for inputs, outputs in _groups(X.shape[1], len(W), groups):
            met = _columns(P[part, inputs], window, rows, columns)
            products = dY[part, outputs].reshape(len(met), -1, rows * columns) @ met.transpose(0, 2, 1)
            dW[outputs] += products.sum(0).reshape(dW[outputs].shape)
    return dW


def convolution_db(dY: Array) -> Array:
    """The gradient in b [M]: the bias is added at every place of every picture."""
    db: Array = dY.sum((0, 2, 3))
    return db


def _columns(P: Array, window: Window, rows: int, columns: int) -> Array:
    """The patches of padded pictures as columns: [N, C k k, rows · columns]."""
    if window.kernel == (1, 1):
        P = P[:, :, : (rows - 1) * window.stride[0] + 1 : window.stride[0], : (columns - 1) * window.stride[1] + 1 : window.stride[1]]
        return P.reshape(len(P), -1, rows * columns)
    return window.patches(P, rows, columns).reshape(len(P), -1, rows * columns)


def _is_depthwise(W: Array, groups: int) -> bool:
    return groups == len(W) > 1 and W.shape[1] == 1


def _groups(inputs: int, outputs: int, groups: int) -> Iterator[tuple[slice, slice]]:
    """The input and the output channels of each group."""
    c, m = inputs // groups, outputs // groups
    for group in range(groups):
        yield slice(group * c, (group + 1) * c), slice(group * m, (group + 1) * m)


def _parts(P: Array, W: Array, places: int) -> Iterator[slice]:
    """Pictures taken together, so that their columns stay within bounds."""
    together = max(1, _MOST_VALUES // max(1, P.shape[1] * W.shape[2] * W.shape[3] * places))
    for first in range(0, len(P), together):
        yield slice(first, first + together)


def _check(X: Array, W: Array, groups: int) -> None:
    if X.ndim != 4 or W.ndim != 4:
        raise ValueError(f"convolution: X {list(X.shape)} and W {list(W.shape)}; X [N, C, H, W] and W [M, C / groups, k, k] are needed")
    if X.shape[1] != W.shape[1] * groups or len(W) % groups:
        raise ValueError(f"convolution: {X.shape[1]} channels, kernels {list(W.shape)} in {groups} groups; {W.shape[1] * groups} channels are needed")
