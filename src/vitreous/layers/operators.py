"""What a node of an ONNX file does, forward and backward, by the layers of this package.

`OPERATORS` maps the operator's name to its two functions. Forward gets the node and its inputs, and gives its outputs. Backward gets
besides them the gradient of the output and the number of one input, and gives the gradient in that input; an operator without
it lets no gradient through (the shape of a picture has no derivative). Only Split has several outputs with a gradient: joined again.

Source: the ONNX operator specification, opsets 7 to 22.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import erf, pi
from typing import Any

import numpy as np

from vitreous.layers import activations as act
from vitreous.layers import batch_norm as norm
from vitreous.layers import convolution as conv
from vitreous.layers import joining, linear, local_response, pooling
from vitreous.layers import softmax as soft
from vitreous.layers.window import Array, Window, same_padding


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
    forward: Forward
    backward: Backward | None = None


# ---- windows


def window_of_node(node: Node, X: Array, kernel: Sequence[int]) -> Window:
    if X.ndim != 4:
        raise ValueError(f"{node.kind} of an array of {X.ndim} axes; [N, C, H, W] is needed")
    a = node.attributes
    stride, dilation = tuple(a.get("strides", (1, 1))), tuple(a.get("dilations", (1, 1)))
    size, kernel = (int(X.shape[2]), int(X.shape[3])), (int(kernel[0]), int(kernel[1]))
    padding = tuple(a.get("pads", (0, 0, 0, 0)))
    if (auto := a.get("auto_pad", "NOTSET")) in ("SAME_UPPER", "SAME_LOWER"):
        padding = same_padding(size, kernel, stride, dilation)
        padding = padding if auto == "SAME_UPPER" else (*padding[2:], *padding[:2])
    return Window(kernel, stride, padding, dilation, bool(a.get("ceil_mode", 0)))


def _conv(node: Node, inputs: Inputs) -> tuple[Array, ...]:
    X, W, b = (*inputs, None)[:3]
    return (conv.convolution(X, W, b, window_of_node(node, X, W.shape[2:]), node.attributes.get("group", 1)),)


def _conv_backward(dY: Array, node: Node, inputs: Inputs, outputs: tuple[Array, ...], number: int) -> Array:
    X, W = inputs[:2]
    window, groups = window_of_node(node, X, W.shape[2:]), node.attributes.get("group", 1)
    if number == 2:
        return conv.convolution_db(dY)
    return (conv.convolution_dX if number == 0 else conv.convolution_dW)(dY, X, W, window, groups)


def _pool(node: Node, X: Array) -> Window:
    return window_of_node(node, X, node.attributes["kernel_shape"])


def _max_pool(node: Node, inputs: Inputs) -> tuple[Array, ...]:
    return (pooling.max_pool(inputs[0], _pool(node, inputs[0])),)


def _average_pool(node: Node, inputs: Inputs) -> tuple[Array, ...]:
    return (pooling.average_pool(inputs[0], _pool(node, inputs[0]), bool(node.attributes.get("count_include_pad", 0))),)


def _average_pool_backward(dY: Array, node: Node, inputs: Inputs, outputs: tuple[Array, ...], number: int) -> Array:
    return pooling.average_pool_dX(dY, inputs[0], _pool(node, inputs[0]), bool(node.attributes.get("count_include_pad", 0)))


def _global_max(dY: Array, node: Node, inputs: Inputs, outputs: tuple[Array, ...], number: int) -> Array:
    return _share_of_largest(dY, inputs[0], outputs[0], tuple(range(2, inputs[0].ndim)))


# ---- normalization


def _batch_norm(node: Node, inputs: Inputs) -> tuple[Array, ...]:
    X, gamma, beta, mean, variance = inputs[:5]
    return (norm.batch_norm(X, gamma, beta, mean, variance, node.attributes.get("epsilon", 1e-5)),)


def _batch_norm_backward(dY: Array, node: Node, inputs: Inputs, outputs: tuple[Array, ...], number: int) -> Array:
    X, gamma, _, mean, variance = inputs[:5]
    if number > 2:
        raise ValueError("batch norm: running mean and variance are counted, not learned")
    return norm.batch_norm_gradients(dY, X, gamma, mean, variance, node.attributes.get("epsilon", 1e-5))[number]


def _lrn(node: Node) -> tuple[int, float, float, float]:
    a = node.attributes
    return a["size"], a.get("alpha", 1e-4), a.get("beta", 0.75), a.get("bias", 1.0)


def _standard(node: Node, X: Array) -> tuple[Array, Array, tuple[int, ...]]:
    """Layer normalization's X̂, the deviation, and the axes of the mean (Ba et al. 2016)."""
    axes = tuple(range(node.attributes.get("axis", -1) % X.ndim, X.ndim))
    centred = X - X.mean(axes, keepdims=True)
    deviation = np.sqrt((centred * centred).mean(axes, keepdims=True) + np.asarray(node.attributes.get("epsilon", 1e-5), X.dtype))
    return centred / deviation, deviation, axes


