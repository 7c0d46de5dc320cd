"""What one step did inside the network, layer by layer: for whoever judges how a training goes.

update_ratio     |ΔW| / |W|            about 1/1000 is healthy
gradient_norm    |∂loss/∂W|
dead             share of units behind a ReLU that were 0 for every picture and place of the batch
saturated        share of values behind a sigmoid or tanh within 1 % of their limits
"""

from typing import Any

import torch
from torch import Tensor, nn

from vitreous.nets.lenet import ScaledTanh

_LIMITS: dict[type, tuple[float, float]] = {nn.Sigmoid: (0.0, 1.0), nn.Tanh: (-1.0, 1.0), ScaledTanh: (-1.7159, 1.7159)}
_NEAR = 0.01  # of the distance between the limits


class Observation:
    """Made before the step, read after it; costs a copy of the weights and a look at the activations."""

    def __init__(self, net: nn.Module) -> None:
        self.net = net
        self.before = {name: weight.detach().clone() for name, weight in net.named_parameters() if weight.ndim > 1}
        self.seen: dict[str, dict[str, float]] = {}
        self.hooks = [
            layer.register_forward_hook(lambda _, __, value, name=name, layer=layer: self._look(name, layer, value))
            for name, layer in net.named_modules()
            if isinstance(layer, nn.ReLU | nn.ReLU6) or type(layer) in _LIMITS
        ]

    @torch.no_grad()
    def read(self) -> dict[str, dict[str, float]]:
        """By the layers' names, in the network's order."""
        for hook in self.hooks:
            hook.remove()
        weights = dict(self.net.named_parameters())
        found: dict[str, dict[str, float]] = {}
        for name, old in self.before.items():
            length, gradient = float(old.norm()), weights[name].grad
            found[_called(name.removesuffix(".weight"))] = {
                "update_ratio": float((weights[name] - old).norm()) / length if length else 0.0,
                "gradient_norm": 0.0 if gradient is None else float(gradient.norm()),
            }
        order = {_called(name): place for place, (name, _) in enumerate(self.net.named_modules())}
        return dict(sorted((found | self.seen).items(), key=lambda each: order.get(each[0], len(order))))

    def _look(self, name: str, layer: nn.Module, value: Any) -> None:
        values: Tensor = value.detach()
        if type(layer) in _LIMITS:
            low, high = _LIMITS[type(layer)]
            near = _NEAR * (high - low)
            share = float(((values < low + near) | (values > high - near)).float().mean())
            self.seen[_called(name)] = {"saturated": share}
        else:
            units = values.flatten(2).amax((0, 2)) if values.ndim > 2 else values.amax(0)
            self.seen[_called(name)] = {"dead": float((units <= 0).float().mean())}


def _called(name: str) -> str:
    return name.removeprefix("stages.")
