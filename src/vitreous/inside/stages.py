"""The stages of a network on one picture: what comes out of each, what it can see, what it holds and what it costs.

Nodes are first put together to steps: a convolution with the activation behind it, a pooling, a residual sum. A step is called by
the value that it ends in. Steps whose names begin alike are a stage: `stage3.block1.expand` and `stage3.block2` belong to `stage3`; how many
parts of the name must be equal is the depth. A network whose names have no parts has its steps for stages.

Weights are what is learned; a weight used twice is counted where it is used first. Multiply-adds are those of convolutions and matrix
products for this picture, multiplications with padding included, as papers count them.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from vitreous.core.text import visible
from vitreous.errors import UsageError, nearest
from vitreous.inside.receptive_field import Field, Fields, receptive_fields
from vitreous.layers.operators import Node
from vitreous.layers.walk import Walk
from vitreous.layers.window import Array

# These begin a step; others join the step that they follow.
_BEGINNERS = {
    "Conv", "Gemm", "MatMul", "MaxPool", "AveragePool", "GlobalAveragePool", "GlobalMaxPool", "Concat", "Softmax", "LogSoftmax",
    "ReduceMean", "ReduceMax", "LRN", "LayerNormalization",
}  # fmt: skip
# Which inputs are learned.
_LEARNED = {"Conv": (1, 2), "Gemm": (1, 2), "MatMul": (0, 1), "BatchNormalization": (1, 2), "LayerNormalization": (1, 2)}
DEEPEST = 99


@dataclass(frozen=True, eq=False)
class Stage:
    """`value` is the value that the stage ends in, and `maps` that value for the picture: [C, H, W], or [D] where it is flat.

    `field`: the pixels of the network's input that a number of it sees; None means the whole picture.
    """

    name: str
    value: str
    nodes: tuple[str, ...]
    kinds: tuple[str, ...]
    maps: Array
    field: Field | None
    weights: int
    multiply_adds: int

    @property
    def shape(self) -> tuple[int, ...]:
        return self.maps.shape

    def strongest(self, count: int) -> list[int]:
        """The numbers of at most `count` maps with the largest root mean square, strongest first."""
        flat = np.nan_to_num(self.maps.reshape(len(self.maps), -1).astype(np.float64))
        order: list[int] = np.argsort(-np.square(flat).mean(1), kind="stable")[:count].tolist()
        return order

    def to_json(self) -> dict[str, Any]:
        field = self.field
        return {
            "name": self.name,
            "value": self.value,
            "operators": {kind: self.kinds.count(kind) for kind in dict.fromkeys(self.kinds)},
            "shape": list(self.shape),
            "receptive_field": {"size": list(field.size), "stride": list(field.stride), "offset": list(field.offset)} if field else None,
            "weights": self.weights,
            "multiply_adds": self.multiply_adds,
        }


def stages(walk: Walk, values: Mapping[str, Array], depth: int = 1) -> list[Stage]:
    """The stages of the network in working order, by names of `depth` parts. `values` are those of `Walk.values` for one picture."""
    fields = receptive_fields(walk, values)
    groups: dict[str, list[list[Node]]] = {}
    for step in _steps(walk, values):
        name = ".".join(parts(step[-1].outputs[0], step[-1].kind)[:depth])
        groups.setdefault(name, []).append(step)
    counted: set[str] = set()
    return [_stage(walk, name, [node for step in steps for node in step], values, fields, counted) for name, steps in groups.items()]


def stage_names(walk: Walk, values: Mapping[str, Array]) -> dict[str, str]:
    """Every name of a stage, at every depth, with the value that it ends in."""
    names: dict[str, str] = {}
    for step in _steps(walk, values):
        value, name = step[-1].outputs[0], parts(step[-1].outputs[0], step[-1].kind)
        names |= {".".join(name[:depth]): value for depth in range(1, len(name) + 1)}
    return names


def stage_called(walk: Walk, values: Mapping[str, Array], name: str) -> Stage:
    """The stage of this name, at whatever depth. Raises UsageError with the nearest names where there is none."""
    known = stage_names(walk, values)
    if name not in known:
        raise UsageError(f"the network has no stage {visible(name)!r}", remedy=nearest(name, known))
    return next(stage for stage in stages(walk, values, len(name.split("."))) if stage.name == name)


def parts(value: str, kind: str) -> list[str]:
    """The parts of a value's name. What only repeats the operator is left off, as torch's exporter does it too.

    >>> parts("stage1.block1.project.conv", "Conv"), parts("/layer1/layer1.0/conv1/Conv_output_0", "Conv"), parts("relu", "Relu")
    (['stage1', 'block1', 'project'], ['layer1', '0', 'conv1'], ['relu'])
    """
    found = [part for part in value.split("/" if "/" in value else ".") if part] or [value]
    if len(found) > 1 and (found[-1].lower() == kind.lower() or re.fullmatch(r"[A-Z]\w*_output_\d+", found[-1])):
        del found[-1]
    # the exporter repeats the path in every part: layer1, layer1.0
    for place in range(len(found) - 1, 0, -1):
        found[place] = found[place].removeprefix(found[place - 1] + ".")
    return [part.replace(".", "_") if "/" in value else part for part in found]


def learned(node: Node, walk: Walk) -> list[str]:
    """The names of a node's weights."""
    names = [node.inputs[k] for k in _LEARNED.get(node.kind, ()) if k < len(node.inputs)]
    if node.kind == "Add" and (data := [name for name in node.inputs if name not in walk.constants]) and len(data) == 1:
        # the bias of a matrix product
        names = [name for name in node.inputs if name in walk.constants] if walk.node_of(data[0]).kind == "MatMul" else []
    return [name for name in names if name in walk.constants and not _is_given(name)]


