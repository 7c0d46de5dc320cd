"""What goes into one number: numbers of other values, each with its own place, and perhaps with a weight.

A place here is full: with the axis of pictures. A place in the padding is −1.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from vitreous.inside.place import Place
from vitreous.inside.receptive_field import window_of
from vitreous.layers.operators import Node
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


def window_places(node: Node, values: Values, channels: range, row: int, column: int) -> Array:
    """The places [C, k, k, 4] under the window that makes the number in this row and column; −1 in the padding."""
    window, X = window_of(node, values), values[node.inputs[0]]
    top, left = window.stride[0] * row - window.padding[0], window.stride[1] * column - window.padding[1]
    rows = top + window.dilation[0] * np.arange(window.kernel[0])
    columns = left + window.dilation[1] * np.arange(window.kernel[1])
    places: Array = np.stack(np.meshgrid([0], np.array(channels), rows, columns, indexing="ij"), -1)[0]
    outside = (places[..., 2] < 0) | (places[..., 2] >= X.shape[2]) | (places[..., 3] < 0) | (places[..., 3] >= X.shape[3])
    places[outside] = -1
    return places


def axis_places(X: Array, place: Place, axis: int) -> Array:
    """All places [D, axes] along an axis through this place."""
    places = np.tile(np.asarray(place), (X.shape[axis], 1))
    places[:, axis] = np.arange(X.shape[axis])
    return places


def reduced_axes(node: Node, values: Values) -> set[int]:
    """The axes along which a reduction brings numbers to one; of a global pooling those of the places."""
    axes = values[node.inputs[0]].ndim
    if node.kind.startswith("Global"):
        return set(range(2, axes))
    given = values[node.inputs[1]] if len(node.inputs) > 1 and node.inputs[1] else node.attributes.get("axes")
    return {int(axis) % axes for axis in given} if given is not None and len(given) else set(range(axes))


def reduced_places(node: Node, values: Values, place: Place) -> Array:
    """The places that a reduction brings to one: along the axes that vary, [..., axes]."""
    X, axes = values[node.inputs[0]], reduced_axes(node, values)
    kept = [axis for axis in range(X.ndim) if axis not in axes]
    at = dict(zip(kept, [place[axis] for axis in kept] if len(place) == X.ndim else place, strict=False))
    grid = np.meshgrid(*([at[axis]] if axis in at else range(X.shape[axis]) for axis in range(X.ndim)), indexing="ij")
    return np.asarray(np.stack(grid, -1).reshape(*(X.shape[axis] for axis in sorted(axes)), X.ndim))


def spread(place: Place, shape: tuple[int, ...]) -> Place:
    """The place in a smaller value that is spread (broadcast) over the one with this place."""
    aligned = place[len(place) - len(shape) :] if len(shape) else ()
    return tuple(0 if size == 1 else at for at, size in zip(aligned, shape, strict=True))


def number_at(name: str, values: Values, place: Place, weight: float | None = None, weight_name: str = "") -> Operand:
    """The one number of a value that meets this place, with a weight."""
    return number_of(name, values, spread(place, values[name].shape), weight, weight_name)


def number_of(name: str, values: Values, place: Place, weight: float | None = None, weight_name: str = "") -> Operand:
    places = np.asarray(place, np.int64).reshape(1, -1)
    return Operand(name, values[name][place].reshape(1), places, None if weight is None else np.array([weight]), weight_name)


def numbers_at(X: Array, places: Array) -> Array:
    """The numbers at these places, 0 in the padding."""
    found = X[tuple(np.moveaxis(np.maximum(places, 0), -1, 0))]
    return np.asarray(np.where(places[..., 0] < 0, X.dtype.type(0), found))
