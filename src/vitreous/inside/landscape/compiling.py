"""A program rewritten so that a point of a plane costs less than a run of the network, and gives the same to rounding.

What is linear in the weights is done once, on the centre and on both directions, in place of at every point:

    a factor behind a layer             goes into its weights
    a factor or a shift before one      goes into its weights and its bias, where it has no padding
    tanh a = 2 σ(2a) − 1                so a tanh becomes a sigmoid, which takes less than half of the time here, and a factor and a shift
    linear steps before a layer that sees everything, such as means over places, become part of its matrix

At every point a norm with fixed mean and variance goes into the weights before it; means over 2 × 2 are three sums of slices; what nobody
else needs is overwritten. An operator without a form of its own here is numpy's, on the same memory.
"""

from collections import Counter
from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from vitreous.inside.landscape.compiled import Compiled, Layer, Step, Values, convolved, three_of
from vitreous.inside.landscape.plane import Array, Plane
from vitreous.inside.landscape.program import LOGITS, Program
from vitreous.layers.operators import OPERATORS, Node

SIGMOID, SUM = "sigmoid", "sum over 2 × 2"  # steps that the first layer's row does otherwise
_HALVING: dict[str, Any] = {"kernel_shape": [2, 2], "strides": [2, 2]}


def compiled(program: Program, plane: Plane, one: Array) -> Compiled:
    """`one`: the seam's value of one picture, [1, …], which tells the shapes."""
    with torch.inference_mode():
        return _Compiler(program, plane, one).made


