"""Where in a network is searched: the value that each stage ends in, channel by channel, and what its activation can give at most.

An activation with a ceiling gives the same number for all that lies above it: of 1,280 channels of EfficientNet-Lite0's head, 411 reach
ReLU6's ceiling in more than nine of 256 photos. So the number before such an activation is what is compared. The order is the same, as the
activation never falls, and pictures that the ceiling makes equal are told apart.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import atanh, inf, log

import numpy as np

from vitreous.core.text import visible
from vitreous.errors import ModelError, UsageError
from vitreous.infer.network import Network
from vitreous.inside.receptive_field import Field
from vitreous.inside.stages import Stage, stage_called, stages
from vitreous.layers.operators import Node
from vitreous.layers.operators.values import limits
from vitreous.layers.walk import Walk
from vitreous.layers.window import Array

# A sigmoid or tanh at its end: its slope is below 4 % of the steepest.
NEAR_THE_END = 0.99
# What our exporters call the pictures made ready.
_PREPARED = "pixels"
# What is never below zero where what goes in is not.
_KEEPS_SIGN = {"MaxPool", "AveragePool", "GlobalAveragePool", "GlobalMaxPool", "ReduceMean", "ReduceMax", "Concat", "Identity", "Dropout",
               "Flatten", "Reshape", "Squeeze", "Unsqueeze", "Transpose", "Pad", "LRN"}  # fmt: skip


@dataclass(frozen=True)
class Point:
    """A value [N, C, H, W] of the network, or [N, C], and how it is searched.

    `ranked`: the value whose numbers are compared, the one before the activation where that has a ceiling. `low` and `high`: from where on,
    of `ranked`, the activation is at its end; −inf and inf where it has none. `rectified`: it is never below zero, so a channel that is never
    above it is dead. `axes`: where its rows and columns lie. `labels`: what its channels stand for, where they are the network's answers.
    """

    stage: str
    value: str
    ranked: str
    shape: tuple[int, int, int]
    field: Field | None
    activation: str
    low: float
    high: float
    rectified: bool
    axes: tuple[int, int] = (2, 3)
    labels: tuple[str, ...] = ()

    @property
    def ends(self) -> bool:
        """Whether the activation has an end at which it can be saturated."""
        return self.low > -inf or self.high < inf

    def planes(self, value: Array) -> Array:
        """What an engine gives of `ranked` for N pictures, as [N, C, H · W]."""
        return self.upright(value).reshape(len(value), self.shape[0], -1)

    def upright(self, value: Array) -> Array:
        """A view of the value as [N, C, H, W], or as it is where it is flat."""
        return np.moveaxis(value, self.axes, (2, 3)) if value.ndim == 4 else value

    def box(self, row: int, column: int, side: int) -> tuple[int, int, int, int]:
        """The pixels of a picture of `side` that a number sees, without padding: top, left, and bottom, right, which are not included."""
        if self.field is None:
            return 0, 0, side, side
        top, left, bottom, right = self.field.pixels(row, column)
        return max(0, top), max(0, left), min(side, bottom + 1), min(side, right + 1)

    def place(self, index: int) -> tuple[int, int]:
        """Row and column of a number of a channel, counted through."""
        row, column = divmod(index, self.shape[2])
        return row, column


def points_of(walk: Walk, network: Network, stage: str | None, depth: int) -> list[Point]:
    """The one stage of this name, or all with learned weights, by names of `depth` parts, but not the making ready of the pictures.

    Raises UsageError with the nearest names.
    """
    values = walk.values(blank(walk, network))
    if stage is not None:
        found = [stage_called(walk, values, stage)]
        if found[0].maps.ndim not in (1, 3):
            raise UsageError(f"{visible(stage)} has no channels", f"its value has shape {list(found[0].shape)}", "maps [C, H, W] or numbers [D]")
    else:
        found = [each for each in stages(walk, values, depth) if each.weights and each.maps.ndim in (1, 3) and each.name != _PREPARED]
    if not found:
        raise ModelError(f"nothing to search in {visible(network.path.name)}", "no stage with learned weights")
    rectified = _rectified(walk, values)
    points = [_point(walk, each, values, rectified) for each in found]
    return [replace(point, labels=tuple(network.labels)) if _is_answer(point, network) else point for point in points]


def blank(walk: Walk, network: Network) -> dict[str, Array]:
    """One black picture for the network's input. Raises ModelError for a network that takes something else."""
    side = network.view.size
    (name, shape), *others = walk.inputs.items()
    if others or len(shape) != 4 or any(isinstance(size, int) and size != own for size, own in zip(shape, (1, side, side, 3), strict=True)):
        needed = f"one picture [N, {side}, {side}, 3], as vitreous train writes it"
        raise ModelError(f"cannot open {visible(network.path.name)}", f"its inputs are {[*map(visible, walk.inputs)]}, {shape}", needed)
    return {name: np.zeros((1, side, side, 3), np.uint8)}


