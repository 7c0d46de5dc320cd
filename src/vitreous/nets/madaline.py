"""MADALINE: many ADALINEs, a layer of thresholds that learns before there is back-propagation.

    h = sign(W₁ x + b₁),    s = W₂ h + b₂,    the answer of unit k is the sign of s_k

The sign has no slope, so the error cannot be sent back. Rule II disturbs as little as it can instead: where an answer is wrong, the
hidden unit whose sum is nearest to zero is turned over for a trial. If fewer answers are wrong then, the change is kept and the unit is
adapted to it; else the next nearest is tried, then pairs. What is still wrong is corrected in the output units alone. To adapt
a unit to the sign t is to move its sum to t: w ← w + (t − s) x / |x|², the smallest change that does so (with b as weight of an input 1).

The machine of 1962 had a fixed second layer (rule I); here both layers learn, by rule II. The sign of 0 is 0.

Sources: B. Widrow, Generalization and information storage in networks of adaline neurons, 1962; R. Winter, B. Widrow, MADALINE
rule II: a training algorithm for neural networks, 1988.
"""

from itertools import combinations

import torch
from torch import Tensor, nn

from vitreous.nets.stages import Accepts, Staged

HIDDEN = 8


class Sign(nn.Module):
    """−1 or +1, of each value."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.sign(x)


def network(name: str, classes: int, channels: int, size: int, hidden: int = HIDDEN) -> Staged:
    """Weights begin small and at random, so that the hidden units differ."""
    units, head = nn.Linear(channels * size * size, hidden), nn.Linear(hidden, classes)
    for layer in (units, head):
        nn.init.uniform_(layer.weight, -0.5, 0.5)
        nn.init.uniform_(layer.bias, -0.5, 0.5)
    stages = {
        "retina": nn.Flatten(),  # [N, C·S·S]
        "hidden": units,  # [N, hidden]
        "signs": Sign(),
    }
    return Staged(Accepts(name, channels, size, size), stages, head)


@torch.no_grad()
def learn(net: Staged, pictures: Tensor, labels: Tensor, passes: int = 100) -> int:
    """Rule II on pictures [N, C, S, S] with labels [N], until a pass is without a mistake or `passes` are over.

    Returns how many pictures have a wrong answer of any unit at the end.
    """
    inputs = net.stages["retina"](net.accepts(pictures))
    targets = 2 * nn.functional.one_hot(labels, len(net.head.bias)).to(net.head.weight.dtype) - 1
    for _ in range(passes):
        for x, t in zip(inputs, targets, strict=True):
            show(net, x, t)
        if not _mistakes(net, inputs, targets):
            break
    return _mistakes(net, inputs, targets)


@torch.no_grad()
def show(net: Staged, x: Tensor, t: Tensor) -> None:
    """One step of rule II: an input x [D] and the signs t [K] that are wanted."""
    hidden, head = net.stages["hidden"], net.head
    sums = hidden(x)
    signs = sums.sign()
    wrong = _wrong(head(signs), t)
    nearest = [int(unit) for unit in sums.abs().argsort()]
    for trial in [(unit,) for unit in nearest] + list(combinations(nearest, 2)):
        if not wrong:
            break
        turned = signs.clone()
        turned[list(trial)] *= -1
        if (then := _wrong(head(turned), t)) < wrong:
            for unit in trial:
                _adapt(hidden, unit, x, turned[unit])
            signs, wrong = turned, then
    for unit in torch.nonzero(head(signs).sign() != t).flatten().tolist():
        _adapt(head, unit, signs, t[unit])


def _adapt(layer: nn.Linear, unit: int, x: Tensor, target: Tensor) -> None:
    change = (target - (layer.weight[unit] @ x + layer.bias[unit])) / (x @ x + 1)
    layer.weight[unit] += change * x
    layer.bias[unit] += change


def _wrong(sums: Tensor, t: Tensor) -> int:
    return int((sums.sign() != t).sum())


def _mistakes(net: Staged, inputs: Tensor, targets: Tensor) -> int:
    answers = net.head(net.stages["signs"](net.stages["hidden"](inputs))).sign()
    return int((answers != targets).any(1).sum())
