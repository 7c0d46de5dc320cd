"""A node of a network, and what an operator is: two functions."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from vitreous.layers.window import Array


@dataclass(frozen=True)
class Node:
    """A step of the network: `kind` is the ONNX operator; inputs and outputs are names of values, "" for one that is left out."""

    name: str
    kind: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: dict[str, Any]


Inputs = Sequence[Any]  # arrays; None for an input that is left out
Forward = Callable[[Node, Inputs], tuple[Array, ...]]
Backward = Callable[[Array, Node, Inputs, tuple[Array, ...], int], Array]


@dataclass(frozen=True)
class Operator:
    """Forward gets the node and its inputs, and gives its outputs. Backward gets besides them, first, the gradient of the output and, last,
    the number of one input, and gives the gradient in that input; an operator without it lets no gradient through."""

    forward: Forward
    backward: Backward | None = None

    def gradient(self, dY: Array, node: Node, inputs: Inputs, outputs: tuple[Array, ...], number: int) -> Array:
        """`backward` of an operator that is known to have it."""
        assert self.backward is not None, f"{node.kind} lets no gradient through"
        return self.backward(dY, node, inputs, outputs, number)