class _Compiler:
    """Goes through the nodes once. `held`: a value is factor · v + shift, with v the tensor called so."""

    def __init__(self, program: Program, plane: Plane, one: Array) -> None:
        self.program, self.weights = program, (dict(plane.centre), dict(plane.first), dict(plane.second))
        self.users = Counter(name for node in program.nodes for name in node.inputs)
        self.shapes = _shapes(program, one)
        self.held: dict[str, tuple[str, float, float]] = {program.seam: (program.seam, 1.0, 0.0)}
        self.alone = {program.seam: False}  # whether only the next step needs a tensor, which may then be overwritten
        self.layers: dict[str, Layer] = {}  # those whose answer was not touched yet
        self.waiting: dict[str, list[Node]] = {}  # linear nodes between a value and its tensor that are still to be done
        self.made = Compiled(program.seam)
        for node in program.nodes:
            getattr(self, f"on_{node.kind.lower()}", self.plain)(node)
        name = self.settled(LOGITS)
        if name != LOGITS:
            self.made.steps.append(Step("name", lambda values, weights: values.update({LOGITS: values[name]}), ()))

    # Layers, and what goes into their weights

    def on_conv(self, node: Node) -> None:
        W, before, behind = self.program.weights.get(node.inputs[1]), self.shapes[node.inputs[0]], self.shapes[node.outputs[0]]
        if W is None or node.attributes.get("auto_pad", "NOTSET") not in ("NOTSET", "VALID"):
            self.plain(node)
            return
        sees_all = W.shape[1:] == before and behind[1:] == (1, 1) and not any(node.attributes.get("pads", ()))
        self.layer(node, matrix=sees_all)

    def on_gemm(self, node: Node) -> None:
        a = node.attributes
        usual = (a.get("transA", 0), a.get("transB", 0), a.get("alpha", 1.0), a.get("beta", 1.0)) == (0, 1, 1.0, 1.0)
        if usual and node.inputs[1] in self.program.weights:
            self.layer(node, matrix=True)
        else:
            self.plain(node)

    def layer(self, node: Node, matrix: bool) -> None:
        source, output = node.inputs[0], node.outputs[0]
        weights = three_of(node.inputs[1], self.weights)
        biases = self.biases(node, len(weights[0]))
        if matrix:
            weights = [W.flatten(1) for W in weights]
            linear = [each for each in self.waiting.pop(source, []) if each.kind != "Flatten"]
            if linear:
                M = self.matrix_of(source, linear)  # [D, E]
                weights = [W @ M.T for W in weights]
        else:
            self.settled(source, factors=False)
        made = Layer(node, weights, biases, matrix)
        if made.padded and self.held[source][2]:
            self.settled(source)
        name, factor, shift = self.held[source]
        made.absorb(factor, shift)
        self.hold(output, output)
        self.layers[output] = made
        if node is self.program.first:
            self.made.first, self.made.first_output = made, output
            return
        W, b = f"{output}.W", f"{output}.b"
        self.made.parts |= {W: made.weights, b: made.biases}
        self.step("layer", lambda values, at: values.update({output: made.answer(values[name], at[W], at[b])}), name)

    def on_batchnormalization(self, node: Node) -> None:
        name = self.settled(node.inputs[0])
        layer = self.layers.pop(name, None)
        scale, shift, mean, variance = (self.of_point(each) for each in node.inputs[1:5])
        epsilon, output = node.attributes.get("epsilon", 1e-5), node.outputs[0]
        if layer is None or layer is self.made.first or not self.alone[name]:

            def normalize(values: Values, at: Values) -> None:
                values[output] = functional.batch_norm(values[name], mean(at), variance(at), scale(at), shift(at), False, 0.0, epsilon)

            self.hold(output, output)
            self.step("norm", normalize, name)
            return
        answer, W, b = self.made.steps.pop(), f"{name}.W", f"{name}.b"

        def into_weights(values: Values, at: Values) -> None:
            factor = scale(at) * torch.rsqrt(variance(at) + epsilon)
            shaped = factor.view(-1, *[1] * (at[W].ndim - 1))
            answer.do(values, {W: at[W] * shaped, b: (at[b] - mean(at)) * factor + shift(at)})

        self.hold(output, name)
        self.step("layer and norm", into_weights, *answer.reads)

    def biases(self, node: Node, width: int) -> list[Tensor]:
        name = node.inputs[2] if len(node.inputs) > 2 else ""
        if name in self.program.weights:
            return three_of(name, self.weights)
        fixed = torch.tensor(self.program.constants[name], dtype=torch.float32) if name else torch.zeros(width)
        return [fixed, torch.zeros(width), torch.zeros(width)]

    def matrix_of(self, source: str, linear: list[Node]) -> Tensor:
        """What linear nodes do to a value of their first input's shape, as a matrix [D, E]."""
        shape = self.shapes[_moving(linear[0], self.program)]
        values = {_moving(linear[0], self.program): np.eye(prod(shape), dtype=np.float32).reshape(-1, *shape)}
        for node in linear:
            values[node.outputs[0]] = _numpy(node, values | self.program.constants)
        return torch.from_numpy(values[linear[-1].outputs[0]].reshape(prod(shape), -1)).float()

    # Between the layers

    def on_mul(self, node: Node) -> None:
        moving = [name for name in node.inputs if name in self.held]
        factors = [self.program.constants[name] for name in node.inputs if name in self.program.constants]
        if len(moving) == 1 and factors and factors[0].size == 1 and moving[0] not in self.waiting:
            name, factor, shift = self.held[moving[0]]
            c = float(factors[0].item())
            self.hold(node.outputs[0], name, factor * c, shift * c)
        else:
            self.plain(node)

    def on_tanh(self, node: Node) -> None:
        self.squash(node, 2.0, -1.0)

    def on_sigmoid(self, node: Node) -> None:
        self.squash(node, 1.0, 0.0)

    def squash(self, node: Node, factor: float, shift: float) -> None:
        """f σ(f a) + s: tanh with 2 and −1."""
        name, own, offset = self.held[node.inputs[0]]
        layer = self.layers.pop(name, None)
        if layer is None or offset or not self.alone[name]:
            self.plain(node)
            return
        layer.scale(factor * own)
        self.hold(node.outputs[0], name, factor, shift)
        self.step(SIGMOID, lambda values, at: values[name].sigmoid_(), name)

    def on_relu(self, node: Node) -> None:
        name, output = self.settled(node.inputs[0]), node.outputs[0]
        if self.alone[name]:
            self.layers.pop(name, None)
            self.hold(output, name)
            self.step("relu", lambda values, at: values[name].relu_(), name)
        else:
            self.hold(output, output)
            self.step("relu", lambda values, at: values.update({output: values[name].relu()}), name)

    def on_averagepool(self, node: Node) -> None:
        source, output = node.inputs[0], node.outputs[0]
        _, height, width = self.shapes[source]
        halving = all(list(node.attributes.get(key, ())) == value for key, value in _HALVING.items()) and not any(node.attributes.get("pads", ()))
        if not halving or height % 2 or width % 2:
            self.plain(node)
            return
        name = self.settled(source, factors=False)
        _, factor, shift = self.held[source]

        def add(values: Values, at: Values) -> None:
            rows = values[name][:, :, 0::2] + values[name][:, :, 1::2]
            values[output] = rows[..., 0::2] + rows[..., 1::2]

        self.hold(output, output, factor / 4, shift)
        self.step(SUM, add, name, makes=output)

    def on_matmul(self, node: Node) -> None:
        if sum(name in self.program.constants for name in node.inputs) == 1:
            self.wait(node)
        else:
            self.plain(node)

    def on_flatten(self, node: Node) -> None:
        if node.attributes.get("axis", 1) == 1:
            self.wait(node)
        else:
            self.plain(node)

    def wait(self, node: Node) -> None:
        source, output = _moving(node, self.program), node.outputs[0]
        if self.users[source] > 1:
            self.plain(node)
            return
        self.waiting[output] = [*self.waiting.pop(source, []), node]
        self.hold(output, *self.held[source])

    def plain(self, node: Node) -> None:
        """In torch where it is there, else in numpy."""
        names = {name: self.settled(name) for name in node.inputs if name in self.held}
        others = {name: self.of_point(name) for name in node.inputs if name and name not in names}
        faster = _FASTER.get(node.kind)

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

    # Book-keeping

    def hold(self, output: str, name: str, factor: float = 1.0, shift: float = 0.0) -> None:
        self.held[output] = name, factor, shift
        self.alone[name] = self.alone.get(name, True) and self.users[output] <= 1

    def step(self, kind: str, do: Callable[[Values, Values], Any], *reads: str, makes: str = "") -> None:
        self.made.steps.append(Step(kind, do, reads, makes))

    def settled(self, value: str, factors: bool = True) -> str:
        """The tensor of a value, after what waits was done; and, unless `factors` may stay, its factor and shift."""
        if linear := self.waiting.pop(value, None):
            for node in linear:
                source = _moving(node, self.program)
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