def _layer_norm(node: Node, inputs: Inputs) -> tuple[Array, ...]:
    X, scale, shift = (*inputs, None)[:3]
    Y = _standard(node, X)[0] * scale
    return (Y if shift is None else Y + shift,)


def _layer_norm_backward(dY: Array, node: Node, inputs: Inputs, outputs: tuple[Array, ...], number: int) -> Array:
    X, scale = inputs[:2]
    standard, deviation, axes = _standard(node, X)
    if number:
        return joining.gathered(dY * standard if number == 1 else dY, inputs[number].shape)
    d = dY * scale
    return np.asarray((d - d.mean(axes, keepdims=True) - standard * (d * standard).mean(axes, keepdims=True)) / deviation)


# ---- products


def _gemm(node: Node, inputs: Inputs) -> tuple[Array, ...]:
    A, B, C = (*inputs, None)[:3]
    a = node.attributes
    A, B = A.T if a.get("transA") else A, B.T if a.get("transB") else B
    Y = A @ B * np.asarray(a.get("alpha", 1.0), A.dtype)
    return (Y if C is None else Y + C * np.asarray(a.get("beta", 1.0), A.dtype),)


def _gemm_backward(dY: Array, node: Node, inputs: Inputs, outputs: tuple[Array, ...], number: int) -> Array:
    a = node.attributes
    if number == 2:
        return joining.gathered(dY * np.asarray(a.get("beta", 1.0), dY.dtype), inputs[2].shape)
    A, B = inputs[0].T if a.get("transA") else inputs[0], inputs[1].T if a.get("transB") else inputs[1]
    d = (linear.linear_dX(dY, B.T) if number == 0 else A.T @ dY) * np.asarray(a.get("alpha", 1.0), dY.dtype)
    return np.asarray(d.T if a.get(("transA", "transB")[number]) else d)


def _matmul_backward(dY: Array, node: Node, inputs: Inputs, outputs: tuple[Array, ...], number: int) -> Array:
    A, B = inputs
    if A.ndim == 1 or B.ndim == 1:
        raise ValueError("MatMul backward: arrays of two axes or more are needed")
    d = dY @ np.swapaxes(B, -1, -2) if number == 0 else np.swapaxes(A, -1, -2) @ dY
    return joining.gathered(d, inputs[number].shape)


# ---- value by value


def _each(f: Callable[[Any], Any], derivative: Callable[[Any, Any], Any]) -> Operator:
    """Y = f(X), with the derivative as a function of X and Y."""
    return Operator(lambda node, inputs: (np.asarray(f(inputs[0]), inputs[0].dtype),), lambda dY, node, i, o, number: dY * derivative(i[0], o[0]))


