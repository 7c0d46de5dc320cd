"""The rules by which weights W go down the gradient g at the rate η, each as one small function on arrays.

A rule takes weights, gradient and what it remembers, and returns new ones; what it remembers begins as zeros. All equal those of torch.optim.

    gradient descent    W ← W − η g                                                            Cauchy 1847; in batches Robbins, Monro 1951
    momentum            V ← μ V + g          W ← W − η V                                       Polyak 1964
    Nesterov            V ← μ V + g          W ← W − η (g + μ V)                               Nesterov 1983, Sutskever et al. 2013
    Adam                M ← β₁ M + (1 − β₁) g,   S ← β₂ S + (1 − β₂) g²                        Kingma, Ba 2015
                        W ← W − η · M / (1 − β₁ᵗ) / (√(S / (1 − β₂ᵗ)) + ε)                     step t = 1, 2, …
    AdamW               the same, with decoupled decay                                         Loshchilov, Hutter 2019
    Muon                V ← μ V + (1 − μ) g      W ← W − 0.2 √max(m, n) η · ortho((1 − μ) g + μ V)    Jordan et al. 2024

Weight decay λ adds λ W to the gradient, the slope of ½ λ |W|² (Hanson, Pratt 1988). Adam would rescale it with the gradient, so AdamW
and Muon shrink the weights apart from it: W ← (1 − η λ) W.

Adam divides by 1 − βᵗ because M and S begin at zero: after t steps their coefficients sum to that, not to 1.
"""

from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

EPSILON = 1e-8
# p(σ) = 3.4445 σ − 4.775 σ³ + 2.0315 σ⁵ lifts small singular values fast and keeps all of them near 1: Jordan et al. 2024
QUINTIC, ITERATIONS = (3.4445, -4.7750, 2.0315), 5


def gradient_descent(W: Array, g: Array, rate: float, decay: float = 0.0) -> Array:
    """One step; the whole set, a batch or one sample: that is what g was taken over.

    >>> gradient_descent(np.array([1.0, -2.0]), np.array([0.5, 0.0]), rate=0.1)
    array([ 0.95, -2.  ])
    """
    return W - rate * (g + decay * W)


def momentum(W: Array, g: Array, V: Array, rate: float, mu: float = 0.9, decay: float = 0.0) -> tuple[Array, Array]:
    """W and the velocity V. Along a constant gradient V grows to g / (1 − μ): ten times the step where μ is 0.9."""
    V = mu * V + (g + decay * W)
    return W - rate * V, V


def nesterov(W: Array, g: Array, V: Array, rate: float, mu: float = 0.9, decay: float = 0.0) -> tuple[Array, Array]:
    """W and V. The step is what momentum will do next if the gradient stays: it looks ahead before it falls."""
    g = g + decay * W
    V = mu * V + g
    return W - rate * (g + mu * V), V


def adam(
    W: Array, g: Array, M: Array, S: Array, t: int, rate: float, betas: tuple[float, float] = (0.9, 0.999), decay: float = 0.0
) -> tuple[Array, Array, Array]:
    """W, mean M and mean square S of the gradient, behind step t = 1, 2, … Each weight moves by about the rate, whatever the gradient's size."""
    g = g + decay * W if decay else g
    M = M + (1 - betas[0]) * (g - M)
    S = S + (1 - betas[1]) * (g * g - S)
    mean_square = S / (1 - betas[1] ** t)
    return W - rate / (1 - betas[0] ** t) * M / (np.sqrt(mean_square) + EPSILON), M, S


def adamw(
    W: Array, g: Array, M: Array, S: Array, t: int, rate: float, betas: tuple[float, float] = (0.9, 0.999), decay: float = 0.0
) -> tuple[Array, Array, Array]:
    """As Adam; each weight first loses the share η λ of itself."""
    return adam(W * (1 - rate * decay), g, M, S, t, rate, betas)


def muon(W: Array, g: Array, V: Array, rate: float, mu: float = 0.95, decay: float = 0.0) -> tuple[Array, Array]:
    """W [m, n] and V: the step has about the same length in all directions of the matrix.

    A kernel [m, C, k, k] is taken as [m, C k k]. With the factor 0.2 √max(m, n) a step has the size of one of AdamW's, so both can share a rate (Liu
    et al., "Muon is scalable for LLM training", 2025).
    """
    V = V + (1 - mu) * (g - V)
    ahead = g + mu * (V - g)
    step = orthogonalized(ahead.reshape(len(W), -1))
    return W * (1 - rate * decay) - rate * 0.2 * sqrt(max(step.shape)) * step.reshape(W.shape), V


def orthogonalized(G: Array) -> Array:
    """G = U Σ Vᵀ with all singular values brought near 1, about U Vᵀ, by matrix products alone: Newton and Schulz's iteration.

    Five rounds bring what was above a hundredth of |G| to between 0.68 and 1.14; values that were zero stay so.
    """
    a, b, c = QUINTIC
    X = G.T if len(G) > G.shape[1] else G  # the smaller side first: X Xᵀ is then the smaller product
    X = X / max(float(np.linalg.norm(X)), 1e-7)
    for _ in range(ITERATIONS):
        A = X @ X.T
        X = a * X + (b * A + c * (A @ A)) @ X
    return X.T if len(G) > G.shape[1] else X
