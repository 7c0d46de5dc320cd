"""The kernels of a layer in the form in which they can be looked at: seen by pixels in colour, plane by plane, or as rows of a matrix."""

from typing import Literal

import numpy as np

from vitreous.inside.filters.seen_by_pixels import behind_pixels, kernels_on_pixels, templates_on_pixels, values_until
from vitreous.inside.stages import learned
from vitreous.layers.operators import Node
from vitreous.layers.walk import Walk
from vitreous.layers.window import Array

LAYERS = ("Conv", "Gemm", "MatMul")
Form = Literal["colour", "planes", "matrix"]
_PLANES, _ROWS = "the weights as they are, a plane for each input channel", "the weights as they are, one for each input"
# Between maps that are made flat and a fully connected layer.
_ON_THE_WAY = ("Relu", "Clip", "Tanh", "Sigmoid", "Dropout", "Identity", "Mul")


def weight_of(node: Node, walk: Walk) -> str:
    """The name of a layer's kernels."""
    return next(name for name in learned(node, walk) if walk.constants[name].ndim > 1)


def outputs_of(node: Node, walk: Walk) -> int:
    """How many kernels a layer has."""
    W = walk.constants[weight_of(node, walk)]
    return int(W.shape[0] if node.kind == "Conv" or node.attributes.get("transB") else W.shape[-1])


def kernels_of(walk: Walk, node: Node, rows: range, side: int) -> tuple[Form, str, Array]:
    """Their form, in words what they are, and the kernels of some outputs: [M, k, k, 3], [M, C, k, k] or [M, D]. Pictures have `side` pixels."""
    W = walk.constants[weight_of(node, walk)].astype(np.float32)
    way = behind_pixels(walk, node.inputs[0])
    if node.kind == "Conv":
        groups, W = node.attributes.get("group", 1), W[rows.start : rows.stop]
        if way is not None and groups == 1:
            kernels, besides = kernels_on_pixels(walk, node, W, way, rows, side)
            return _of_pixels(walk, way, kernels, besides)
        if W.shape[2:] == (1, 1):
            return "matrix", "the weights as they are, one for each input channel", W.reshape(len(rows), -1)
        return "planes", _PLANES + (f", in {groups:,} groups" if groups > 1 else ""), W
    if way is not None:
        return _of_pixels(walk, way, templates_on_pixels(walk, node, rows, side), "")
    flat = W[rows.start : rows.stop] if node.attributes.get("transB") else W[..., rows.start : rows.stop].T
    maps = _maps_before(walk, node.inputs[0], side)
    if maps and np.prod(maps) == flat.shape[1]:
        return "planes", _PLANES, flat.reshape(len(rows), *maps)
    return "matrix", _ROWS, flat


def _of_pixels(walk: Walk, way: list[str], kernels: Array, besides: str) -> tuple[Form, str, Array]:
    """Kernels [M, k, k, 3] in colour; of a network for grey pictures as one plane, what all three colours together add."""
    if any(walk.node_of(name).kind == "MatMul" for name in way):
        return "planes", f"what a grey pixel that goes from black to white adds to the number{besides}", kernels.sum(-1)[:, None]
    return "colour", f"what a pixel that goes from black to white adds to the number{besides}", kernels


def _maps_before(walk: Walk, name: str, side: int) -> tuple[int, ...] | None:
    """The maps [C, h, w] that were made flat before a fully connected layer; None where there are none."""
    while name in walk.names:
        node = walk.node_of(name)
        if node.kind in ("Flatten", "Reshape"):
            shape = values_until(walk, node.inputs[0], side)[node.inputs[0]].shape
            return shape[1:] if len(shape) == 4 and shape[2] * shape[3] > 1 else None
        data = [each for each in node.inputs if each and each not in walk.constants]
        if node.kind not in _ON_THE_WAY or len(data) != 1:
            return None
        (name,) = data
    return None
