"""Where one number goes, and how much each number there changes with it: a column of the node's table of derivatives.

    into y    ∂y / ∂x = slope

For a weight of a convolution the slopes are the numbers that it meets; for a number of the picture they are the weights that it meets; for
an activation the one slope is its derivative. Only numbers that depend on x at all are listed.

Most of it is read off the forward rules (the places of a window, values that only move); an elementwise operator is asked for its own
derivative at the numbers in question.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from vitreous.inside.backwards.normalizations import batch_norm, layer_norm, local_response
from vitreous.inside.backwards.products import convolution, gemm, matmul
from vitreous.inside.backwards.slope import Met, Slopes, places_that_spread_to
from vitreous.inside.operands import Values, reduced_axes, reduced_places, window_places
from vitreous.inside.operations import MOVES
from vitreous.inside.place import Place
from vitreous.inside.receptive_field import window_of
from vitreous.inside.sums import average
from vitreous.layers.operators import OPERATORS, Node
from vitreous.layers.operators.shapes import dropout_of_node
from vitreous.layers.softmax import softmax

# An operator of which nothing is known but its gradient is asked once for each of its numbers, up to so many.
_MOST_ASKED = 2048


def slopes_of(node: Node, values: Values, name: str, place: Place) -> list[Slopes]:
    """The slopes of the outputs of `node` in the number at `place` (full) of its input `name`; none where no gradient comes through."""
    if OPERATORS[node.kind].backward is None or values[node.outputs[0]].dtype.kind != "f":
        return []
    found = []
    for number, each in enumerate(node.inputs):
        if each == name:
            found += _of_input(node, values, number, place)
    return found


def _of_input(node: Node, values: Values, number: int, place: Place) -> list[Slopes]:
    if node.kind in _SPECIAL and (found := _SPECIAL[node.kind](node, values, number, place)):
        return [found]
    if node.kind in MOVES:
        return _moved(node, values, number, place)
    outputs, inputs = values[node.outputs[0]].shape, [values[each].shape for each in node.inputs if each]
    if len(node.outputs) == 1 and np.broadcast_shapes(*inputs) == outputs and node.kind not in _MIXED:
        return [_elementwise(node, values, number, place)]
    return [_asked(node, values, number, place)]


def _elementwise(node: Node, values: Values, number: int, place: Place) -> Slopes:
    """One output for each place that the number is spread to, by the operator's own derivative there."""
    Y, X = values[node.outputs[0]], values[node.inputs[number]]
    places = places_that_spread_to(place, X.shape, Y.shape)
    at = tuple(places.T)
    # limits of a Clip are no numbers to be gathered
    cut = [
        None if not each else values[each] if node.kind == "Clip" and k else np.broadcast_to(values[each], Y.shape)[at]
        for k, each in enumerate(node.inputs)
    ]
    slopes = OPERATORS[node.kind].gradient(np.ones(len(places), Y.dtype), node, cut, (Y[at],), number)
    rule, met = _ELEMENTWISE.get(node.kind, "the derivative of {kind}").format(kind=node.kind), None
    if node.kind == "Mul":
        other = node.inputs[1 - number]
        shape = values[other].shape
        cells = places[:, Y.ndim - len(shape) :] * (np.array(shape, np.int64) > 1)
        met = Met(other, cells)
    return Slopes(node.outputs[0], node.kind, rule, places, np.broadcast_to(slopes, len(places)), met)


def _moved(node: Node, values: Values, number: int, place: Place) -> list[Slopes]:
    """The operator is run on a value that has a 1 at this place and else zeros."""
    fed: list[Any] = [values[each] if each else None for each in node.inputs]
    data = range(len(node.inputs)) if node.kind == "Concat" else (1, 2) if node.kind == "Where" else (0,)
    if number not in data:
        return []
    for k in data:
        fed[k] = np.zeros(values[node.inputs[k]].shape, np.int8)
    fed[number][place] = 1
    attributes = node.attributes
    if node.kind == "Pad":
        attributes = attributes | {"value": 0}
        fed[2:3] = [np.zeros((), np.int8)] if len(fed) > 2 else []
    outputs = OPERATORS[node.kind].forward(replace(node, attributes=attributes), fed)
    found = []
    for output, marked in zip(node.outputs, outputs, strict=False):
        places = np.argwhere(marked)
        if len(places):
            found.append(Slopes(output, node.kind, "the same number, at another place", places, np.ones(len(places))))
    return found


def _dropped(node: Node, values: Values, number: int, place: Place) -> Slopes | None:
    mask = dropout_of_node(node, [values[each] if each else None for each in node.inputs])
    if mask is None:
        return None
    return Slopes(node.outputs[0], node.kind, "0 where it is left out by chance, else 1 / (1 − p)", np.array([place]), mask[place].reshape(1))