def _is_given(name: str) -> bool:
    """Matrices that the export writes: how grey is made of colours, and means over fields of unequal size."""
    return name in ("luma", "pixels.luma") or name.endswith((".adaptiveavgpool.rows", ".adaptiveavgpool.columns"))


def multiply_adds(node: Node, values: Mapping[str, Array]) -> int:
    """Products of a convolution, a fully connected layer or a matrix product; 0 for every other operator."""
    if node.kind == "Conv":
        return int(values[node.outputs[0]].size) * int(prod(values[node.inputs[1]].shape[1:]))
    if node.kind in ("Gemm", "MatMul"):
        A = values[node.inputs[0]]
        return int(values[node.outputs[0]].size) * int(A.shape[0 if node.attributes.get("transA") else -1])
    return 0


def _stage(walk: Walk, name: str, nodes: list[Node], values: Mapping[str, Array], fields: Fields, counted: set[str]) -> Stage:
    weights = 0
    for each in (weight for node in nodes for weight in learned(node, walk)):
        weights += walk.constants[each].size if each not in counted else 0
        counted.add(each)
    value = nodes[-1].outputs[0]
    field = fields.get(value)
    maps = values[value]
    if maps.ndim == 4 and field and field.axes and field.axes != (2, 3):
        maps = np.moveaxis(maps, field.axes, (2, 3))
    maps = maps[0] if maps.ndim > 1 and len(maps) == 1 else maps
    return Stage(
        name,
        value,
        tuple(node.name for node in nodes),
        tuple(node.kind for node in nodes),
        maps,
        field,
        weights,
        sum(multiply_adds(node, values) for node in nodes),
    )


def _steps(walk: Walk, values: Mapping[str, Array]) -> Iterator[list[Node]]:
    step: list[Node] = []
    for node in walk.nodes:
        if not _is_of_the_picture(node, walk, values):
            continue
        data = {name for name in node.inputs if name and name not in walk.constants and values[name].dtype.kind != "i"}
        if step and (node.kind in _BEGINNERS or data != {step[-1].outputs[0]} or _ends(step[-1], node, walk, values)):
            yield step
            step = []
        step.append(node)
    if step:
        yield step


def _ends(last: Node, node: Node, walk: Walk, values: Mapping[str, Array]) -> bool:
    """Whether a step ends between two nodes: with an output of the network, and where the number of axes changes."""
    value = last.outputs[0]
    return value in walk.outputs or values[value].ndim != values[node.outputs[0]].ndim


def _is_of_the_picture(node: Node, walk: Walk, values: Mapping[str, Array]) -> bool:
    """Not the arithmetic of sizes, which exporters leave in a network."""
    value = values[node.outputs[0]]
    return node.kind != "Shape" and (value.dtype.kind == "f" or value.dtype == np.uint8) and value.ndim > 0
