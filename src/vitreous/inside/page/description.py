"""What each number of a network is made of, in the few words that the page understands.

ONNX has some 60 operators with attributes of many ages; the page knows ten operations. Here one is said by the other: a convolution with
its window, a batch norm as a scale and a shift for each channel, a matrix product with a row of weights for each number that it makes.
Whatever cannot be said so is "other": its numbers are in the page, their arithmetic is not.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from vitreous.inside.operations import FUNCTIONS
from vitreous.inside.place import without_batch
from vitreous.inside.receptive_field import window_of
from vitreous.layers.operators import Node
from vitreous.layers.walk import Walk
from vitreous.layers.window import Array

Values = Mapping[str, Array]

# Functions of one number, with the attributes that belong to them.
_FUNCTIONS: dict[str, dict[str, float]] = {
    "Relu": {}, "Sigmoid": {}, "Tanh": {}, "LeakyRelu": {"alpha": 0.01}, "Elu": {"alpha": 1.0}, "HardSigmoid": {"alpha": 0.2, "beta": 0.5},
    "HardSwish": {}, "Softplus": {}, "Exp": {}, "Log": {}, "Sqrt": {}, "Abs": {}, "Neg": {}, "Reciprocal": {}, "Cast": {},
}  # fmt: skip
# The order of the numbers stays.
_SAME_ORDER = ("Flatten", "Reshape", "Squeeze", "Unsqueeze", "Identity", "Dropout")


@dataclass(frozen=True)
class Description:
    """`operations` says for every value that depends on the picture how it is made, in working order; `arrays` are the weights in the form in
    which the operations name them; `shapes` are without the axis of pictures."""

    inputs: list[str]
    operations: dict[str, dict[str, Any]]
    arrays: dict[str, Array] = field(default_factory=dict)
    shapes: dict[str, tuple[int, ...]] = field(default_factory=dict)


def description(walk: Walk, values: Values) -> Description:
    """Of every floating-point value of one picture; `values` are those of `Walk.values`."""
    made = Description(list(walk.inputs), {}, {}, {name: without_batch(values[name].shape) for name in walk.inputs})
    for node in walk.nodes:
        for name in filter(None, node.outputs):
            if values[name].dtype.kind != "f" or node.kind == "Shape":
                continue
            made.shapes[name] = without_batch(values[name].shape)
            words = _words(node, values, walk, made, name) if values[name].ndim > 1 and len(values[name]) == 1 else None
            made.operations[name] = {"kind": node.kind, **(words or {"op": "other", "of": _data(node, walk, made)})}
    return made


def _words(node: Node, values: Values, walk: Walk, made: Description, name: str) -> dict[str, Any] | None:
    if node.kind not in _WORDS or name != node.outputs[0]:
        return None
    data = _data(node, walk, made)
    if any(values[each].ndim < 2 or len(values[each]) != 1 for each in data):
        return None  # several pictures in one, or an axis of pictures elsewhere
    words = _WORDS[node.kind](node, values, walk, made)
    return None if words is None else {"of": data, **words}


def _data(node: Node, walk: Walk, made: Description) -> list[str]:
    """The inputs of a node that depend on the picture."""
    return [name for name in node.inputs if name and name not in walk.constants and name in made.shapes]


def _convolution(node: Node, values: Values, walk: Walk, made: Description) -> dict[str, Any] | None:
    X, W = node.inputs[:2]
    if values[X].ndim != 4 or W not in walk.constants:
        return None
    bias = node.inputs[2] if len(node.inputs) > 2 else ""
    made.arrays[W] = values[W]
    if bias:
        made.arrays[bias] = values[bias]
    return {"op": "convolution", **_window(node, values), "groups": node.attributes.get("group", 1), "weight": W, "bias": bias}


def _pool(node: Node, values: Values, walk: Walk, made: Description) -> dict[str, Any] | None:
    if values[node.inputs[0]].ndim != 4:
        return None
    counted = bool(node.attributes.get("count_include_pad")) and node.kind == "AveragePool"
    return {"op": "largest" if node.kind == "MaxPool" else "mean", **_window(node, values), "padding_counts": counted}


def _over_all(node: Node, values: Values, walk: Walk, made: Description) -> dict[str, Any] | None:
    """A pooling whose window is the whole map; a reduction of other axes than rows and columns is not one."""
    X = values[node.inputs[0]]
    if node.kind.startswith("Reduce"):
        given = values[node.inputs[1]] if len(node.inputs) > 1 and node.inputs[1] else node.attributes.get("axes")
        if given is None or sorted(int(axis) % X.ndim for axis in given) != [2, 3]:
            return None
    if X.ndim != 4:
        return None
    size = list(X.shape[2:])
    window = {"window": size, "stride": size, "dilation": [1, 1], "before": [0, 0], "behind": [0, 0]}
    return {"op": "largest" if node.kind == "GlobalMaxPool" else "mean", **window, "padding_counts": False}


def _window(node: Node, values: Values) -> dict[str, Any]:
    window = window_of(node, values)
    top, left, bottom, right = window.padding
    return {
        "window": list(window.kernel),
        "stride": list(window.stride),
        "dilation": list(window.dilation),
        "before": [top, left],
        "behind": [bottom, right],
    }


def _gemm(node: Node, values: Values, walk: Walk, made: Description) -> dict[str, Any] | None:
    a, B = node.attributes, node.inputs[1]
    if a.get("transA") or B not in walk.constants:
        return None
    bias = node.inputs[2] if len(node.inputs) > 2 else ""
    rows = (values[B] if a.get("transB") else values[B].T) * values[B].dtype.type(a.get("alpha", 1.0))
    made.arrays[B] = rows
    if bias:
        made.arrays[bias] = np.broadcast_to(values[bias] * values[bias].dtype.type(a.get("beta", 1.0)), values[node.outputs[0]].shape)[0]
    return {"op": "linear", "weight": B, "bias": bias}


def _matmul(node: Node, values: Values, walk: Walk, made: Description) -> dict[str, Any] | None:
    """Along the last axis, wherever the others are: so three colours become one grey."""
    A, B = node.inputs
    if values[A].ndim < 2 or values[B].ndim != 2 or B not in walk.constants:
        return None
    made.arrays[B] = values[B].T
    return {"op": "linear", "weight": B, "bias": ""}


def _batch_norm(node: Node, values: Values, walk: Walk, made: Description) -> dict[str, Any] | None:
    if len(node.outputs) > 1 or values[node.inputs[0]].ndim < 2:
        return None
    gamma, beta, mean, variance = (values[name] for name in node.inputs[1:5])
    scale = gamma / np.sqrt(variance + gamma.dtype.type(node.attributes.get("epsilon", 1e-5)))
    names = f"{node.outputs[0]} scale", f"{node.outputs[0]} shift"
    made.arrays[names[0]], made.arrays[names[1]] = scale, beta - mean * scale
    return {"op": "scale", "weight": names[0], "bias": names[1]}


def _sum(node: Node, values: Values, walk: Walk, made: Description) -> dict[str, Any] | None:
    """Signs belong to all inputs in turn; those that are weights are named apart."""
    signs = [-1 if node.kind == "Sub" and place else 1 for place in range(len(node.inputs))]
    constants = [(name, sign) for name, sign in zip(node.inputs, signs, strict=True) if name in walk.constants]
    rank = values[node.outputs[0]].ndim
    for name, _ in constants:
        made.arrays[name] = _as_wide(values[name], rank)
    data = [sign for name, sign in zip(node.inputs, signs, strict=True) if name not in walk.constants]
    return {"op": "sum", "signs": data, "constants": [[name, sign] for name, sign in constants]}


def _product(node: Node, values: Values, walk: Walk, made: Description) -> dict[str, Any] | None:
    """By a weight, or by another value. A weight that is divided by something is not known."""
    A, B = node.inputs
    constant = B if B in walk.constants else A if A in walk.constants and node.kind == "Mul" else ""
    if not constant:
        return {"op": "product"} if node.kind == "Mul" and A not in walk.constants else None
    factor = _as_wide(values[constant], values[node.outputs[0]].ndim)
    name = constant if node.kind == "Mul" else f"1 / {constant}"
    made.arrays[name] = factor if node.kind == "Mul" else 1 / factor
    return {"op": "times", "weight": name}


def _as_wide(constant: Array, rank: int) -> Array:
    """With as many axes as the value it meets has without that of pictures."""
    shape = (1,) * (rank - constant.ndim) + constant.shape
    return constant.reshape(shape[1:]) if shape[0] == 1 else constant.reshape(shape)


def _function(node: Node, values: Values, walk: Walk, made: Description) -> dict[str, Any] | None:
    words = {key: float(node.attributes.get(key, value)) for key, value in _FUNCTIONS[node.kind].items()}
    rule = FUNCTIONS[node.kind].format(x="{x}", **{key: f"{value:g}" for key, value in words.items()})
    return {"op": "function", "rule": rule, **words}


def _clip(node: Node, values: Values, walk: Walk, made: Description) -> dict[str, Any] | None:
    """Limits may be missing; JSON has no infinity."""
    given = [values[name] if name else None for name in (*node.inputs[1:], "", "")[:2]]
    limits = [node.attributes.get(key) if value is None else float(value) for key, value in zip(("min", "max"), given, strict=True)]
    least, greatest = (limit if limit is not None else end for limit, end in zip(limits, (-np.inf, np.inf), strict=True))
    rule = FUNCTIONS["Clip"].format(x="{x}", least=least, greatest=greatest)
    return {"op": "function", "rule": rule, "least": limits[0], "greatest": limits[1]}


def _softmax(node: Node, values: Values, walk: Walk, made: Description) -> dict[str, Any] | None:
    X = values[node.inputs[0]]
    return {"op": "softmax"} if X.ndim == 2 and node.attributes.get("axis", -1) % 2 == 1 else None


def _moved(node: Node, values: Values, walk: Walk, made: Description) -> dict[str, Any] | None:
    """A function of the places alone: `order` says in which order the axes of the input follow, None that all numbers keep their order."""
    if node.kind in _SAME_ORDER:
        return {"op": "moved", "order": None}
    order = list(node.attributes.get("perm") or reversed(range(values[node.inputs[0]].ndim)))
    return {"op": "moved", "order": [axis - 1 for axis in order[1:]]} if order[0] == 0 else None


def _joined(node: Node, values: Values, walk: Walk, made: Description) -> dict[str, Any] | None:
    axis = node.attributes["axis"] % values[node.outputs[0]].ndim
    return {"op": "joined", "axis": axis - 1} if axis and not any(name in walk.constants for name in node.inputs) else None


_WORDS: dict[str, Callable[[Node, Values, Walk, Description], dict[str, Any] | None]] = {
    "Conv": _convolution, "MaxPool": _pool, "AveragePool": _pool, "GlobalAveragePool": _over_all, "GlobalMaxPool": _over_all,
    "ReduceMean": _over_all, "Gemm": _gemm, "MatMul": _matmul, "BatchNormalization": _batch_norm, "Add": _sum, "Sub": _sum, "Sum": _sum,
    "Mul": _product, "Div": _product, "Clip": _clip, "Softmax": _softmax, "Transpose": _moved, "Concat": _joined,
    **dict.fromkeys(_FUNCTIONS, _function), **dict.fromkeys(_SAME_ORDER, _moved),
}  # fmt: skip
