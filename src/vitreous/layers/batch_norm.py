"""Batch normalization: each channel is brought to mean 0 and variance 1, then to a scale γ and a shift β that are learned.

    X̂ = (X − μ) / √(v + ε)        Y = γ X̂ + β

In training μ and v are mean and variance of the channel over the batch and all places; the running ones, kept with a momentum m
as (1 − m) old + m new, stand in for them later. Then the layer is one product and one sum a channel.

Backwards in training, the batch's own mean and variance depend on X too:

    dX = γ / √(v + ε) · (dY − mean(dY) − X̂ · mean(dY X̂))        dγ = Σ dY X̂        dβ = Σ dY

Source: Ioffe, Szegedy 2015. X is [N, C, …]; γ, β, μ, v are [C].
"""

import numpy as np

from vitreous.layers.window import Array


def batch_norm(X: Array, gamma: Array, beta: Array, mean: Array, variance: Array, epsilon: float) -> Array:
    """With running mean and variance, as a finished network uses it."""
    scale = gamma / np.sqrt(variance + np.asarray(epsilon, variance.dtype))
    return X * _channels(scale, X) + _channels(beta - mean * scale, X)


def batch_norm_gradients(dY: Array, X: Array, gamma: Array, mean: Array, variance: Array, epsilon: float) -> tuple[Array, Array, Array]:
    """dX, dγ, dβ, where mean and variance are constants."""
    deviation = np.sqrt(variance + np.asarray(epsilon, variance.dtype))
    standard = (X - _channels(mean, X)) / _channels(deviation, X)
    axes = _others(X)
    return dY * _channels(gamma / deviation, X), (dY * standard).sum(axes), dY.sum(axes)


def batch_norm_in_training(X: Array, gamma: Array, beta: Array, epsilon: float) -> tuple[Array, Array, Array]:
    """Y with the batch's own mean and variance, which are returned too. The variance is Σ (x − μ)² / n."""
    mean, variance = X.mean(_others(X)), X.var(_others(X))
    return batch_norm(X, gamma, beta, mean, variance, epsilon), mean, variance


def batch_norm_gradients_in_training(dY: Array, X: Array, gamma: Array, epsilon: float) -> tuple[Array, Array, Array]:
    """dX, dγ, dβ."""
    axes = _others(X)
    mean, deviation = X.mean(axes), np.sqrt(X.var(axes) + np.asarray(epsilon, X.dtype))
    standard = (X - _channels(mean, X)) / _channels(deviation, X)
    dgamma, dbeta = (dY * standard).sum(axes), dY.sum(axes)
    count = np.asarray(X.size // X.shape[1], X.dtype)
    dX = _channels(gamma / deviation, X) * (dY - _channels(dbeta / count, X) - standard * _channels(dgamma / count, X))
    return dX, dgamma, dbeta


def running(old: Array, new: Array, momentum: float) -> Array:
    """(1 − momentum) old + momentum new. torch keeps the variance with n / (n − 1); give it so for equal figures."""
    return np.asarray((1 - momentum) * old + momentum * new, old.dtype)


def _channels(values: Array, X: Array) -> Array:
    return values.reshape(-1, *(1,) * (X.ndim - 2))


def _others(X: Array) -> tuple[int, ...]:
    """All axes but that of the channels."""
    return (0, *range(2, X.ndim))