def _tuned(f: Callable[..., Any], derivative: Callable[..., Any], **defaults: float) -> Operator:
    """The same with the node's attributes, by name."""

    def of(node: Node) -> dict[str, float]:
        return {key: node.attributes.get(key, value) for key, value in defaults.items()}

    return Operator(
        lambda node, inputs: (np.asarray(f(inputs[0], **of(node)), inputs[0].dtype),),
        lambda dY, node, i, o, number: np.asarray(dY * derivative(i[0], **of(node)), dY.dtype),
    )


def _pair(f: Callable[[Any, Any], Any], *derivatives: Callable[[Any, Any], Any]) -> Operator:
    """Y = f(A, B), with one derivative for each side; the smaller side is spread."""

    def backward(dY: Array, node: Node, inputs: Inputs, outputs: tuple[Array, ...], number: int) -> Array:
        d = dY * derivatives[number](inputs[0], inputs[1])
        return joining.gathered(np.asarray(d, dY.dtype), inputs[number].shape)

    return Operator(lambda node, inputs: (np.asarray(f(inputs[0], inputs[1])),), backward if derivatives else None)


def _several(f: Callable[[Any, Any], Any]) -> Operator:
    """Max, Min and Sum of any number of inputs."""

    def forward(node: Node, inputs: Inputs) -> tuple[Array, ...]:
        Y = inputs[0]
        for X in inputs[1:]:
            Y = f(Y, X)
        return (np.asarray(Y),)

    def backward(dY: Array, node: Node, inputs: Inputs, outputs: tuple[Array, ...], number: int) -> Array:
        if f is np.add:
            return joining.gathered(dY, inputs[number].shape)
        # the first of equals has the gradient
        first = np.ones(dY.shape, bool)
        for X in inputs[:number]:
            first &= np.broadcast_to(X, dY.shape) != outputs[0]
        return joining.gathered(dY * (first & (np.broadcast_to(inputs[number], dY.shape) == outputs[0])), inputs[number].shape)

    return Operator(forward, backward)


def _limits(node: Node, inputs: Inputs) -> tuple[float, float]:
    """Clip's limits: attributes until opset 10, inputs since."""
    least, greatest = (*inputs[1:], None, None)[:2]
    return (
        float(least) if least is not None else node.attributes.get("min", -np.inf),
        float(greatest) if greatest is not None else node.attributes.get("max", np.inf),
    )


def _erf(X: Array) -> Array:
    from scipy.special import erf as values

    return np.asarray(values(X), X.dtype) if X.ndim else np.asarray(erf(float(X)), X.dtype)


def _gelu(X: Array, approximate: str) -> Array:
    return np.asarray(0.5 * X * (1 + (np.tanh(np.sqrt(2 / pi) * (X + 0.044715 * X**3)) if approximate == "tanh" else _erf(X / np.sqrt(2)))))


def _gelu_slope(X: Array, approximate: str) -> Array:
    if approximate == "tanh":
        t = np.tanh(np.sqrt(2 / pi) * (X + 0.044715 * X**3))
        return np.asarray(0.5 * (1 + t) + 0.5 * X * (1 - t * t) * np.sqrt(2 / pi) * (1 + 3 * 0.044715 * X**2))
    return np.asarray(0.5 * (1 + _erf(X / np.sqrt(2))) + X * np.exp(-X * X / 2) / np.sqrt(2 * pi))


# ---- over axes


def _axes(node: Node, inputs: Inputs) -> tuple[int, ...]:
    given = inputs[1] if len(inputs) > 1 and inputs[1] is not None else node.attributes.get("axes")
    if given is None or not len(given):
        return () if node.attributes.get("noop_with_empty_axes") else tuple(range(inputs[0].ndim))
    return tuple(int(axis) % inputs[0].ndim for axis in given)


