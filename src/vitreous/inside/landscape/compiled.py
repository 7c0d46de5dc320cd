"""A program in torch: its layers with their weights at the centre and along both directions, and the steps between them.

The weights of all layers are one vector, so that those of a point are one sum: W* + β D₂, worked out once a row, + α D₁.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor
from torch.nn import functional

from vitreous.inside.landscape.plane import Array
from vitreous.inside.landscape.program import LOGITS
from vitreous.layers.operators import Node

Values = dict[str, Tensor]
Do = Callable[[Values, Values], None]  # with the values and the weights of a point, by name


@dataclass(frozen=True)
class Step:
    """`do` works on values by name: `reads` some, and `makes` one, which may be one of them, overwritten."""

    kind: str
    do: Do
    reads: tuple[str, ...]
    makes: str = ""


@dataclass
class Layer:
    """A convolution or a fully connected layer, W x + b; `weights` and `biases` are three each: of the centre and of both directions.

    `matrix`: it sees the whole of its input, and takes it as a row."""

    node: Node
    weights: list[Tensor]
    biases: list[Tensor]
    matrix: bool

    @property
    def padded(self) -> bool:
        return not self.matrix and any(self.node.attributes.get("pads", ()))

    def scale(self, factor: float) -> None:
        """Its answers times a factor."""
        for part in (*self.weights, *self.biases):
            part.mul_(factor)

    def absorb(self, factor: float, shift: float) -> None:
        """Take v where its input is factor · v + shift."""
        for W, b in zip(self.weights, self.biases, strict=True):
            b.add_(W.flatten(1).sum(1), alpha=shift)
            W.mul_(factor)

    def answer(self, x: Tensor, W: Tensor, b: Tensor) -> Tensor:
        if self.matrix:
            y = functional.linear(x.flatten(1), W, b)
            return y if self.node.kind == "Gemm" else y[..., None, None]
        return convolved(self.node, x, W, b)


@dataclass
class Compiled:
    """`first`: the layer whose answers at all points follow from three, where there is one; `steps` behind it."""

    seam: str
    first: Layer | None = None
    first_output: str = ""
    steps: list[Step] = field(default_factory=list)
    parts: dict[str, list[Tensor]] = field(default_factory=dict)  # weights by name, three each

    def run(self, values: Values, weights: Values, begin: int = 0) -> Tensor:
        """The logits, from step `begin` on; values are let go after their last use."""
        last = {name: place for place, step in enumerate(self.steps) for name in step.reads}
        for place, step in enumerate(self.steps[begin:], begin):
            step.do(values, weights)
            for name in step.reads:
                if last[name] == place:
                    values.pop(name, None)
        return values[LOGITS]

    def vectors(self) -> list[Tensor]:
        """All weights behind the first layer as three vectors."""
        return [torch.cat([parts[place].flatten() for parts in self.parts.values()] or [torch.zeros(0)]) for place in range(3)]

    def views(self, vector: Tensor) -> Values:
        """The same by name, on the memory of a vector."""
        pieces = vector.split([parts[0].numel() for parts in self.parts.values()])
        return {name: piece.view(parts[0].shape) for (name, parts), piece in zip(self.parts.items(), pieces, strict=True)}


def three_of(name: str, weights: tuple[dict[str, Array], ...]) -> list[Tensor]:
    """Copies, in fp32."""
    return [torch.tensor(part[name], dtype=torch.float32) for part in weights]


def convolved(node: Node, x: Tensor, W: Tensor, b: Tensor | None) -> Tensor:
    a = node.attributes
    top, left, bottom, right = a.get("pads", (0, 0, 0, 0))
    if (top, left) != (bottom, right):
        x, top, left = functional.pad(x, (left, right, top, bottom)), 0, 0
    return functional.conv2d(x, W, b, a.get("strides", 1), (top, left), a.get("dilations", 1), a.get("group", 1))
