"""The perceptron: one threshold unit a class, corrected whenever it is wrong.

    s = W x + b        the answer of unit k is the sign of s_k
    where t (w · x + b) ≤ 0:    w ← w + t x,    b ← b + t        t = +1 for the unit's own class, −1 for all others

If some w of length 1 separates the classes with margin γ, and no input is longer than R, a unit is corrected at most (R / γ)² times
(Novikoff 1962), with the bias as the weight of an input that is always 1. On other data it never comes to rest.

The retina of 1958 was joined at random to association units, whose weights did not learn; here the unit reads the pixels
(20×20 photocells in the machine that was built). As a network it gives the sums s; several units answer by the largest.

Source: F. Rosenblatt, The perceptron: a probabilistic model for information storage and organization in the brain, 1958.
"""

import torch
from torch import Tensor, nn

from vitreous.nets.stages import Accepts, Staged


def network(name: str, classes: int, channels: int, size: int) -> Staged:
    """All weights begin at zero, as the rule wants."""
    head = nn.Linear(channels * size * size, classes)
    nn.init.zeros_(head.weight)
    nn.init.zeros_(head.bias)
    retina = nn.Flatten()  # [N, C·S·S]
    return Staged(Accepts(name, channels, size, size), {"retina": retina}, head)


@torch.no_grad()
def learn(net: Staged, pictures: Tensor, labels: Tensor, passes: int = 100) -> list[int]:
    """Show pictures [N, C, S, S] with labels [N] one by one, again and again, until a pass is without a mistake or `passes` are over.

    Returns how often each unit was corrected.
    """
    inputs = net.stages["retina"](net.accepts(pictures))
    weight, bias = net.head.weight, net.head.bias
    targets = 2 * nn.functional.one_hot(labels, len(bias)).to(weight.dtype) - 1
    corrections = torch.zeros(len(bias), dtype=torch.int64)
    for _ in range(passes):
        before = int(corrections.sum())
        for x, t in zip(inputs, targets, strict=True):
            wrong = t * (weight @ x + bias) <= 0
            weight += (wrong * t)[:, None] * x
            bias += wrong * t
            corrections += wrong
        if int(corrections.sum()) == before:
            break
    return [int(count) for count in corrections]
