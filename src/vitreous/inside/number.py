"""The arithmetic of one number: which numbers it is made of, with which weights, and what comes out.

    weighted sum    Σ number · weight + bias     convolution, fully connected, batch norm, mean, residual sum
    product         number · number              a gate, a scale that depends on the picture
    largest         the largest of them          max-pool
    softmax         e^z / Σ e^z
    function        of one number                Relu, Clip, Sigmoid …
    copied          the same number from another place: Flatten, Transpose, Concat …
    slopes          anything else: how much it changes with each number it depends on

Every number that goes in names its own place in its own value, so one can go on from there, down to the pixels.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from vitreous.inside.operands import Form, Operand
from vitreous.inside.operations import operation
from vitreous.inside.place import Place, full_place, value_called, without_batch
from vitreous.layers.operators import Node
from vitreous.layers.walk import Walk
from vitreous.layers.window import Array

# fp32 sums of thousands of products, in another order
_TOLERANCE = 1e-5


@dataclass(frozen=True, eq=False)
class Arithmetic:
    """How `value` at `place` (full) comes about. `result` is the number that the walk computed; `rule` says in words what is done."""

    value: str
    place: Place
    result: float
    form: Form
    kind: str
    rule: str
    operands: tuple[Operand, ...] = ()
    bias: float | None = None
    bias_name: str = ""

    @property
    def sum(self) -> float:
        """All products, without the bias, in float64."""
        return float(sum(operand.products.sum() for operand in self.operands))

    @property
    def count(self) -> int:
        """How many numbers go in, without padding."""
        return sum(operand.numbers.size - int(operand.padding.sum()) for operand in self.operands)

    @property
    def strongest(self) -> tuple[Operand, tuple[int, ...]] | None:
        """The number that decides: the largest product, the largest number of a pooling, the own score of a softmax. None for an input."""
        best: tuple[float, Operand, tuple[int, ...]] | None = None
        for operand in self.operands:
            weight = self._importance(operand)
            place = tuple(int(k) for k in np.unravel_index(int(weight.argmax()), weight.shape))
            if best is None or weight[place] > best[0]:
                best = float(weight[place]), operand, place
        return best[1:] if best else None

    def _importance(self, operand: Operand) -> Array:
        if self.form == "softmax":
            own = (operand.places == np.asarray(self.place)).all(-1)
            return np.where(own, 1.0, 0.0)
        if self.form in ("largest", "smallest"):
            strength = operand.numbers.astype(np.float64) * (1 if self.form == "largest" else -1)
        else:
            strength = np.abs(operand.products)
        if not strength.any():  # nothing decides: the middle
            middle = [np.square(np.arange(size) - (size - 1) / 2) for size in strength.shape]
            strength = -np.asarray(sum(np.meshgrid(*middle, indexing="ij")))
        return np.where(operand.padding, -np.inf, np.nan_to_num(strength, nan=-np.inf))

    def to_json(self) -> dict[str, Any]:
        written: dict[str, Any] = {
            "value": self.value,
            "place": list(without_batch(self.place)),
            "result": plain(self.result),
            "form": self.form,
            "operator": self.kind,
            "rule": self.rule,
            "inputs": [_operand_json(operand, self.form) for operand in self.operands],
        }
        if self.form == "weighted sum":
            written |= {"sum": plain(self.sum), "bias": None if self.bias is None else plain(self.bias), "bias_name": self.bias_name or None}
        return written


def explain(walk: Walk, values: Mapping[str, Array], name: str, place: Place) -> Arithmetic:
    """The arithmetic of the number at `place` (without the axis of pictures) of a value or a stage.

    Raises UsageError for a value or a place that there is not. `values` are those of `Walk.values` for one picture.
    """
    name = value_called(walk, values, name)
    return explain_full(walk, values, name, full_place(name, values[name], place))


def explain_full(walk: Walk, values: Mapping[str, Array], name: str, place: Place) -> Arithmetic:
    """The same by a full place of a value that is there."""
    result = float(values[name][place])
    if name in walk.inputs:
        return Arithmetic(name, place, result, "input", "", "a number of the picture, 0 to 255")
    node = walk.node_of(name)
    done = operation(node, values, name, place, set(walk.constants))
    arithmetic = Arithmetic(name, place, result, done.form, node.kind, done.rule, done.operands, done.bias, done.bias_name)
    _check(arithmetic, node)
    return arithmetic


def plain(number: Any) -> float | None:
    """A number for JSON, with the digits that fp32 has; None for what is no number."""
    return float(f"{number:.9g}") if np.isfinite(number) else None


def _check(made: Arithmetic, node: Node) -> None:
    """Our sum is what the walk computed."""
    if made.form != "weighted sum" or not np.isfinite(made.result):
        return
    size = sum(float(np.abs(operand.products).sum()) for operand in made.operands) + abs(made.bias or 0)
    assert abs(made.sum + (made.bias or 0) - made.result) <= _TOLERANCE * max(size, 1e-30), (node.name, made.sum, made.bias, made.result)


def _operand_json(operand: Operand, form: Form) -> dict[str, Any]:
    flat = operand.places.reshape(-1, operand.places.shape[-1]).tolist()
    written: dict[str, Any] = {
        "value": operand.value,
        "shape": list(operand.numbers.shape),
        "numbers": [plain(number) for number in operand.numbers.ravel()],
        "places": [list(without_batch(tuple(place))) if place[0] >= 0 else None for place in flat],
    }
    if operand.weights is not None:
        key = "slopes" if form == "slopes" else "weights"
        written |= {key: [plain(number) for number in np.broadcast_to(operand.weights, operand.numbers.shape).ravel()]}
        written |= {"weights_of": operand.weight_name or None}
        if form != "slopes":
            written["products"] = [plain(number) for number in operand.products.ravel()]
    return written
