"""Operators that cut, join, turn and count, without arithmetic."""

import numpy as np

from vitreous.layers import joining
from vitreous.layers.dropout import dropout, dropout_dX, dropout_mask
from vitreous.layers.operators.node import Inputs, Node, Operator
from vitreous.layers.window import Array


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


def _argmax(node: Node, inputs: Inputs) -> tuple[Array, ...]:
    return (np.asarray(np.argmax(inputs[0], node.attributes.get("axis", 0), keepdims=bool(node.attributes.get("keepdims", 1)))),)


def _cast(node: Node, inputs: Inputs) -> tuple[Array, ...]:
    return (inputs[0].astype(node.attributes["to"]),)


def _same(node: Node, inputs: Inputs) -> tuple[Array, ...]:
    return (inputs[0],)


def dropout_of_node(node: Node, inputs: Inputs) -> Array | None:
    """The mask M / (1 − p) of a dropout in training, drawn by the node's own seed; None where nothing is left out, as when answering."""
    ratio, training = (*inputs[1:], None, None)[:2]
    if training is None or not bool(training):
        return None
    p = 0.5 if ratio is None else float(ratio)
    return dropout_mask(inputs[0].shape, p, np.random.default_rng(node.attributes.get("seed", 0)))


def _dropout(node: Node, inputs: Inputs) -> tuple[Array, ...]:
    mask = dropout_of_node(node, inputs)
    return (inputs[0], np.ones(inputs[0].shape, bool)) if mask is None else (dropout(inputs[0], mask), mask > 0)


def _dropout_backward(dY: Array, node: Node, inputs: Inputs, outputs: tuple[Array, ...], number: int) -> Array:
    if number:
        raise ValueError("dropout: the share that is left out is no weight")
    mask = dropout_of_node(node, inputs)
    return dY if mask is None else dropout_dX(dY, mask)


SHAPES: dict[str, Operator] = {
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
    "Dropout": Operator(_dropout, _dropout_backward),
    "Shape": Operator(lambda node, i: (np.array(i[0].shape[node.attributes.get("start", 0) : node.attributes.get("end")], np.int64),)),
    "Constant": Operator(lambda node, i: (node.attributes["value"],)),
    "ConstantOfShape": Operator(
        lambda node, i: (np.full([int(size) for size in i[0]], node.attributes.get("value", np.zeros(1, np.float32)).ravel()[0]),)
    ),
    "ArgMax": Operator(_argmax),
}
