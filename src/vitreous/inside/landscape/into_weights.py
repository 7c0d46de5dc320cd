"""Layers of a program, and what goes into their weights: factors and shifts before them, linear steps before a layer that sees everything, and at
every point the norm behind them."""

from collections.abc import Callable
from math import prod

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from vitreous.inside.landscape.compiled import Layer, Values, three_of
from vitreous.inside.landscape.draft import Draft
from vitreous.inside.landscape.plane import Array
from vitreous.layers.operators import OPERATORS, Node


def _convolution(draft: Draft, node: Node) -> None:
    W, before, behind = draft.program.weights.get(node.inputs[1]), draft.shapes[node.inputs[0]], draft.shapes[node.outputs[0]]
    if W is None or node.attributes.get("auto_pad", "NOTSET") not in ("NOTSET", "VALID"):
        draft.plain(node)
        return
    sees_all = W.shape[1:] == before and behind[1:] == (1, 1) and not any(node.attributes.get("pads", ()))
    _layer(draft, node, matrix=sees_all)


def _fully_connected(draft: Draft, node: Node) -> None:
    a = node.attributes
    usual = (a.get("transA", 0), a.get("transB", 0), a.get("alpha", 1.0), a.get("beta", 1.0)) == (0, 1, 1.0, 1.0)
    if usual and node.inputs[1] in draft.program.weights:
        _layer(draft, node, matrix=True)
    else:
        draft.plain(node)


def _layer(draft: Draft, node: Node, matrix: bool) -> None:
    """`matrix`: it sees the whole of its input, so what is linear before it becomes part of it."""
    source, output = node.inputs[0], node.outputs[0]
    weights = three_of(node.inputs[1], draft.weights)
    biases = _biases(draft, node, len(weights[0]))
    if matrix:
        weights = [W.flatten(1) for W in weights]
        linear = [each for each in draft.waiting.pop(source, []) if each.kind != "Flatten"]
        if linear:
            M = _matrix_of(draft, source, linear)  # [D, E]
            weights = [W @ M.T for W in weights]
    else:
        draft.settled(source, factors=False)
    made = Layer(node, weights, biases, matrix)
    if made.padded and draft.held[source][2]:
        draft.settled(source)
    name, factor, shift = draft.held[source]
    made.absorb(factor, shift)
    draft.hold(output, output)
    draft.layers[output] = made
    if node is draft.program.first:
        draft.made.first, draft.made.first_output = made, output
        return
    W, b = f"{output}.W", f"{output}.b"
    draft.made.parts |= {W: made.weights, b: made.biases}
    draft.step("layer", lambda values, at: values.update({output: made.answer(values[name], at[W], at[b])}), name)


def _norm(draft: Draft, node: Node) -> None:
    """Fixed mean and variance: at every point it goes into the layer before it, where nobody else reads that."""
    name = draft.settled(node.inputs[0])
    layer = draft.layers.pop(name, None)
    scale, shift, mean, variance = (draft.of_point(each) for each in node.inputs[1:5])
    epsilon, output = node.attributes.get("epsilon", 1e-5), node.outputs[0]
    if layer is None or layer is draft.made.first or not draft.alone[name]:

        def normalize(values: Values, at: Values) -> None:
            values[output] = functional.batch_norm(values[name], mean(at), variance(at), scale(at), shift(at), False, 0.0, epsilon)

        draft.hold(output, output)
        draft.step("norm", normalize, name)
        return
    answer, W, b = draft.made.steps.pop(), f"{name}.W", f"{name}.b"

    def into_weights(values: Values, at: Values) -> None:
        factor = scale(at) * torch.rsqrt(variance(at) + epsilon)
        shaped = factor.view(-1, *[1] * (at[W].ndim - 1))
        answer.do(values, {W: at[W] * shaped, b: (at[b] - mean(at)) * factor + shift(at)})

    draft.hold(output, name)
    draft.step("layer and norm", into_weights, *answer.reads)


def _biases(draft: Draft, node: Node, width: int) -> list[Tensor]:
    name = node.inputs[2] if len(node.inputs) > 2 else ""
    if name in draft.program.weights:
        return three_of(name, draft.weights)
    fixed = torch.tensor(draft.program.constants[name], dtype=torch.float32) if name else torch.zeros(width)
    return [fixed, torch.zeros(width), torch.zeros(width)]


def _matrix_of(draft: Draft, source: str, linear: list[Node]) -> Tensor:
    """What linear nodes do to a value of their first input's shape, as a matrix [D, E]."""
    shape = draft.shapes[draft.moving(linear[0])]
    values = {draft.moving(linear[0]): np.eye(prod(shape), dtype=np.float32).reshape(-1, *shape)}
    for node in linear:
        values[node.outputs[0]] = _numpy(node, values | draft.program.constants)
    return torch.from_numpy(values[linear[-1].outputs[0]].reshape(prod(shape), -1)).float()


def _numpy(node: Node, values: dict[str, Array]) -> Array:
    return OPERATORS[node.kind].forward(node, [values[name] if name else None for name in node.inputs])[0]


LAYERS: dict[str, Callable[[Draft, Node], None]] = {
    "Conv": _convolution,
    "Gemm": _fully_connected,
    "BatchNormalization": _norm,
}
