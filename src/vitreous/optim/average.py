"""The average of the weights along the way, which lies lower in a broad valley than any single point of it.

    a_t = a_{t−1} + k_t (w_t − a_{t−1})        k_t = (1 − d) / (1 − dᵗ)

This is the exponential mean with decay d in which the coefficients of w_1 … w_t sum to one from the first step on: the start at zero
is divided out, as in Adam, so a_1 = w_1 and random first weights have no part in it. As d goes to 1, k_t goes to 1 / t: the plain
mean of all weights seen, as in stochastic weight averaging.

Sources: Polyak, Juditsky, "Acceleration of stochastic approximation by averaging", 1992; Izmailov et al., "Averaging weights leads to
wider optima and better generalization", 2018 (SWA); Kingma, Ba 2015, section 7.2 (the exponential mean, debiased).
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from vitreous.core.limits import number_within, whole_within
from vitreous.errors import UsageError


class Average:
    """The average of the weights and running means of a network, in fp32 or more whatever the network's own number format.

    `decay` 0.999 remembers about the last 1,000 steps; 1 is the plain mean. Counters, which are whole numbers, are taken as they are.
    """

    def __init__(self, decay: float = 0.999) -> None:
        """Raises UsageError for a decay outside 0 to 1."""
        self.decay = number_within("the decay of an average", decay, 0, 1)
        self.updates = 0
        self.values: dict[str, Tensor] = {}

    @torch.no_grad()
    def update(self, net: nn.Module) -> None:
        """Take the network as it is now into the average. Raises UsageError for another network than before."""
        now = net.state_dict()
        if self.updates and {name: value.shape for name, value in now.items()} != {name: value.shape for name, value in self.values.items()}:
            raise UsageError("this network has no part in the average", needed="weights of the names and shapes that it began with")
        self.updates += 1
        if self.updates == 1:
            self.values = {name: value.to(_average_type(value), copy=True) for name, value in now.items()}
            return
        share = 1 / self.updates if self.decay == 1 else (1 - self.decay) / (1 - self.decay**self.updates)
        for name, value in now.items():
            mine = self.values[name]
            if mine.is_floating_point():
                mine.lerp_(value.to(mine.dtype), share)
            else:
                mine.copy_(value)

    def copy_to(self, net: nn.Module) -> None:
        """Give the average to a network of the same kind, in its own number format. Raises UsageError before the first update."""
        if not self.updates:
            raise UsageError("there is no average yet", needed="one update at least")
        net.load_state_dict(self.values)

    def state_dict(self) -> dict[str, Any]:
        """`values` by the network's names, and the numbers `updates` and `decay`."""
        return {"values": dict(self.values), "updates": self.updates, "decay": self.decay}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on where `state` was taken. Its tensors are copied."""
        self.decay = number_within("the decay of an average", state["decay"], 0, 1)
        self.updates = whole_within("the updates of an average", state["updates"], 0, 10**12)
        self.values = {name: value.clone() for name, value in state["values"].items()}


def _average_type(value: Tensor) -> torch.dtype:
    """At 16 bit, a thousandth of a difference would be rounded away."""
    return torch.promote_types(value.dtype, torch.float32) if value.is_floating_point() else value.dtype
