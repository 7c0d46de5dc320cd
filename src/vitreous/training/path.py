"""The weights behind every epoch, kept where `--keep-path` asks for them: the path that a landscape shows (`vitreous.inside.landscape`).

In fp16, which a picture of a path cannot tell from fp32, and the learned weights alone. A long training would fill the memory: then every second
epoch is kept, every fourth …, so that there are never more than 64 of them, nor 100 MB, and 8 at least.

    path.safetensors    each weight [T, …]; the epochs [T] are among the file's facts; 0 is before the first
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

_MOST, _LEAST, _MOST_BYTES = 64, 8, 100_000_000


@dataclass
class WeightPath:
    """`weights` behind `epochs`, of which every `every`-th is kept; `names`: those that are learned."""

    names: list[str]
    every: int = 1
    epochs: list[int] = field(default_factory=list)
    weights: list[dict[str, Tensor]] = field(default_factory=list)

    @classmethod
    def of(cls, net: nn.Module) -> "WeightPath":
        """Begun with a network before its first step."""
        path = cls([name for name, _ in net.named_parameters()])
        path.take(0, net.state_dict())
        return path

    def take(self, epoch: int, weights: Mapping[str, Tensor]) -> None:
        """The epoch is over, with these weights."""
        if epoch % self.every:
            return
        self.epochs.append(epoch)
        self.weights.append({name: weights[name].detach().to("cpu", torch.float16, copy=True).contiguous() for name in self.names})
        bytes_each = sum(value.nbytes for value in self.weights[0].values())
        if len(self.epochs) > min(_MOST, max(_LEAST, _MOST_BYTES // max(1, bytes_each))):
            self.epochs, self.weights, self.every = self.epochs[::2], self.weights[::2], 2 * self.every

    def to_bytes(self) -> bytes:
        from safetensors.torch import save

        stacked = {name: torch.stack([each[name] for each in self.weights]) for name in self.names}
        return save(stacked, {"epochs": json.dumps(self.epochs)})  # one fact: of several the library changes the order, and so the bytes

    def go_on(self, stored: Mapping[str, Tensor], epochs: list[int], every: int) -> None:
        """Take up what `to_bytes` wrote. Raises LookupError where it is of another network."""
        self.epochs, self.every = epochs, every
        self.weights = [{name: stored[name][place] for name in self.names} for place in range(len(epochs))]