def _is_answer(point: Point, network: Network) -> bool:
    return point.stage in ("logits", "probability") and point.shape == (len(network.labels), 1, 1)


def _point(walk: Walk, stage: Stage, values: Mapping[str, Array], rectified: set[str]) -> Point:
    node = _activation(walk, stage.value)
    low, high = _ends(node, values)
    before = node.inputs[0] if (low > -inf or high < inf) and values[node.inputs[0]].shape == values[stage.value].shape else stage.value
    if before == stage.value:
        low, high = -inf, inf
    shape: Sequence[int] = stage.shape if len(stage.shape) == 3 else (stage.shape[0], 1, 1)
    axes = stage.field.axes if stage.field and stage.field.axes else (2, 3)
    sizes = (int(shape[0]), int(shape[1]), int(shape[2]))
    return Point(stage.name, stage.value, before, sizes, stage.field, node.kind, low, high, stage.value in rectified, axes)


def _activation(walk: Walk, value: str) -> Node:
    """The node that gives a value, but for what only stretches it, as in LeNet-5's 1.7159 · tanh(2 x / 3)."""
    node = walk.node_of(value)
    while True:
        data = [name for name in node.inputs if name and name not in walk.constants]
        factors = [walk.constants[name] for name in node.inputs if name in walk.constants]
        stretched = (
            node.kind in ("Mul", "Div")
            and len(factors) == 1
            and (node.kind == "Mul" or data == [node.inputs[0]])
            and all(each.size == 1 and each.item() > 0 for each in factors)
        )
        if not (stretched or node.kind in ("Identity", "Dropout")) or len(data) != 1 or data[0] in walk.inputs:
            return node
        node = walk.node_of(data[0])


def _ends(node: Node, values: Mapping[str, Array]) -> tuple[float, float]:
    """From where on, of what goes in, an activation is at its ends. That Clip gives 0 is no end: it is what a rectifier does."""
    if node.kind == "Clip":
        least, greatest = limits(node, [values[name] if name else None for name in node.inputs])
        return (least if least < 0 else -inf), greatest
    if node.kind == "Sigmoid":
        end = log(NEAR_THE_END / (1 - NEAR_THE_END))
        return -end, end
    if node.kind == "Tanh":
        return -atanh(NEAR_THE_END), atanh(NEAR_THE_END)
    if node.kind == "HardSigmoid":
        slope, middle = node.attributes.get("alpha", 0.2), node.attributes.get("beta", 0.5)
        return -middle / slope, (1 - middle) / slope
    return -inf, inf


def _rectified(walk: Walk, values: Mapping[str, Array]) -> set[str]:
    """The values that come from a rectifier, and so are never below zero."""
    found: set[str] = set()
    for node in walk.nodes:
        data = [name for name in node.inputs if name and name not in walk.constants]
        bent = node.kind == "Relu" or (node.kind == "Clip" and limits(node, [values[name] if name else None for name in node.inputs])[0] >= 0)
        if bent or (node.kind in (*_KEEPS_SIGN, "Add", "Sum", "Max") and data and found.issuperset(data) and _no_constant_below(node, walk)):
            found.update(node.outputs)
    return found


def _no_constant_below(node: Node, walk: Walk) -> bool:
    return all((walk.constants[name] >= 0).all() for name in node.inputs if name in walk.constants and walk.constants[name].dtype.kind == "f")
