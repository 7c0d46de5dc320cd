"""The receptive field: which pixels of the network's input a number of a feature map can see.

Through a window of kernel k, stride s, dilation d and padding p, along each axis,

    size'  = size + (k − 1) d · stride        stride' = stride · s        offset' = offset − p · stride

Number i of a row of the map then sees the pixels offset + i · stride … offset + i · stride + size − 1. The offset is negative where the
first window begins in the padding. Where branches meet, what either of them sees counts.

Source: Araujo, Norris, Sim, "Computing Receptive Fields of Convolutional Neural Networks", Distill 2019.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from vitreous.layers.operators import Node, window_of_node
from vitreous.layers.walk import Walk
from vitreous.layers.window import Array, Window

WINDOWS = ("Conv", "MaxPool", "AveragePool")
# Each of their numbers depends on every number that goes in.
_MIXING = ("Gemm", "MatMul", "GlobalAveragePool", "GlobalMaxPool", "LayerNormalization")
_FLAT = ("Flatten", "Reshape", "Squeeze", "Unsqueeze")


@dataclass(frozen=True)
class Field:
    """Pairs are (vertical, horizontal), in pixels of the input. `axes`: where rows and columns lie in the value; None once it is flat."""

    size: tuple[int, int] = (1, 1)
    stride: tuple[int, int] = (1, 1)
    offset: tuple[int, int] = (0, 0)
    axes: tuple[int, int] | None = (2, 3)

    def pixels(self, row: int, column: int) -> tuple[int, int, int, int]:
        """What the number in this row and column sees: top, left, bottom, right, the last two included; padding counts too."""
        top, left = (first + step * place for first, step, place in zip(self.offset, self.stride, (row, column), strict=True))
        return top, left, top + self.size[0] - 1, left + self.size[1] - 1

    @property
    def size_text(self) -> str:
        return f"{self.size[0]} × {self.size[1]}"


# None: the whole picture.
Fields = dict[str, Field | None]


def receptive_fields(walk: Walk, values: Mapping[str, Array]) -> Fields:
    """The field of every value that depends on the picture; None where it sees the whole picture, or cannot be told to see less."""
    fields: Fields = {name: _of_input(values[name]) for name in walk.inputs}
    laid_flat: dict[str, str] = {}  # a flat value, and the maps that it was
    for node in walk.nodes:
        fed = [name for name in node.inputs if name in fields]
        if not fed or node.kind == "Shape":
            continue  # the arithmetic of sizes sees no pixel
        joined = _joined([fields[name] for name in fed])
        for name in filter(None, node.outputs):
            if node.kind in _FLAT:
                laid_flat[name] = source = laid_flat.get(fed[0], fed[0])
                if values[source].shape == values[name].shape:  # laid flat, and back again
                    fields[name] = fields[source]
                    continue
            fields[name] = None if joined is None else _through(node, joined, values, fed[0], name)
    return fields


def window_of(node: Node, values: Mapping[str, Array]) -> Window:
    """The window that a convolution or a pooling moves over its input."""
    X = values[node.inputs[0]]
    return window_of_node(node, X, values[node.inputs[1]].shape[2:] if node.kind == "Conv" else node.attributes["kernel_shape"])


def _of_input(X: Array) -> Field:
    """[N, H, W, C] has few channels, and last."""
    return Field(axes=(1, 2) if X.ndim == 4 and X.shape[3] <= 4 < X.shape[1] else (2, 3))


def _joined(fields: list[Field | None]) -> Field | None:
    """What any of the branches sees; the whole picture if one of them does, or if their strides differ."""
    there = [field for field in fields if field is not None]
    if len(there) < len(fields) or len({field.stride for field in there}) > 1 or len({field.axes for field in there}) > 1:
        return None
    first = [min(field.offset[axis] for field in there) for axis in (0, 1)]
    last = [max(field.offset[axis] + field.size[axis] for field in there) for axis in (0, 1)]
    return replace(there[0], offset=(first[0], first[1]), size=(last[0] - first[0], last[1] - first[1]))


def _through(node: Node, field: Field, values: Mapping[str, Array], fed: str, output: str) -> Field | None:
    X, Y = values[fed], values[output]
    if node.kind == "MatMul" and _mixes_channels(node, field, values, fed):
        return field
    if node.kind in _MIXING or node.kind in ("Softmax", "LogSoftmax"):
        return None
    if node.kind in WINDOWS and field.axes:
        return _through_window(field, window_of(node, values))
    if field.axes is None:
        return field if Y.ndim < 4 else None
    if node.kind == "Transpose":
        order = list(node.attributes.get("perm") or reversed(range(X.ndim)))
        return replace(field, axes=(order.index(field.axes[0]), order.index(field.axes[1])))
    if node.kind in _FLAT and Y.ndim < 4:
        return replace(field, axes=None)
    if node.kind == "Pad" and len(node.inputs) <= 3:
        pads = np.asarray(values[node.inputs[1]] if len(node.inputs) > 1 else node.attributes["pads"])
        top, left = (field.offset[k] - int(pads[axis]) * field.stride[k] for k, axis in enumerate(field.axes))
        return replace(field, offset=(top, left))
    same = X.ndim == Y.ndim and all(X.shape[axis] == Y.shape[axis] for axis in field.axes if axis < X.ndim)
    return field if same else None


def _through_window(field: Field, window: Window) -> Field:
    (height, width), (down, across), (top, left) = field.size, field.stride, field.offset
    (rows, columns), (du, dv) = window.kernel, window.dilation
    return replace(
        field,
        size=(height + (rows - 1) * du * down, width + (columns - 1) * dv * across),
        stride=(down * window.stride[0], across * window.stride[1]),
        offset=(top - window.padding[0] * down, left - window.padding[1] * across),
    )


def _mixes_channels(node: Node, field: Field, values: Mapping[str, Array], fed: str) -> bool:
    """A product with one matrix along the last axis, which is not that of rows or columns: grey of red, green and blue."""
    first, second = node.inputs
    return fed == first and values[first].ndim == 4 and values[second].ndim == 2 and field.axes is not None and 3 not in field.axes
