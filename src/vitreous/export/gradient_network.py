"""The gradient of a score as a network of its own, so that the engine works it out: the way back is written behind the way forward, node for node.

Back through a convolution of stride 1 goes a convolution with its kernels turned round, of a greater stride a transposed one; through what
works value by value a product with its derivative. The engine takes a fifth of the walk's time for it. What is known here is what common
networks for pictures are made of; of any other network there is none, and the walk does it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from vitreous.infer.network import Network
from vitreous.layers.operators import Node
from vitreous.layers.walk import Walk
from vitreous.layers.window import Array

# Operators as they are written here (axes of a sum as an input, …) are those of this set on.
_LEAST_OPSET = 13


class _Unknown(Exception):  # no error: the walk does it then
    """There is no way back that is known here."""


@dataclass
class _Back:
    """The nodes of the way back. Names begin with what no name of the network begins with."""

    walk: Walk
    values: Mapping[str, Array]
    prefix: str
    nodes: list[Any] = field(default_factory=list)
    weights: list[Any] = field(default_factory=list)

    def node(self, kind: str, *inputs: str, **attributes: Any) -> str:
        from onnx import helper

        name = f"{self.prefix}{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def weight(self, value: Any) -> str:
        from onnx import numpy_helper

        name = f"{self.prefix}w{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def number(self, value: float) -> str:
        return self.weight(np.float32(value))

    def constant(self, name: str) -> Array:
        if name not in self.walk.constants:
            raise _Unknown
        return self.walk.constants[name]

    def reshaped(self, d: str, shape: tuple[int, ...]) -> str:
        return self.node("Reshape", d, self.weight(np.array((-1, *shape[1:]), np.int64)))

    def gathered(self, d: str, made: tuple[int, ...], shape: tuple[int, ...]) -> str:
        """The gradient of a value of `shape` that was spread to that of d: the sum over its copies."""
        if len(made) != len(shape):
            raise _Unknown
        spread = [axis for axis, (have, had) in enumerate(zip(made, shape, strict=True)) if had != have]
        return self.node("ReduceSum", d, self.weight(np.array(spread, np.int64)), keepdims=1) if spread else d


def gradient_network(network: Network, walk: Walk, values: Mapping[str, Array], score: str, index: int) -> tuple[Network, str] | None:
    """A network of pictures [N, S, S, 3] in float32 whose value of the name that is returned is the gradient of number `index` of `score`.

    `values` are those of a walk over one picture. None where an operator is on the way that is not known here.
    """
    from onnx import TensorProto, helper, load_model_from_string

    model = load_model_from_string(network.data)
    opset = max((each.version for each in model.opset_import if each.domain in ("", "ai.onnx")), default=1)
    (image, *others) = walk.inputs
    if others or opset < _LEAST_OPSET:
        return None
    prefix = "d:"
    while any(name.startswith(prefix) for name in values):
        prefix += ":"
    back = _Back(walk, values, prefix)
    try:
        gradient = _written(back, image, score, index)
    except _Unknown:
        return None
    graph = model.graph
    graph.node.extend(back.nodes)
    graph.initializer.extend(back.weights)
    for each in graph.input:
        if each.name == image:
            each.type.tensor_type.elem_type = TensorProto.FLOAT
    del graph.output[:]
    graph.output.extend(helper.make_empty_tensor_value_info(name) for name in (score, gradient))
    return replace(network, data=bytes(model.SerializeToString(deterministic=True))), gradient


def _written(back: _Back, image: str, score: str, index: int) -> str:
    """Walk.gradients, as nodes; the name of the gradient in the picture."""
    walk, values = back.walk, back.values
    reached = {image}
    for node in walk.nodes:
        if reached.intersection(node.inputs):
            reached.update(node.outputs)
    seed = np.zeros(values[score].shape, np.float32)
    seed[:, index] = 1
    found = {score: back.weight(seed)}
    for node in reversed(walk.nodes):
        if not found.keys() & set(node.outputs):
            continue
        d = found[node.outputs[0]]
        for number, name in enumerate(node.inputs):
            if name in reached:
                if node.kind not in _BACKWARD or node.outputs[0] not in found:
                    raise _Unknown
                share = _BACKWARD[node.kind](back, node, d, number)
                found[name] = back.node("Add", found[name], share) if name in found else share
    if image not in found:
        raise _Unknown
    return back.node("Identity", found[image])


def _same(back: _Back, node: Node, d: str, number: int) -> str:
    if number or len(node.inputs) > 2:  # a dropout in training
        raise _Unknown
    return d


def _to_shape(back: _Back, node: Node, d: str, number: int) -> str:
    return back.reshaped(d, back.values[node.inputs[0]].shape)


def _transpose(back: _Back, node: Node, d: str, number: int) -> str:
    axes = node.attributes.get("perm", list(range(back.values[node.inputs[0]].ndim))[::-1])
    return back.node("Transpose", d, perm=[int(axis) for axis in np.argsort(axes)])


def _where(back: _Back, open_: str, d: str) -> str:
    return back.node("Where", open_, d, back.number(0))


def _relu(back: _Back, node: Node, d: str, number: int) -> str:
    return _where(back, back.node("Greater", node.inputs[0], back.number(0)), d)


def _clip(back: _Back, node: Node, d: str, number: int) -> str:
    X, limits = node.inputs[0], node.inputs[1:]
    open_ = [back.node(kind, X, limit) for kind, limit in zip(("GreaterOrEqual", "LessOrEqual"), limits, strict=False) if limit]
    for each in open_:
        d = _where(back, each, d)
    return d


def _sigmoid(back: _Back, node: Node, d: str, number: int) -> str:
    Y = node.outputs[0]
    return back.node("Mul", d, back.node("Mul", Y, back.node("Sub", back.number(1), Y)))


def _pair(back: _Back, node: Node, d: str, number: int) -> str:
    """Add, Sub, Mul, and Div by a constant; the smaller side is spread."""
    other = node.inputs[1 - number]
    if node.kind == "Mul":
        d = back.node("Mul", d, other)
    elif node.kind == "Div":
        if number:
            raise _Unknown
        d = back.node("Div", d, other)
    elif node.kind == "Sub" and number:
        d = back.node("Neg", d)
    return back.gathered(d, back.values[node.outputs[0]].shape, back.values[node.inputs[number]].shape)


def _gemm(back: _Back, node: Node, d: str, number: int) -> str:
    a = node.attributes
    if number or a.get("transA") or a.get("alpha", 1.0) != 1:
        raise _Unknown
    B = back.constant(node.inputs[1])
    return back.node("MatMul", d, back.weight(B if a.get("transB") else B.T))


def _matmul(back: _Back, node: Node, d: str, number: int) -> str:
    B = back.constant(node.inputs[1])
    if number or B.ndim != 2:
        raise _Unknown
    return back.node("MatMul", d, back.weight(B.T))


def _batch_norm(back: _Back, node: Node, d: str, number: int) -> str:
    if number or node.attributes.get("training_mode"):
        raise _Unknown
    gamma, variance = back.constant(node.inputs[1]), back.constant(node.inputs[4])
    scale = gamma / np.sqrt(variance + np.asarray(node.attributes.get("epsilon", 1e-5), variance.dtype))
    return back.node("Mul", d, back.weight(scale.reshape(-1, *(1,) * (back.values[node.inputs[0]].ndim - 2))))


def _mean(back: _Back, node: Node, d: str, number: int) -> str:
    """Of a global average pool, and of a mean over any axes but the first."""
    X, Y = back.values[node.inputs[0]], back.values[node.outputs[0]]
    if number:
        raise _Unknown
    if node.kind == "GlobalAveragePool":
        axes = tuple(range(2, X.ndim))
    else:
        given = back.constant(node.inputs[1]) if len(node.inputs) > 1 and node.inputs[1] else node.attributes.get("axes", ())
        axes = tuple(int(axis) % X.ndim for axis in given)
    if not axes or 0 in axes:
        raise _Unknown
    kept = tuple(1 if axis in axes else size for axis, size in enumerate(X.shape))
    part = back.node("Mul", back.reshaped(d, kept), back.number(Y.size / X.size))
    return back.node("Expand", part, back.weight(np.array(X.shape, np.int64)))


def _convolution(back: _Back, node: Node, d: str, number: int) -> str:
    W, a = back.constant(node.inputs[1]), node.attributes
    X, Y = back.values[node.inputs[0]], back.values[node.outputs[0]]
    if number or X.ndim != 4 or a.get("auto_pad", "NOTSET") != "NOTSET" or set(a.get("dilations", (1,))) != {1}:
        raise _Unknown
    groups, kernel, stride, pads = a.get("group", 1), W.shape[2:], tuple(a.get("strides", (1, 1))), tuple(a.get("pads", (0, 0, 0, 0)))
    more = [k - 1 - pad for k, pad in zip((*kernel, *kernel), pads, strict=True)]
    if stride == (1, 1) and min(more) >= 0:
        parts = W.reshape(groups, len(W) // groups, W.shape[1], *kernel)
        turned = parts.swapaxes(1, 2)[..., ::-1, ::-1].reshape(-1, len(W) // groups, *kernel)
        return back.node("Conv", d, back.weight(turned), group=groups, kernel_shape=kernel, pads=more)
    # rows and columns that no window reaches have no gradient
    missing = [X.shape[2 + k] - ((Y.shape[2 + k] - 1) * stride[k] + kernel[k] - pads[k] - pads[2 + k]) for k in (0, 1)]
    if min(missing) < 0 or any(out >= step for out, step in zip(missing, stride, strict=True)):
        raise _Unknown
    return back.node(
        "ConvTranspose", d, back.weight(W), group=groups, kernel_shape=kernel, strides=stride, pads=pads, output_padding=missing
    )  # fmt: skip


_BACKWARD: dict[str, Callable[[_Back, Node, str, int], str]] = {
    **dict.fromkeys(("Cast", "Identity", "Dropout"), _same),
    **dict.fromkeys(("Flatten", "Reshape", "Squeeze", "Unsqueeze"), _to_shape),
    **dict.fromkeys(("Add", "Sub", "Mul", "Div"), _pair),
    **dict.fromkeys(("GlobalAveragePool", "ReduceMean"), _mean),
    "Transpose": _transpose,
    "Relu": _relu,
    "Clip": _clip,
    "Sigmoid": _sigmoid,
    "Gemm": _gemm,
    "MatMul": _matmul,
    "BatchNormalization": _batch_norm,
    "Conv": _convolution,
}