def _pooled(node: Node, values: Values, number: int, place: Place) -> Slopes:
    """Every window that the number lies under: its share of the mean, or 1 where it is the first of the largest."""
    window, Y = window_of(node, values), values[node.outputs[0]]
    ranges = []
    for axis in (0, 1):
        at = place[2 + axis] + window.padding[axis] - window.dilation[axis] * np.arange(window.kernel[axis])
        steps = at[at % window.stride[axis] == 0] // window.stride[axis]
        ranges.append(steps[(steps >= 0) & (steps < Y.shape[2 + axis])])
    rows, columns = np.meshgrid(np.sort(ranges[0]), np.sort(ranges[1]), indexing="ij")
    places = np.stack([np.full(rows.size, place[0]), np.full(rows.size, place[1]), rows.ravel(), columns.ravel()], -1)
    slopes = []
    for each in map(tuple, places.tolist()):
        if node.kind == "AveragePool":
            (operand,) = average(node, values, each, ()).operands
            own = (operand.places == place).all(-1)
            slopes.append(float(np.broadcast_to(operand.weights if operand.weights is not None else 1.0, own.shape)[own].sum()))
        else:
            there = window_places(node, values, range(place[1], place[1] + 1), *each[2:])[0].reshape(-1, 4)
            there = there[there[:, 0] >= 0]
            numbers = values[node.inputs[0]][place[0]][tuple(there[:, 1:].T)]
            slopes.append(float((there[int(numbers.argmax())][1:] == place[1:]).all()))
    rule = "its share of the mean of its window" if node.kind == "AveragePool" else "1 for the largest of its window, else 0"
    return Slopes(node.outputs[0], node.kind, rule, places, np.array(slopes))


def _reduced(node: Node, values: Values, number: int, place: Place) -> Slopes:
    """The one number that it is brought to with others."""
    X, Y, axes = values[node.inputs[0]], values[node.outputs[0]], reduced_axes(node, values)
    into = tuple(0 if k in axes else at for k, at in enumerate(place) if Y.ndim == X.ndim or k not in axes)
    seed = np.zeros(Y.shape, Y.dtype)
    seed[into] = 1
    inputs = [values[each] if each else None for each in node.inputs]
    slope = OPERATORS[node.kind].gradient(seed, node, inputs, (Y,), 0)[place]
    many = reduced_places(node, values, into)[..., 0].size
    rule = f"its share of the mean of {many:,}" if "Mean" in node.kind or "Average" in node.kind else f"its slope in the one of {many:,}"
    return Slopes(node.outputs[0], node.kind, rule, np.array([into]).reshape(1, -1), np.array([slope]))


def _softmax(node: Node, values: Values, number: int, place: Place) -> Slopes:
    axis = node.attributes.get("axis", -1) % len(place)
    places = np.tile(np.asarray(place), (values[node.inputs[0]].shape[axis], 1))
    places[:, axis] = np.arange(len(places))
    at, own = tuple(places.T), np.arange(len(places)) == place[axis]
    P = softmax(values[node.inputs[0]].astype(np.float64), axis)[at]
    if node.kind == "LogSoftmax":
        return Slopes(node.outputs[0], node.kind, "[j = k] − p_k", places, own - P[place[axis]])
    return Slopes(node.outputs[0], node.kind, "p_j ([j = k] − p_k)", places, P * (own - P[place[axis]]))


def _asked(node: Node, values: Values, number: int, place: Place) -> Slopes:
    """Any other operator is asked for the gradient of each of its numbers; for large ones it is not told where the number goes."""
    Y = values[node.outputs[0]]
    inputs, outputs = [values[each] if each else None for each in node.inputs], tuple(values[each] for each in node.outputs if each)
    if Y.size > _MOST_ASKED:
        return Slopes(node.outputs[0], node.kind, "", np.zeros((0, Y.ndim), np.int64), np.zeros(0))
    slopes = np.zeros(Y.shape)
    for each in np.ndindex(*Y.shape):
        seed = np.zeros(Y.shape, Y.dtype)
        seed[each] = 1
        slopes[each] = OPERATORS[node.kind].gradient(seed, node, inputs, outputs, number)[place]
    places = np.argwhere(slopes)
    return Slopes(node.outputs[0], node.kind, f"the derivative of {node.kind}", places, slopes[tuple(places.T)])


_ELEMENTWISE = {
    "Relu": "1 where the number is above 0, else 0", "Clip": "1 within the limits, else 0", "Sigmoid": "σ (1 − σ)", "Tanh": "1 − tanh²",
    "Add": "1: it is added", "Sub": "1, or −1 where it is taken off", "Sum": "1: it is added", "Mul": "the number that it is multiplied with",
}  # fmt: skip
# Their inputs may have one shape, and yet each number depends on many.
_MIXED = {"LayerNormalization", "MatMul", "Gemm"}
_Way = Callable[[Node, Values, int, Place], Slopes | None]
_SPECIAL: dict[str, _Way] = {
    "Conv": convolution, "Gemm": gemm, "MatMul": matmul, "BatchNormalization": batch_norm, "LRN": local_response,
    "LayerNormalization": layer_norm, "MaxPool": _pooled, "AveragePool": _pooled, "Softmax": _softmax, "LogSoftmax": _softmax,
    "Dropout": _dropped,
    **dict.fromkeys(("GlobalAveragePool", "GlobalMaxPool", "ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin", "ReduceL2"), _reduced),
}  # fmt: skip
