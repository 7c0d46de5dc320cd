"""Operators that work value by value, and those that reduce axes to one value."""

from collections.abc import Callable
from math import erf, pi
from typing import Any

import numpy as np

from vitreous.layers import activations as act
from vitreous.layers import joining
from vitreous.layers.operators.node import Inputs, Node, Operator
from vitreous.layers.window import Array


def _each(f: Callable[[Any], Any], derivative: Callable[[Any, Any], Any]) -> Operator:
    """Y = f(X), with the derivative as a function of X and Y."""
    return Operator(lambda node, inputs: (np.asarray(f(inputs[0]), inputs[0].dtype),), lambda dY, node, i, o, number: dY * derivative(i[0], o[0]))


def _tuned(f: Callable[..., Any], derivative: Callable[..., Any], **defaults: float | str) -> Operator:
    """The same with the node's attributes, by name."""

    def of(node: Node) -> dict[str, float | str]:
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


def limits(node: Node, inputs: Inputs) -> tuple[float, float]:
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


def share_of_largest(dY: Array, X: Array, Y: Array, axes: tuple[int, ...]) -> Array:
    """The gradient of a largest value: equal ones share it, as torch's amax has it."""
    hit = X == Y
    return np.asarray(dY * hit / hit.sum(axes, keepdims=True), dY.dtype)


def _count(X: Array, axes: tuple[int, ...]) -> int:
    return int(np.prod([X.shape[axis] for axis in axes], dtype=np.int64))


def _where_backward(dY: Array, node: Node, inputs: Inputs, outputs: tuple[Array, ...], number: int) -> Array:
    return joining.gathered(dY * (inputs[0] if number == 1 else ~inputs[0]), inputs[number].shape)


VALUES: dict[str, Operator] = {
    "Relu": Operator(lambda node, i: (act.relu(i[0]),), lambda dY, node, i, o, number: act.relu_dX(dY, i[0])),
    "Clip": Operator(lambda node, i: (act.clip(i[0], *limits(node, i)),), lambda dY, node, i, o, number: act.clip_dX(dY, i[0], *limits(node, i))),
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
    "Gelu": _tuned(_gelu, _gelu_slope, approximate="none"),
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
    "ReduceMax": _reduction(np.max, share_of_largest),
    "ReduceMin": _reduction(np.min, share_of_largest),
    "ReduceL2": _reduction(
        lambda X, axis, keepdims: np.sqrt((X * X).sum(axis, keepdims=keepdims)), lambda dY, X, Y, axes: dY * X / np.maximum(Y, 1e-30)
    ),
}