def _reduction(f: Callable[..., Any], backward: Callable[[Array, Array, Array, tuple[int, ...]], Array]) -> Operator:
    """f over some axes. `backward` gets dY and Y with the axes kept, between them X."""

    def forward(node: Node, inputs: Inputs) -> tuple[Array, ...]:
        axes = _axes(node, inputs)
        return (np.asarray(f(inputs[0], axis=axes, keepdims=bool(node.attributes.get("keepdims", 1))), inputs[0].dtype),)

    def back(dY: Array, node: Node, inputs: Inputs, outputs: tuple[Array, ...], number: int) -> Array:
        axes = _axes(node, inputs)
        kept = tuple(1 if axis in axes else size for axis, size in enumerate(inputs[0].shape))
        return np.broadcast_to(backward(dY.reshape(kept), inputs[0], outputs[0].reshape(kept), axes), inputs[0].shape)

    return Operator(forward, back)


def _share_of_largest(dY: Array, X: Array, Y: Array, axes: tuple[int, ...]) -> Array:
    """The gradient of a largest value: equal ones share it, as torch's amax has it."""
    hit = X == Y
    return np.asarray(dY * hit / hit.sum(axes, keepdims=True), dY.dtype)


def _count(X: Array, axes: tuple[int, ...]) -> int:
    return int(np.prod([X.shape[axis] for axis in axes], dtype=np.int64))


# ---- shapes


def _reshape(node: Node, inputs: Inputs) -> tuple[Array, ...]:
    X, shape = inputs[0], [int(size) for size in (inputs[1] if len(inputs) > 1 else node.attributes["shape"])]
    if not node.attributes.get("allowzero"):
        shape = [X.shape[axis] if size == 0 else size for axis, size in enumerate(shape)]
    return (X.reshape(shape),)


def _flatten(node: Node, inputs: Inputs) -> tuple[Array, ...]:
    X, axis = inputs[0], node.attributes.get("axis", 1)
    axis = axis + X.ndim if axis < 0 else axis
    return (X.reshape(int(np.prod(X.shape[:axis], dtype=np.int64)), -1),)


def _transpose(node: Node, inputs: Inputs) -> tuple[Array, ...]:
    return (inputs[0].transpose(node.attributes.get("perm")),)


def _transpose_backward(dY: Array, node: Node, inputs: Inputs, outputs: tuple[Array, ...], number: int) -> Array:
    order = node.attributes.get("perm") or tuple(reversed(range(dY.ndim)))
    return dY.transpose(np.argsort(order))


def _unsqueeze(node: Node, inputs: Inputs) -> tuple[Array, ...]:
    return (np.expand_dims(inputs[0], tuple(int(axis) for axis in (inputs[1] if len(inputs) > 1 else node.attributes["axes"]))),)


def _squeeze(node: Node, inputs: Inputs) -> tuple[Array, ...]:
    axes = inputs[1] if len(inputs) > 1 and inputs[1] is not None else node.attributes.get("axes")
    return (inputs[0].squeeze(None if axes is None else tuple(int(axis) for axis in axes)),)


def _back_to_shape(dY: Array, node: Node, inputs: Inputs, outputs: tuple[Array, ...], number: int) -> Array:
    return dY.reshape(inputs[0].shape)


def _concat_backward(dY: Array, node: Node, inputs: Inputs, outputs: tuple[Array, ...], number: int) -> Array:
    return joining.concatenation_dX(dY, inputs, node.attributes["axis"])[number]


