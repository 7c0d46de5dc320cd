"""Local response normalization: a value is damped by what the neighbouring channels say at the same place.

    Y_c = X_c · B_c^−β        B_c = κ + α / n · Σ_{c' near c} X_{c'}²        n neighbours, c among them

AlexNet and GoogLeNet have it; batch normalization took its place.

    dX_c = dY_c B_c^−β − (2 α β / n) X_c Σ_{c' near c} dY_{c'} X_{c'} B_{c'}^−β−1

Source: Krizhevsky, Sutskever, Hinton 2012, section 3.3 (with α in the place of α / n). X is [N, C, H, W].
"""

import numpy as np

from vitreous.layers.window import Array


def local_response(X: Array, neighbours: int, alpha: float, beta: float, kappa: float) -> Array:
    return np.asarray(X * _damping(X, neighbours, alpha, kappa) ** -beta, X.dtype)


def local_response_dX(dY: Array, X: Array, neighbours: int, alpha: float, beta: float, kappa: float) -> Array:
    B = _damping(X, neighbours, alpha, kappa)
    # a channel damps those that it is near to: the neighbourhood turned round
    met = _near(dY * X * B ** (-beta - 1), neighbours, (neighbours - 1) // 2)
    return np.asarray(dY * B**-beta - 2 * alpha * beta / neighbours * X * met, dY.dtype)


def _damping(X: Array, neighbours: int, alpha: float, kappa: float) -> Array:
    return np.asarray(kappa + alpha / neighbours * _near(X * X, neighbours, neighbours - 1 - (neighbours - 1) // 2), X.dtype)


def _near(X: Array, neighbours: int, ahead: int) -> Array:
    """Σ of each channel's neighbours: `ahead` channels behind it in number and neighbours − 1 − ahead before it."""
    padded = np.zeros((X.shape[0], X.shape[1] + neighbours - 1, *X.shape[2:]), X.dtype)
    before = neighbours - 1 - ahead
    padded[:, before : before + X.shape[1]] = X
    total = np.zeros_like(X)
    for offset in range(neighbours):
        total += padded[:, offset : offset + X.shape[1]]
    return total
