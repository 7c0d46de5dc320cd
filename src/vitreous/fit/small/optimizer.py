"""Two ways down the gradient, on a dict of arrays that are changed in place.

Stochastic gradient descent with momentum (Polyak 1964), velocity V, rate η, momentum μ:

    V ← μ V + g                              W ← W − η V

Adam (Kingma, Ba, "Adam: A Method for Stochastic Optimization", 2015): mean M and mean square S of the gradient, both begun
at zero and so divided by what is missing after t steps:

    M ← β₁ M + (1 − β₁) g                    S ← β₂ S + (1 − β₂) g²
    W ← W − η · M / (1 − β₁ᵗ) / (√(S / (1 − β₂ᵗ)) + ε)

Weight decay λ is decoupled: before the step W ← W − η λ W, apart from the gradient, so that Adam does not rescale it (Loshchilov,
Hutter, "Decoupled Weight Decay Regularization", 2019). It falls on matrices and kernels; biases are not shrunk.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Arrays = dict[str, NDArray[Any]]


def sgd_step(W: Arrays, gradients: Mapping[str, NDArray[Any]], V: Arrays, rate: float, momentum: float = 0.9, decay: float = 0.0) -> None:
    """One step. `V` is empty before the first and belongs to these weights from then on."""
    for name, g in gradients.items():
        V[name] = momentum * V[name] + g if name in V else g.copy()
        _decay(W[name], rate * decay)
        W[name] -= rate * V[name]


@dataclass
class Moments:
    """What Adam remembers: mean and mean square of each gradient, and how many steps were made."""

    mean: Arrays = field(default_factory=dict)
    square: Arrays = field(default_factory=dict)
    steps: int = 0


def adam_step(
    W: Arrays,
    gradients: Mapping[str, NDArray[Any]],
    moments: Moments,
    rate: float,
    decay: float = 0.0,
    betas: tuple[float, float] = (0.9, 0.999),
    epsilon: float = 1e-8,
) -> None:
    """One step. `moments` is new before the first and belongs to these weights from then on."""
    moments.steps += 1
    first, second = betas
    unbiased = 1 - first**moments.steps
    unbiased_square = 1 - second**moments.steps
    for name, g in gradients.items():
        M = moments.mean.setdefault(name, np.zeros_like(g))
        S = moments.square.setdefault(name, np.zeros_like(g))
        M += (1 - first) * (g - M)
        S += (1 - second) * (g * g - S)
        _decay(W[name], rate * decay)
        W[name] -= rate / unbiased * M / (np.sqrt(S / unbiased_square) + epsilon)


def _decay(weight: NDArray[Any], share: float) -> None:
    """A matrix or kernel loses this share of itself, in place."""
    if share and weight.ndim > 1:
        weight *= 1 - share
