"""What each operator does to make one number: `operation` finds the numbers that go in, their weights and the rule.

Where values only change their places, the operator itself is run on a value that holds its own places; so nothing of Reshape, Slice or
Pad is written a second time.
"""

from collections.abc import Callable, Collection
from typing import Any

import numpy as np

from vitreous.core.text import visible
from vitreous.errors import ModelError
from vitreous.inside import sums
from vitreous.inside.operands import Form, Operand, Operation, Values, axis_places, number_at, number_of, numbers_at, reduced_places, window_places
from vitreous.inside.place import Place
from vitreous.layers.operators import OPERATORS, Node

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
MOVES = {
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
    if node.kind in MOVES:
        return _moved(node, values, name, place)
    return _slopes(node, values, place, constants)


def _largest(node: Node, values: Values, place: Place, constants: Collection[str]) -> Operation:
    X = values[node.inputs[0]]
    form: Form = "smallest" if node.kind in ("Min", "ReduceMin") else "largest"
    if node.kind in ("Max", "Min"):
        return Operation(form, f"the {form} of both", tuple(number_at(name, values, place) for name in node.inputs if name not in constants))
    if node.kind == "MaxPool":
        places = window_places(node, values, range(place[1], place[1] + 1), *place[2:])[0]
    else:
        places = reduced_places(node, values, place)
    return Operation(form, f"the {form} of {int((places[..., 0] >= 0).sum()):,} numbers", (Operand(node.inputs[0], numbers_at(X, places), places),))


def _softmax(node: Node, values: Values, place: Place, constants: Collection[str]) -> Operation:
    X = values[node.inputs[0]]
    places = axis_places(X, place, node.attributes.get("axis", -1))
    return Operation("softmax", "e^z / Σ e^z", (Operand(node.inputs[0], numbers_at(X, places), places),))


def _function(node: Node, values: Values, place: Place) -> Operation:
    operand = number_at(node.inputs[0], values, place)
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
    return Operation("copied", "the same number, from another place", (number_of(value, values, origin),))


def _slopes(node: Node, values: Values, place: Place, constants: Collection[str]) -> Operation:
    """Any other operator by its gradient: the numbers that it depends on, and how much it changes with each."""
    operator = OPERATORS[node.kind]
    inputs = [values[each] if each else None for each in node.inputs]
    outputs = tuple(values[each] for each in node.outputs if each)
    if operator.backward is None:
        return Operation("slopes", "nothing can be followed through it", ())
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
                operands.append(Operand(name, numbers_at(values[name], places), places, slope[tuple(places.T)], "slope"))
    return Operation("slopes", "no plain sum: numbers with their slopes", tuple(operands))


_SPECIAL: dict[str, Callable[[Node, Values, Place, Collection[str]], Operation | None]] = {
    "Conv": sums.convolution, "Gemm": sums.gemm, "MatMul": sums.matmul, "BatchNormalization": sums.batch_norm,
    "Add": sums.total, "Sub": sums.total, "Sum": sums.total, "Mul": sums.scaled, "Div": sums.scaled,
    "AveragePool": sums.average, "GlobalAveragePool": sums.average, "ReduceMean": sums.average, "ReduceSum": sums.average,
    "MaxPool": _largest, "GlobalMaxPool": _largest, "ReduceMax": _largest, "ReduceMin": _largest, "Max": _largest, "Min": _largest,
    "Softmax": _softmax, "Dropout": sums.dropped,
}  # fmt: skip
