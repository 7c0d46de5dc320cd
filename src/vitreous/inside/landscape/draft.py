"""A program while it is rewritten: which tensor holds a value, and what is still to be done to it."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from vitreous.inside.landscape.compiled import Compiled, Layer, Step, Values, three_of
from vitreous.inside.landscape.in_torch import IN_TORCH
from vitreous.inside.landscape.plane import Array, Plane
from vitreous.inside.landscape.program import Program
from vitreous.layers.operators import OPERATORS, Node


class Draft:
    """`made`: the steps so far. `held`: a value is factor · v + shift, with v the tensor called so."""

    def __init__(self, program: Program, plane: Plane, one: Array) -> None:
        self.program, self.weights = program, (dict(plane.centre), dict(plane.first), dict(plane.second))
        self.users = Counter(name for node in program.nodes for name in node.inputs)
        self.shapes = _shapes(program, one)
        self.held: dict[str, tuple[str, float, float]] = {program.seam: (program.seam, 1.0, 0.0)}
        self.alone = {program.seam: False}  # whether only the next step needs a tensor, which may then be overwritten
        self.layers: dict[str, Layer] = {}  # those whose answer was not touched yet
        self.waiting: dict[str, list[Node]] = {}  # linear nodes between a value and its tensor that are still to be done
        self.made = Compiled(program.seam)

    def moving(self, node: Node) -> str:
        """The input of a node that depends on the weights."""
        return next(name for name in node.inputs if name not in self.program.constants and name not in self.program.weights)

    def hold(self, output: str, name: str, factor: float = 1.0, shift: float = 0.0) -> None:
        """The value `output` is factor · v + shift, with v the tensor `name`."""
        self.held[output] = name, factor, shift
        self.alone[name] = self.alone.get(name, True) and self.users[output] <= 1

    def step(self, kind: str, do: Callable[[Values, Values], Any], *reads: str, makes: str = "") -> None:
        self.made.steps.append(Step(kind, do, reads, makes))

    def settled(self, value: str, factors: bool = True) -> str:
        """The tensor of a value, after what waits was done; and, unless `factors` may stay, its factor and shift."""
        if linear := self.waiting.pop(value, None):
            for node in linear:
                source = self.moving(node)
                self.held[source] = self.held[value] if node is linear[0] else (source, 1.0, 0.0)
                self.plain(node)
        name, factor, shift = self.held[value]
        if not factors or (factor, shift) == (1.0, 0.0):
            return name
        self.layers.pop(name, None)
        if self.alone[name]:
            self.step("factor and shift", lambda values, at: values[name].mul_(factor).add_(shift), name)
        else:
            self.step("factor and shift", lambda values, at: values.update({value: values[name] * factor + shift}), name)
            self.alone[value], name = self.users[value] <= 1, value
        self.held[value] = name, 1.0, 0.0
        return name

    def of_point(self, name: str) -> Callable[[Values], Tensor]:
        """A weight at the point, or a constant."""
        if name in self.program.weights:
            self.made.parts[name] = three_of(name, self.weights)
            return lambda at: at[name]
        constant = torch.tensor(self.program.constants[name])
        return lambda at: constant

    def plain(self, node: Node) -> None:
        """In torch where it is there, else in numpy."""
        names = {name: self.settled(name) for name in node.inputs if name in self.held}
        others = {name: self.of_point(name) for name in node.inputs if name and name not in names}
        faster = IN_TORCH.get(node.kind)

        def do(values: Values, at: Values) -> None:
            inputs = [values[names[name]] if name in names else others[name](at) if name else None for name in node.inputs]
            if faster and (made := faster(node, inputs)) is not None:
                values[node.outputs[0]] = made
                return
            arrays = [None if each is None else each.numpy() for each in inputs]
            for name, array in zip(node.outputs, OPERATORS[node.kind].forward(node, arrays), strict=False):
                values[name] = torch.from_numpy(np.ascontiguousarray(array))

        for output in node.outputs:
            self.hold(output, output)
            # what only turns a value shares its memory
            self.alone[output] = self.alone[output] and all(self.alone[name] for name in names.values())
        self.step(node.kind, do, *names.values())


def _shapes(program: Program, one: Array) -> dict[str, tuple[int, ...]]:
    """Of every value, for one picture."""
    values = program.constants | program.weights | {program.seam: one}
    for node in program.nodes:
        made = OPERATORS[node.kind].forward(node, [values[name] if name else None for name in node.inputs])
        values.update(zip(node.outputs, made, strict=False))
    return {name: value.shape[1:] for name, value in values.items()}
