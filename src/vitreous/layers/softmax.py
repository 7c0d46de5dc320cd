"""Softmax: K scores become K probabilities; and its loss.

    p_k = e^{z_k} / Σ_j e^{z_j}
    L   = − log p_y                 the cross-entropy of a picture of class y; the mean over pictures is minimized

    dz_k = p_k (dp_k − Σ_j p_j dp_j)         through softmax alone
    dz_k = (p_k − [k = y]) / N               through softmax and loss together: what was said minus what is true

Source: Bridle 1990.
"""

import numpy as np

from vitreous.layers.window import Array


def softmax(Z: Array, axis: int = -1) -> Array:
    """Probabilities along `axis`; the largest score is taken off first, so that nothing overflows."""
    E = np.exp(Z - Z.max(axis, keepdims=True))
    return np.asarray(E / E.sum(axis, keepdims=True))


def softmax_dZ(dP: Array, P: Array, axis: int = -1) -> Array:
    return np.asarray(P * (dP - (P * dP).sum(axis, keepdims=True)))


def log_softmax(Z: Array, axis: int = -1) -> Array:
    Z = Z - Z.max(axis, keepdims=True)
    return np.asarray(Z - np.log(np.exp(Z).sum(axis, keepdims=True)))


def log_softmax_dZ(dL: Array, L: Array, axis: int = -1) -> Array:
    """L are the log probabilities that came out."""
    return np.asarray(dL - np.exp(L) * dL.sum(axis, keepdims=True))


def cross_entropy(Z: Array, y: Array) -> float:
    """The mean loss of scores Z [N, K] for class numbers y [N]."""
    return float(-log_softmax(Z)[np.arange(len(y)), y].mean())


def cross_entropy_dZ(Z: Array, y: Array) -> Array:
    P = softmax(Z)
    P[np.arange(len(y)), y] -= 1
    return np.asarray(P / np.asarray(len(y), P.dtype))