def _pads(node: Node, inputs: Inputs) -> list[tuple[int, int]]:
    if node.attributes.get("mode", "constant") != "constant":
        raise ValueError(f"Pad in the mode {node.attributes['mode']!r}; only 'constant' is covered")
    given = [int(each) for each in (inputs[1] if len(inputs) > 1 else node.attributes["pads"])]
    chosen = inputs[3] if len(inputs) > 3 and inputs[3] is not None else range(inputs[0].ndim)
    pads = [(0, 0)] * inputs[0].ndim
    for place, axis in enumerate(chosen):
        pads[int(axis)] = given[place], given[place + len(given) // 2]
    return pads


def _pad(node: Node, inputs: Inputs) -> tuple[Array, ...]:
    value = inputs[2] if len(inputs) > 2 and inputs[2] is not None else node.attributes.get("value", 0.0)
    pads = _pads(node, inputs)
    Y = np.pad(inputs[0], [(max(0, a), max(0, b)) for a, b in pads], constant_values=np.asarray(value, inputs[0].dtype).item())
    return (Y[tuple(slice(max(0, -a), Y.shape[axis] - max(0, -b)) for axis, (a, b) in enumerate(pads))],)


def _pad_backward(dY: Array, node: Node, inputs: Inputs, outputs: tuple[Array, ...], number: int) -> Array:
    pads = _pads(node, inputs)
    widened = np.pad(dY, [(max(0, -a), max(0, -b)) for a, b in pads])
    return widened[tuple(slice(max(0, a), max(0, a) + size) for (a, _), size in zip(pads, inputs[0].shape, strict=True))]


def _slices(node: Node, inputs: Inputs) -> tuple[slice, ...]:
    a = node.attributes
    starts, ends, axes, steps = (*inputs[1:], None, None, None, None)[:4] if len(inputs) > 1 else (a["starts"], a["ends"], a.get("axes"), None)
    cut = [slice(None)] * inputs[0].ndim
    for place, (start, end) in enumerate(zip(starts, ends, strict=True)):
        axis, step = int(axes[place]) if axes is not None else place, int(steps[place]) if steps is not None else 1
        # going backwards past the first element is said by an end below −size, which in Python is None
        stop = None if step < 0 and int(end) < -inputs[0].shape[axis] else int(end)
        cut[axis] = slice(int(start), stop, step)
    return tuple(cut)


def _slice_backward(dY: Array, node: Node, inputs: Inputs, outputs: tuple[Array, ...], number: int) -> Array:
    dX = np.zeros(inputs[0].shape, dY.dtype)
    dX[_slices(node, inputs)] = dY
    return dX


def _gather_backward(dY: Array, node: Node, inputs: Inputs, outputs: tuple[Array, ...], number: int) -> Array:
    axis = node.attributes.get("axis", 0) % inputs[0].ndim
    dX = np.zeros(inputs[0].shape, dY.dtype)
    np.add.at(dX, (slice(None),) * axis + (inputs[1],), dY)
    return dX


def _split(node: Node, inputs: Inputs) -> tuple[Array, ...]:
    axis = node.attributes.get("axis", 0)
    sizes = inputs[1] if len(inputs) > 1 and inputs[1] is not None else node.attributes.get("split")
    if sizes is None:
        each = -(-inputs[0].shape[axis] // len(node.outputs))
        return tuple(np.split(inputs[0], range(each, inputs[0].shape[axis], each), axis))
    return tuple(np.split(inputs[0], np.cumsum([int(size) for size in sizes])[:-1], axis))


def _expand(node: Node, inputs: Inputs) -> tuple[Array, ...]:
    return (np.broadcast_to(inputs[0], np.broadcast_shapes(inputs[0].shape, tuple(int(size) for size in inputs[1]))),)


def _where_backward(dY: Array, node: Node, inputs: Inputs, outputs: tuple[Array, ...], number: int) -> Array:
    return joining.gathered(dY * (inputs[0] if number == 1 else ~inputs[0]), inputs[number].shape)


def _argmax(node: Node, inputs: Inputs) -> tuple[Array, ...]:
    return (np.asarray(np.argmax(inputs[0], node.attributes.get("axis", 0), keepdims=bool(node.attributes.get("keepdims", 1)))),)


def _cast(node: Node, inputs: Inputs) -> tuple[Array, ...]:
    return (inputs[0].astype(node.attributes["to"]),)


def _same(node: Node, inputs: Inputs) -> tuple[Array, ...]:
    return (inputs[0],)


OPERATORS: dict[str, Operator] = {
    "Conv": Operator(_conv, _conv_backward),
    "MaxPool": Operator(_max_pool, lambda dY, node, i, o, number: pooling.max_pool_dX(dY, i[0], o[0], _pool(node, i[0]))),
    "AveragePool": Operator(_average_pool, _average_pool_backward),
    "GlobalAveragePool": Operator(
        lambda node, i: (pooling.global_average_pool(i[0]),), lambda dY, node, i, o, number: pooling.global_average_pool_dX(dY, i[0])
    ),
    "GlobalMaxPool": Operator(lambda node, i: (i[0].max((2, 3), keepdims=True),), _global_max),
    "BatchNormalization": Operator(_batch_norm, _batch_norm_backward),
    "LayerNormalization": Operator(_layer_norm, _layer_norm_backward),
    "LRN": Operator(
        lambda node, i: (local_response.local_response(i[0], *_lrn(node)),),
        lambda dY, node, i, o, number: local_response.local_response_dX(dY, i[0], *_lrn(node)),
    ),
    "Gemm": Operator(_gemm, _gemm_backward),
    "MatMul": Operator(lambda node, i: (i[0] @ i[1],), _matmul_backward),
    "Softmax": Operator(
        lambda node, i: (soft.softmax(i[0], node.attributes.get("axis", -1)),),
        lambda dY, node, i, o, number: soft.softmax_dZ(dY, o[0], node.attributes.get("axis", -1)),
    ),
    "LogSoftmax": Operator(
        lambda node, i: (soft.log_softmax(i[0], node.attributes.get("axis", -1)),),
        lambda dY, node, i, o, number: soft.log_softmax_dZ(dY, o[0], node.attributes.get("axis", -1)),
    ),
    "Relu": Operator(lambda node, i: (act.relu(i[0]),), lambda dY, node, i, o, number: act.relu_dX(dY, i[0])),
    "Clip": Operator(lambda node, i: (act.clip(i[0], *_limits(node, i)),), lambda dY, node, i, o, number: act.clip_dX(dY, i[0], *_limits(node, i))),
    "Sigmoid": Operator(lambda node, i: (act.sigmoid(i[0]),), lambda dY, node, i, o, number: act.sigmoid_dX(dY, o[0])),
    "Tanh": Operator(lambda node, i: (act.tanh(i[0]),), lambda dY, node, i, o, number: act.tanh_dX(dY, o[0])),
    "LeakyRelu": _tuned(lambda x, alpha: np.where(x > 0, x, alpha * x), lambda x, alpha: np.where(x > 0, 1, alpha), alpha=0.01),
    "Elu": _tuned(
        lambda x, alpha: np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0))),
        lambda x, alpha: np.where(x > 0, 1, alpha * np.exp(np.minimum(x, 0))),
        alpha=1.0,
    ),
    "HardSigmoid": _tuned(
        lambda x, alpha, beta: np.clip(alpha * x + beta, 0, 1),
        lambda x, alpha, beta: alpha * ((alpha * x + beta > 0) & (alpha * x + beta < 1)),
        alpha=0.2,
        beta=0.5,
    ),
    "Gelu": _tuned(_gelu, _gelu_slope, approximate="none"),  # type: ignore[arg-type]  # the one attribute that is a word
    "HardSwish": _each(
        lambda x: x * np.clip(x / 6 + 0.5, 0, 1), lambda x, y: np.clip(x / 6 + 0.5, 0, 1) + x * ((x > -3) & (x < 3)) / x.dtype.type(6)
    ),
    "Softplus": _each(lambda x: np.logaddexp(x, 0), lambda x, y: act.sigmoid(x)),
    "Exp": _each(np.exp, lambda x, y: y),
    "Log": _each(np.log, lambda x, y: 1 / x),
    "Sqrt": _each(np.sqrt, lambda x, y: 0.5 / y),
    "Abs": _each(np.abs, lambda x, y: np.sign(x)),
    "Neg": _each(np.negative, lambda x, y: x.dtype.type(-1)),
    "Reciprocal": _each(lambda x: 1 / x, lambda x, y: -y * y),
    "Erf": _each(_erf, lambda x, y: x.dtype.type(2 / np.sqrt(pi)) * np.exp(-x * x)),
    "Floor": Operator(lambda node, i: (np.floor(i[0]),)),
    "Ceil": Operator(lambda node, i: (np.ceil(i[0]),)),
    "Round": Operator(lambda node, i: (np.rint(i[0]),)),
    "Sign": Operator(lambda node, i: (np.sign(i[0]),)),
    "Add": _pair(np.add, lambda a, b: 1, lambda a, b: 1),
    "Sub": _pair(np.subtract, lambda a, b: 1, lambda a, b: -1),
    "Mul": _pair(np.multiply, lambda a, b: b, lambda a, b: a),
    "Div": _pair(
        lambda a, b: np.abs(a) // np.abs(b) * np.sign(a) * np.sign(b) if np.asarray(a).dtype.kind in "iu" else a / b,
        lambda a, b: 1 / b,
        lambda a, b: -a / (b * b),
    ),
    "Pow": _pair(
        lambda a, b: np.asarray(np.power(a, b), np.asarray(a).dtype), lambda a, b: b * np.power(a, b - 1), lambda a, b: np.power(a, b) * np.log(a)
    ),
    "Max": _several(np.maximum),
    "Min": _several(np.minimum),
    "Sum": _several(np.add),
    "Greater": _pair(np.greater),
    "GreaterOrEqual": _pair(np.greater_equal),
    "Less": _pair(np.less),
    "LessOrEqual": _pair(np.less_equal),
    "Equal": _pair(np.equal),
    "And": _pair(np.logical_and),
    "Or": _pair(np.logical_or),
    "Not": Operator(lambda node, i: (~i[0],)),
    "Where": Operator(lambda node, i: (np.asarray(np.where(i[0], i[1], i[2])),), _where_backward),
    "ReduceMean": _reduction(np.mean, lambda dY, X, Y, axes: dY / np.asarray(_count(X, axes), dY.dtype)),
    "ReduceSum": _reduction(np.sum, lambda dY, X, Y, axes: dY),
    "ReduceMax": _reduction(np.max, _share_of_largest),
    "ReduceMin": _reduction(np.min, _share_of_largest),
    "ReduceL2": _reduction(
        lambda X, axis, keepdims: np.sqrt((X * X).sum(axis, keepdims=keepdims)), lambda dY, X, Y, axes: dY * X / np.maximum(Y, 1e-30)
    ),
    "Reshape": Operator(_reshape, _back_to_shape),
    "Flatten": Operator(_flatten, _back_to_shape),
    "Squeeze": Operator(_squeeze, _back_to_shape),
    "Unsqueeze": Operator(_unsqueeze, _back_to_shape),
    "Transpose": Operator(_transpose, _transpose_backward),
    "Concat": Operator(lambda node, i: (joining.concatenation(i, node.attributes["axis"]),), _concat_backward),
    "Pad": Operator(_pad, _pad_backward),
    "Slice": Operator(lambda node, i: (i[0][_slices(node, i)],), _slice_backward),
    "Gather": Operator(lambda node, i: (np.take(i[0], i[1], node.attributes.get("axis", 0)),), _gather_backward),
    "Split": Operator(_split, lambda dY, node, i, o, number: dY),
    "Expand": Operator(_expand, lambda dY, node, i, o, number: joining.gathered(dY, i[0].shape)),
    "Cast": Operator(_cast, lambda dY, node, i, o, number: dY if o[0].dtype.kind == "f" else np.zeros_like(dY)),
    "Identity": Operator(_same, lambda dY, node, i, o, number: dY),
    "Dropout": Operator(_same, lambda dY, node, i, o, number: dY),
    "Shape": Operator(lambda node, i: (np.array(i[0].shape[node.attributes.get("start", 0) : node.attributes.get("end")], np.int64),)),
    "Constant": Operator(lambda node, i: (node.attributes["value"],)),
    "ConstantOfShape": Operator(
        lambda node, i: (np.full([int(size) for size in i[0]], node.attributes.get("value", np.zeros(1, np.float32)).ravel()[0]),)
    ),
    "ArgMax": Operator(_argmax),
}
