"""ADALINE, the adaptive linear neuron: it learns from the error of its sum, before the threshold.

    s = w · x + b,    ε = t − s        t = +1 for the unit's own class, −1 for all others
    w ← w + 2 μ ε x,    b ← b + 2 μ ε

Each step goes down the slope of ε², so the weights move to those of the least mean square: the least-squares solution of W x + b = t.
Shown one by one with a fixed rate μ they come near it and stay there trembling, unless it meets every target; `descend` takes the mean
slope of all pictures and arrives. It does so for 0 < μ < 1 / λ, λ the largest eigenvalue of the mean of x xᵀ (a 1 appended for b).

As a network it gives the sums s, one unit a class. The first ADALINE had 4×4 switches for a retina.

Source: B. Widrow, M. E. Hoff, Adaptive switching circuits, 1960.
"""

import torch
from torch import Tensor, nn

from vitreous.nets.stages import Accepts, Staged


def network(name: str, classes: int, channels: int, size: int) -> Staged:
    """All weights begin at zero: a square error has one valley."""
    head = nn.Linear(channels * size * size, classes)
    nn.init.zeros_(head.weight)
    nn.init.zeros_(head.bias)
    return Staged(Accepts(name, channels, size, size), {"retina": nn.Flatten()}, head)  # [N, C·S·S]


@torch.no_grad()
def learn(net: Staged, pictures: Tensor, labels: Tensor, rate: float, passes: int = 100) -> float:
    """The rule as it was built: pictures [N, C, S, S] with labels [N] one by one. Returns the mean square error at the end."""
    inputs, targets = _inputs(net, pictures), _targets(net, labels)
    for _ in range(passes):
        for x, t in zip(inputs, targets, strict=True):
            error = t - net.head(x)
            net.head.weight += 2 * rate * error[:, None] * x
            net.head.bias += 2 * rate * error
    return float((targets - net.head(inputs)).square().mean())


@torch.no_grad()
def descend(net: Staged, pictures: Tensor, labels: Tensor, rate: float, steps: int = 1000) -> float:
    """Steepest descent: each step uses the mean of all pictures' corrections. Returns the mean square error at the end."""
    inputs, targets = _inputs(net, pictures), _targets(net, labels)
    for _ in range(steps):
        error = targets - net.head(inputs)  # [N, K]
        net.head.weight += 2 * rate * error.T @ inputs / len(inputs)
        net.head.bias += 2 * rate * error.mean(0)
    return float((targets - net.head(inputs)).square().mean())


def _inputs(net: Staged, pictures: Tensor) -> Tensor:
    return net.stages["retina"](net.accepts(pictures))


def _targets(net: Staged, labels: Tensor) -> Tensor:
    return 2 * nn.functional.one_hot(labels, len(net.head.bias)).to(net.head.weight.dtype) - 1
