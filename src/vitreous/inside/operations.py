"""What each operator does to make one number: `operation` finds the numbers that go in, their weights and the rule.

A place here is full: with the axis of pictures. Where values only change their places, the operator itself is run on a value that
holds its own places; so nothing of Reshape, Slice or Pad is written a second time.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from vitreous.core.text import visible
from vitreous.errors import ModelError
from vitreous.inside.place import Place
from vitreous.inside.receptive_field import window_of
from vitreous.layers.operators import OPERATORS, Node
from vitreous.layers.window import Array

Values = Mapping[str, Array]
Form = Literal["input", "weighted sum", "product", "largest", "smallest", "softmax", "function", "copied", "slopes"]


@dataclass(frozen=True, eq=False)
class Operand:
    """Numbers of one value that go in. `numbers` has the form in which they lie there ([C, k, k] for a patch); `places` [..., axes] are full
    places in that value, −1 for padding; `weights` are as many as numbers, of the value `weight_name`, or what stands for them.
    """

    value: str
    numbers: Array
    places: Array
    weights: Array | None = None
    weight_name: str = ""

    @property
    def products(self) -> Array:
        """number · weight, in float64."""
        numbers = self.numbers.astype(np.float64)
        return numbers if self.weights is None else numbers * self.weights

    @property
    def padding(self) -> Array:
        """Which numbers are padding."""
        return np.asarray(self.places[..., 0] < 0)


@dataclass(frozen=True, eq=False)
class Operation:
    form: Form
    rule: str
    operands: tuple[Operand, ...]
    bias: float | None = None
    bias_name: str = ""


# Functions of one number, in words; {x} is that number.
FUNCTIONS = {
    "Relu": "max({x}, 0)", "Sigmoid": "1 / (1 + e^−x) of x = {x}", "Tanh": "tanh({x})", "Exp": "e^{x}", "Log": "log({x})", "Sqrt": "√{x}",
    "Abs": "|{x}|", "Neg": "−{x}", "Reciprocal": "1 / {x}", "Erf": "erf({x})", "Floor": "{x} rounded down", "Ceil": "{x} rounded up",
    "Round": "{x} rounded", "Sign": "the sign of {x}", "Not": "not {x}", "Softplus": "log(1 + e^x) of x = {x}",
    "HardSwish": "x · min(max(x / 6 + 1/2, 0), 1) of x = {x}", "Gelu": "x · Φ(x) of x = {x}", "LeakyRelu": "x, or {alpha} x below 0, of x = {x}",
    "Elu": "x, or {alpha} (e^x − 1) below 0, of x = {x}", "HardSigmoid": "min(max({alpha} x + {beta}, 0), 1) of x = {x}",
    "Cast": "{x} as another type of number", "Clip": "{x} kept within {least:g} and {greatest:g}",
}  # fmt: skip
_DEFAULTS = {"LeakyRelu": {"alpha": 0.01}, "Elu": {"alpha": 1.0}, "HardSigmoid": {"alpha": 0.2, "beta": 0.5}}
_MOVES = {
    "Flatten", "Reshape", "Squeeze", "Unsqueeze", "Transpose", "Concat", "Slice", "Gather", "Split", "Expand", "Identity", "Dropout", "Pad", "Where"
}  # fmt: skip


def operation(node: Node, values: Values, name: str, place: Place, constants: Collection[str]) -> Operation:
    """How `node` makes the number at `place` of its output `name`. `constants` are the names of weights."""
    if node.kind in _SPECIAL:
        found = _SPECIAL[node.kind](node, values, place, constants)
        if found:
            return found
    if node.kind in FUNCTIONS:
        return _function(node, values, place)
    if node.kind in _MOVES:
        return _moved(node, values, name, place)
    return _slopes(node, values, place, constants)


# ---- weighted sums


def _conv(node: Node, values: Values, place: Place, constants: Collection[str]) -> Operation:
    X, W = (values[name] for name in node.inputs[:2])
    _, m, i, j = place
    channels = W.shape[1]
    first = m // (len(W) // node.attributes.get("group", 1)) * channels
    places = _window_places(node, values, range(first, first + channels), i, j)
    bias = node.inputs[2] if len(node.inputs) > 2 else ""
    rule = f"Σ patch · kernel{' + bias' if bias else ''}"
    operand = Operand(node.inputs[0], _numbers(X, places), places, W[m], f"{node.inputs[1]}[{m}]")
    return Operation("weighted sum", rule, (operand,), float(values[bias][m]) if bias else None, f"{bias}[{m}]" if bias else "")


def _gemm(node: Node, values: Values, place: Place, constants: Collection[str]) -> Operation:
    a = node.attributes
    n, m = place
    B, alpha = values[node.inputs[1]], a.get("alpha", 1.0)
    A = values[node.inputs[0]]
    places = _axis_places(A, (0, n), 0) if a.get("transA") else _axis_places(A, (n, 0), 1)
    weights = (B[m] if a.get("transB") else B[:, m]) * B.dtype.type(alpha)
    bias_name, bias = (node.inputs[2], 0.0) if len(node.inputs) > 2 and node.inputs[2] else ("", None)
    if bias_name:
        C = np.broadcast_to(values[bias_name], values[node.outputs[0]].shape)
        bias = float(C[n, m]) * a.get("beta", 1.0)
    operand = Operand(node.inputs[0], _numbers(A, places), places, weights, f"{node.inputs[1]}[{m}]")
    return Operation("weighted sum", f"Σ number · weight{' + bias' if bias_name else ''}", (operand,), bias, f"{bias_name}[{m}]" if bias_name else "")


def _matmul(node: Node, values: Values, place: Place, constants: Collection[str]) -> Operation | None:
    A, B = (values[name] for name in node.inputs)
    if A.ndim < 2 or B.ndim < 2:
        return None
    if node.inputs[0] in constants:
        places = _axis_places(B, _spread((*place[:-2], 0, place[-1]), B.shape), -2)
        row = A[_spread(place[:-2], A.shape[:-2])][place[-2]]
        operand = Operand(node.inputs[1], _numbers(B, places), places, row, node.inputs[0])
    else:
        places = _axis_places(A, _spread((*place[:-1], 0), A.shape), -1)
        column = B[_spread(place[:-2], B.shape[:-2])][:, place[-1]]
        operand = Operand(node.inputs[0], _numbers(A, places), places, column, node.inputs[1])
    return Operation("weighted sum", "Σ number · weight", (operand,))


def _batch_norm(node: Node, values: Values, place: Place, constants: Collection[str]) -> Operation:
    gamma, beta, mean, variance = (float(values[name][place[1]]) for name in node.inputs[1:5])
    scale = gamma / np.sqrt(variance + node.attributes.get("epsilon", 1e-5))
    operand = _one(node.inputs[0], values, place, scale, f"γ / √(variance + ε) = {gamma:.4g} / {gamma / scale if scale else np.inf:.4g}")
    return Operation("weighted sum", "number · γ / √(variance + ε) + β − mean · γ / √(variance + ε)", (operand,), beta - mean * scale, "shift")


def _sum(node: Node, values: Values, place: Place, constants: Collection[str]) -> Operation:
    operands, bias, bias_name = [], None, ""
    for number, name in enumerate(node.inputs):
        sign = -1.0 if node.kind == "Sub" and number else 1.0
        if name in constants:
            bias = (bias or 0.0) + sign * float(values[name][_spread(place, values[name].shape)])
            bias_name = name if sign > 0 else f"−{name}"
        else:
            operands.append(_one(name, values, place, sign))
    return Operation("weighted sum", {"Sub": "the difference"}.get(node.kind, "the sum"), tuple(operands), bias, bias_name)


def _scaled(node: Node, values: Values, place: Place, constants: Collection[str]) -> Operation | None:
    a, b = node.inputs
    if values[node.outputs[0]].dtype.kind != "f":
        return None
    if b in constants:
        weight = float(values[b][_spread(place, values[b].shape)])
        return Operation(
            "weighted sum",
            f"number {'·' if node.kind == 'Mul' else '/'} {visible(b)}",
            (_one(a, values, place, weight if node.kind == "Mul" else 1 / weight if weight else np.inf, b if node.kind == "Mul" else f"1 / {b}"),),
        )
    if node.kind == "Mul" and a in constants:
        weight = float(values[a][_spread(place, values[a].shape)])
        return Operation("weighted sum", f"number · {visible(a)}", (_one(b, values, place, weight, a),))
    if node.kind == "Div":
        return None
    return Operation("product", "number · number", (_one(a, values, place), _one(b, values, place)))


def _average(node: Node, values: Values, place: Place, constants: Collection[str]) -> Operation:
    X = values[node.inputs[0]]
    if node.kind == "AveragePool":
        places = _window_places(node, values, range(place[1], place[1] + 1), *place[2:])[0]
        inside = places[..., 0] >= 0
        count = int(inside.sum())
        if node.attributes.get("count_include_pad"):
            window = window_of(node, values)
            rows, columns = (
                sum(s * at + d * k - before < size + after for k in range(kernel))
                for s, d, kernel, at, size, before, after in zip(
                    window.stride, window.dilation, window.kernel, place[2:], X.shape[2:], window.padding[:2], window.padding[2:], strict=True
                )
            )
            count = rows * columns
        weights = np.where(inside, 1 / max(1, count), 0.0)
    else:
        places = _reduced_places(node, values, place)
        weights = np.full(places.shape[:-1], 1.0 if node.kind == "ReduceSum" else 1 / max(1, places[..., 0].size))
    rule = "the sum" if node.kind == "ReduceSum" else f"the mean of {np.count_nonzero(weights):,} numbers"
    return Operation("weighted sum", rule, (Operand(node.inputs[0], _numbers(X, places), places, weights, "1 / count"),))


# ---- choices


def _largest(node: Node, values: Values, place: Place, constants: Collection[str]) -> Operation:
    X = values[node.inputs[0]]
    form: Form = "smallest" if node.kind in ("Min", "ReduceMin") else "largest"
    if node.kind in ("Max", "Min"):
        return Operation(form, f"the {form} of both", tuple(_one(name, values, place) for name in node.inputs if name not in constants))
    if node.kind == "MaxPool":
        places = _window_places(node, values, range(place[1], place[1] + 1), *place[2:])[0]
    else:
        places = _reduced_places(node, values, place)
    return Operation(form, f"the {form} of {int((places[..., 0] >= 0).sum()):,} numbers", (Operand(node.inputs[0], _numbers(X, places), places),))


def _softmax(node: Node, values: Values, place: Place, constants: Collection[str]) -> Operation:
    X = values[node.inputs[0]]
    places = _axis_places(X, place, node.attributes.get("axis", -1))
    rule = "e^z / Σ e^z" if node.kind == "Softmax" else "log(e^z / Σ e^z)"
    return Operation("softmax" if node.kind == "Softmax" else "slopes", rule, (Operand(node.inputs[0], _numbers(X, places), places),))


# ---- one number, or another place


def _function(node: Node, values: Values, place: Place) -> Operation:
    operand = _one(node.inputs[0], values, place)
    words: dict[str, Any] = {"x": f"{float(operand.numbers.ravel()[0]):.5g}"} | _DEFAULTS.get(node.kind, {})
    words |= {key: value for key, value in node.attributes.items() if key in ("alpha", "beta")}
    if node.kind == "Clip":
        given = [float(values[name]) if name else None for name in (*node.inputs[1:], "", "")[:2]]
        least, greatest = given[0], given[1]
        words["least"] = node.attributes.get("min", -np.inf) if least is None else least
        words["greatest"] = node.attributes.get("max", np.inf) if greatest is None else greatest
    return Operation("function", FUNCTIONS[node.kind].format(**words), (operand,))


def _moved(node: Node, values: Values, name: str, place: Place) -> Operation:
    """The operator is run on values that hold their own places, numbered through all of its inputs."""
    data = range(len(node.inputs)) if node.kind == "Concat" else (1, 2) if node.kind == "Where" else (0,)
    fed: list[Any] = [values[each] if each else None for each in node.inputs]
    starts, start = [], 0
    for number in data:
        fed[number] = np.arange(start, start + fed[number].size).reshape(fed[number].shape)
        starts.append(start)
        start += fed[number].size
    if node.kind == "Pad" and len(fed) > 2:
        fed[2] = np.int64(-1)
    attributes = node.attributes | ({"value": -1} if node.kind == "Pad" else {})
    outputs = OPERATORS[node.kind].forward(Node(node.name, node.kind, node.inputs, node.outputs, attributes), fed)
    source = int(outputs[node.outputs.index(name)][place])
    if source < 0:
        return Operation("weighted sum", "padding", (), float(values[name][place]), "padding")
    number = max(k for k, begin in enumerate(starts) if begin <= source)
    value = node.inputs[data[number]]
    origin = tuple(int(k) for k in np.unravel_index(source - starts[number], values[value].shape))
    return Operation("copied", "the same number, from another place", (_at(value, values, origin),))


def _slopes(node: Node, values: Values, place: Place, constants: Collection[str]) -> Operation:
    """Any other operator by its gradient: the numbers that it depends on, and how much it changes with each."""
    operator = OPERATORS[node.kind]
    inputs = [values[each] if each else None for each in node.inputs]
    outputs = tuple(values[each] for each in node.outputs if each)
    if operator.backward is None:
        return Operation("slopes", f"{node.kind}, through which nothing can be followed", ())
    seed = np.zeros(outputs[0].shape, np.float32)
    seed[place] = 1
    operands = []
    for number, name in enumerate(node.inputs):
        if name and name not in constants and values[name].dtype.kind == "f":
            try:
                slope = np.broadcast_to(operator.backward(seed, node, inputs, outputs, number), values[name].shape)
            except (ValueError, TypeError) as error:
                raise ModelError(f"cannot follow {visible(name)} through {node.kind}", str(error)) from None
            places = np.argwhere(slope)
            if len(places):
                operands.append(Operand(name, _numbers(values[name], places), places, slope[tuple(places.T)], "slope"))
    return Operation("slopes", f"{node.kind}, no plain sum: numbers with their slopes", tuple(operands))


# ---- places


def _window_places(node: Node, values: Values, channels: range, row: int, column: int) -> Array:
    """The places [C, k, k, 4] under the window that makes the number in this row and column; −1 in the padding."""
    window, X = window_of(node, values), values[node.inputs[0]]
    top, left = window.stride[0] * row - window.padding[0], window.stride[1] * column - window.padding[1]
    rows = top + window.dilation[0] * np.arange(window.kernel[0])
    columns = left + window.dilation[1] * np.arange(window.kernel[1])
    places: Array = np.stack(np.meshgrid([0], np.array(channels), rows, columns, indexing="ij"), -1)[0]
    outside = (places[..., 2] < 0) | (places[..., 2] >= X.shape[2]) | (places[..., 3] < 0) | (places[..., 3] >= X.shape[3])
    places[outside] = -1
    return places


def _axis_places(X: Array, place: Place, axis: int) -> Array:
    """All places [D, axes] along an axis through this place."""
    places = np.tile(np.asarray(place), (X.shape[axis], 1))
    places[:, axis] = np.arange(X.shape[axis])
    return places


def _reduced_places(node: Node, values: Values, place: Place) -> Array:
    """The places that a reduction brings to one: along the axes that vary, [..., axes]."""
    X = values[node.inputs[0]]
    if node.kind.startswith("Global"):
        axes: set[int] = set(range(2, X.ndim))
    else:
        given = values[node.inputs[1]] if len(node.inputs) > 1 and node.inputs[1] else node.attributes.get("axes")
        axes = {int(axis) % X.ndim for axis in given} if given is not None and len(given) else set(range(X.ndim))
    kept = [axis for axis in range(X.ndim) if axis not in axes]
    at = dict(zip(kept, [place[axis] for axis in kept] if len(place) == X.ndim else place, strict=False))
    grid = np.meshgrid(*([at[axis]] if axis in at else range(X.shape[axis]) for axis in range(X.ndim)), indexing="ij")
    return np.asarray(np.stack(grid, -1).reshape(*(X.shape[axis] for axis in sorted(axes)), X.ndim))


def _spread(place: Place, shape: tuple[int, ...]) -> Place:
    """The place in a smaller value that is spread (broadcast) over the one with this place."""
    aligned = place[len(place) - len(shape) :] if len(shape) else ()
    return tuple(0 if size == 1 else at for at, size in zip(aligned, shape, strict=True))


def _one(name: str, values: Values, place: Place, weight: float | None = None, weight_name: str = "") -> Operand:
    """The one number of a value that meets this place, with a weight."""
    return _at(name, values, _spread(place, values[name].shape), weight, weight_name)


def _at(name: str, values: Values, place: Place, weight: float | None = None, weight_name: str = "") -> Operand:
    places = np.asarray(place, np.int64).reshape(1, -1)
    return Operand(name, values[name][place].reshape(1), places, None if weight is None else np.array([weight]), weight_name)


def _numbers(X: Array, places: Array) -> Array:
    """The numbers at these places, 0 in the padding."""
    found = X[tuple(np.moveaxis(np.maximum(places, 0), -1, 0))]
    return np.asarray(np.where(places[..., 0] < 0, X.dtype.type(0), found))


_SPECIAL: dict[str, Callable[[Node, Values, Place, Collection[str]], Operation | None]] = {
    "Conv": _conv, "Gemm": _gemm, "MatMul": _matmul, "BatchNormalization": _batch_norm,
    "Add": _sum, "Sub": _sum, "Sum": _sum, "Mul": _scaled, "Div": _scaled,
    "AveragePool": _average, "GlobalAveragePool": _average, "ReduceMean": _average, "ReduceSum": _average,
    "MaxPool": _largest, "GlobalMaxPool": _largest, "ReduceMax": _largest, "ReduceMin": _largest, "Max": _largest, "Min": _largest,
    "Softmax": _softmax,
}  # fmt: skip