def _shapes(program: Program, one: Array) -> dict[str, tuple[int, ...]]:
    """Of every value, for one picture."""
    values = program.constants | program.weights | {program.seam: one}
    for node in program.nodes:
        made = OPERATORS[node.kind].forward(node, [values[name] if name else None for name in node.inputs])
        values.update(zip(node.outputs, made, strict=False))
    return {name: value.shape[1:] for name, value in values.items()}


def _moving(node: Node, program: Program) -> str:
    """The input of a node that depends on the weights."""
    return next(name for name in node.inputs if name not in program.constants and name not in program.weights)


def _numpy(node: Node, values: dict[str, Array]) -> Array:
    return OPERATORS[node.kind].forward(node, [values[name] if name else None for name in node.inputs])[0]


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
_FASTER: dict[str, Callable[[Node, list[Any]], Tensor | None]] = {
    "Conv": lambda node, inputs: convolved(node, inputs[0], *inputs[1:3], *[None] * (3 - len(inputs))) if "auto_pad" not in node.attributes else None,
    "MaxPool": _max_pool,
    "AveragePool": _average_pool,
    "GlobalAveragePool": lambda node, inputs: inputs[0].mean((2, 3), keepdim=True),
    "Add": lambda node, inputs: inputs[0] + inputs[1],
    "Tanh": lambda node, inputs: inputs[0].tanh(),
    "Sigmoid": lambda node, inputs: inputs[0].sigmoid(),
}
