"""What happens between the layers of a program: factors are held back, tanh becomes σ, means become sums, and what is linear waits for its layer."""

from collections.abc import Callable
from typing import Any

from vitreous.inside.landscape.compiled import Values
from vitreous.inside.landscape.draft import Draft
from vitreous.layers.operators import Node

SIGMOID, SUM = "sigmoid", "sum over 2 × 2"  # steps that the first layer's row does otherwise
_HALVING: dict[str, Any] = {"kernel_shape": [2, 2], "strides": [2, 2]}


def _factor(draft: Draft, node: Node) -> None:
    values = [name for name in node.inputs if name in draft.held]
    factors = [draft.program.constants[name] for name in node.inputs if name in draft.program.constants]
    if len(values) == 1 and factors and factors[0].size == 1 and values[0] not in draft.waiting:
        name, factor, shift = draft.held[values[0]]
        c = float(factors[0].item())
        draft.hold(node.outputs[0], name, factor * c, shift * c)
    else:
        draft.plain(node)


def _tanh(draft: Draft, node: Node) -> None:
    _squash(draft, node, 2.0, -1.0)


def _sigmoid(draft: Draft, node: Node) -> None:
    _squash(draft, node, 1.0, 0.0)


def _squash(draft: Draft, node: Node, factor: float, shift: float) -> None:
    """f σ(f a) + s: tanh with 2 and −1."""
    name, own, offset = draft.held[node.inputs[0]]
    layer = draft.layers.pop(name, None)
    if layer is None or offset or not draft.alone[name]:
        draft.plain(node)
        return
    layer.scale(factor * own)
    draft.hold(node.outputs[0], name, factor, shift)
    draft.step(SIGMOID, lambda values, at: values[name].sigmoid_(), name)


def _relu(draft: Draft, node: Node) -> None:
    name, output = draft.settled(node.inputs[0]), node.outputs[0]
    if draft.alone[name]:
        draft.layers.pop(name, None)
        draft.hold(output, name)
        draft.step("relu", lambda values, at: values[name].relu_(), name)
    else:
        draft.hold(output, output)
        draft.step("relu", lambda values, at: values.update({output: values[name].relu()}), name)


def _means(draft: Draft, node: Node) -> None:
    source, output = node.inputs[0], node.outputs[0]
    _, height, width = draft.shapes[source]
    halving = all(list(node.attributes.get(key, ())) == value for key, value in _HALVING.items()) and not any(node.attributes.get("pads", ()))
    if not halving or height % 2 or width % 2:
        draft.plain(node)
        return
    name = draft.settled(source, factors=False)
    _, factor, shift = draft.held[source]

    def add(values: Values, at: Values) -> None:
        rows = values[name][:, :, 0::2] + values[name][:, :, 1::2]
        values[output] = rows[..., 0::2] + rows[..., 1::2]

    draft.hold(output, output, factor / 4, shift)
    draft.step(SUM, add, name, makes=output)


def _product(draft: Draft, node: Node) -> None:
    if sum(name in draft.program.constants for name in node.inputs) == 1:
        _wait(draft, node)
    else:
        draft.plain(node)


def _flat(draft: Draft, node: Node) -> None:
    if node.attributes.get("axis", 1) == 1:
        _wait(draft, node)
    else:
        draft.plain(node)


def _wait(draft: Draft, node: Node) -> None:
    """A linear node is done when its value is asked for, or becomes part of the layer behind it."""
    source, output = draft.moving(node), node.outputs[0]
    if draft.users[source] > 1:
        draft.plain(node)
        return
    draft.waiting[output] = [*draft.waiting.pop(source, []), node]
    draft.hold(output, *draft.held[source])


BETWEEN: dict[str, Callable[[Draft, Node], None]] = {
    "Mul": _factor,
    "Tanh": _tanh,
    "Sigmoid": _sigmoid,
    "Relu": _relu,
    "AveragePool": _means,
    "MatMul": _product,
    "Flatten": _flat,
}
