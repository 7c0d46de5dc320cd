"""Operators as torch has them, for what is worked out at every point as it stands in the file."""

from collections.abc import Callable
from typing import Any

from torch import Tensor
from torch.nn import functional

from vitreous.inside.landscape.compiled import convolved
from vitreous.layers.operators import Node


def _max_pool(node: Node, inputs: list[Any]) -> Tensor | None:
    a = node.attributes
    top, left, bottom, right = a.get("pads", (0, 0, 0, 0))
    if (top, left) != (bottom, right) or a.get("ceil_mode", 0) or a.get("auto_pad", "NOTSET") != "NOTSET":
        return None
    return functional.max_pool2d(inputs[0], a["kernel_shape"], a.get("strides", 1), (top, left), a.get("dilations", 1))


def _average_pool(node: Node, inputs: list[Any]) -> Tensor | None:
    a = node.attributes
    if any(a.get("pads", ())) or a.get("ceil_mode", 0) or a.get("auto_pad", "NOTSET") != "NOTSET":
        return None
    return functional.avg_pool2d(inputs[0], a["kernel_shape"], a.get("strides", 1))


# By operator; None where its attributes ask for what torch has not.
IN_TORCH: dict[str, Callable[[Node, list[Any]], Tensor | None]] = {
    "Conv": lambda node, inputs: convolved(node, inputs[0], *inputs[1:3], *[None] * (3 - len(inputs))) if "auto_pad" not in node.attributes else None,
    "MaxPool": _max_pool,
    "AveragePool": _average_pool,
    "GlobalAveragePool": lambda node, inputs: inputs[0].mean((2, 3), keepdim=True),
    "Add": lambda node, inputs: inputs[0] + inputs[1],
    "Tanh": lambda node, inputs: inputs[0].tanh(),
    "Sigmoid": lambda node, inputs: inputs[0].sigmoid(),
}
