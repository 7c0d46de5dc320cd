"""A foreign graph between our input and our output, written so that the same recipe gives the same bytes.

    image ─ Cast ─ (MatMul grey | Gather bgr) ─ Sub shift ─ Mul factor ─ Transpose ─ Cast ─ what of the file the output needs ─ head

What the output does not need is left out, so that a text tower or a classifier costs nothing. Names that the head of a run will use,
such as `logits`, become `net.logits`; all others stay, so that the layers can be found again.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from vitreous.fit.foreign.inputs import ImageInput
from vitreous.fit.foreign.normalization import Normalization
from vitreous.fit.foreign.reading import ForeignFile, uses
from vitreous.infer.network import METADATA_KEY

Reduction = Literal["as it is", "mean of first", "mean of last", "first token", "mean of tokens"]

# Luminance of red, green and blue, as Pillow's "L": ITU-R BT.601.
_GREY = ((0.299,), (0.587,), (0.114,))
_LEAST_FORMAT = 8
# ReduceMean takes its axes as an input from this operator set on.
_AXES_AS_INPUT = 18
# What fit/join.py and the code here call their tensors.
_OURS = ("image", "features", "raw", "standard", "classifier", "temperature", "logits", "probability", "pixels")


@dataclass(frozen=True)
class Head:
    """How `tensor` becomes one row a picture: maps by their mean, tokens by the first or the mean."""

    tensor: str
    reduction: Reduction = "as it is"


@dataclass(frozen=True)
class Recipe:
    """All that decides the wrapped network's bytes, but for its metadata. `heads`: output name to what it holds."""

    file: ForeignFile
    image: ImageInput
    size: int
    normalization: Normalization
    heads: Mapping[str, Head]

    def of(self, file: ForeignFile) -> "Recipe":
        return replace(self, file=file)

    def ending_in(self, heads: Mapping[str, Head]) -> "Recipe":
        return replace(self, heads=heads)

    def normalized_by(self, normalization: Normalization) -> "Recipe":
        return replace(self, normalization=normalization)

    def sized(self, size: int) -> "Recipe":
        return replace(self, size=size)


def wrapped(recipe: Recipe, facts: Mapping[str, Any] | None = None) -> bytes:
    """The ONNX file: input `image` uint8 [N, S, S, 3], one float output for each of the recipe's heads."""
    from onnx import ModelProto, TensorProto, helper

    model = ModelProto()
    model.CopyFrom(recipe.file.model)
    graph = model.graph
    _keep_only(graph, {head.tensor for head in recipe.heads.values()})
    renamed = _rename(graph)
    before, weights = _prologue(recipe, renamed(recipe.image.name))
    after: list[Any] = []
    for output, head in recipe.heads.items():
        after += _epilogue(output, renamed(head.tensor), head.reduction, recipe.file.opset, weights)
    nodes = [*before, *graph.node, *after]
    del graph.node[:], graph.input[:], graph.output[:], graph.value_info[:], model.metadata_props[:], model.training_info[:]
    graph.node.extend(nodes)
    for node in graph.node:  # exporters write the paths of their machine here
        node.ClearField("doc_string")
        del node.metadata_props[:]
    graph.initializer.extend(weights)
    graph.input.append(helper.make_tensor_value_info("image", TensorProto.UINT8, ["N", recipe.size, recipe.size, 3]))
    for output in recipe.heads:
        shape = ["N", facts["features"]] if facts else None
        graph.output.append(helper.make_tensor_value_info(output, TensorProto.FLOAT, shape))
    graph.name, graph.doc_string, model.doc_string = recipe.file.name, "", ""
    model.ir_version = max(_LEAST_FORMAT, model.ir_version)
    if facts is not None:
        helper.set_model_props(model, {METADATA_KEY: json.dumps(facts)})
    return bytes(model.SerializeToString(deterministic=True))


def _prologue(recipe: Recipe, picture: str) -> tuple[list[Any], list[Any]]:
    """Nodes from `image` to the tensor that the file calls its picture, and their weights."""
    from onnx import TensorProto, helper, numpy_helper

    image = recipe.image
    weights: list[Any] = []
    steps: list[tuple[str, str, str | None, dict[str, Any]]] = []  # operator, output, constant, attributes

    def constant(name: str, value: Any) -> str:
        weights.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    if image.colours == "bgr" and image.channels == 3:
        steps.append(("Gather", "image.bgr", constant("image.order", np.array([2, 1, 0], np.int64)), {"axis": 3}))
    steps.append(("Cast", "image.float", None, {"to": TensorProto.FLOAT}))
    if image.channels == 1:
        steps.append(("MatMul", "image.grey", constant("image.grey_weights", np.array(_GREY, np.float32)), {}))
    shift, factor = recipe.normalization.shift_and_factor(image.channels)
    if image.colours == "bgr":  # mean and std come in the order red, green, blue
        shift, factor = shift[::-1], factor[::-1]
    if shift.any():
        steps.append(("Sub", "image.centred", constant("image.shift", shift.astype(np.float32)), {}))
    if (factor != 1).any():
        steps.append(("Mul", "image.normal", constant("image.factor", factor.astype(np.float32)), {}))
    if image.layout == "NCHW":
        steps.append(("Transpose", "image.planes", None, {"perm": [0, 3, 1, 2]}))
    if image.kind != "FLOAT":
        steps.append(("Cast", "image.cast", None, {"to": TensorProto.DataType.Value(image.kind)}))
    nodes, current = [], "image"
    for number, (operator, output, second, attributes) in enumerate(steps):
        output = picture if number == len(steps) - 1 else output
        nodes.append(helper.make_node(operator, [current, *([second] if second else [])], [output], name=output, **attributes))
        current = output
    return nodes, weights


def _epilogue(output: str, tensor: str, reduction: Reduction, opset: int, weights: list[Any]) -> list[Any]:
    """Nodes from `tensor` to `output`; the last one makes the output."""
    from onnx import TensorProto, helper, numpy_helper

    if reduction == "as it is":
        return [helper.make_node("Cast", [tensor], [output], name=output, to=TensorProto.FLOAT)]
    number = f"{output}.float"
    nodes = [helper.make_node("Cast", [tensor], [number], name=number, to=TensorProto.FLOAT)]
    if reduction == "mean of first":
        nodes.append(helper.make_node("GlobalAveragePool", [number], [f"{output}.pooled"], name=f"{output}.pooled"))
        return [*nodes, helper.make_node("Flatten", [f"{output}.pooled"], [output], name=output, axis=1)]
    if reduction == "first token":
        weights.append(numpy_helper.from_array(np.array(0, np.int64), f"{output}.token"))
        return [*nodes, helper.make_node("Gather", [number, f"{output}.token"], [output], name=output, axis=1)]
    axes = [1, 2] if reduction == "mean of last" else [1]
    if opset < _AXES_AS_INPUT:
        return [*nodes, helper.make_node("ReduceMean", [number], [output], name=output, axes=axes, keepdims=0)]
    weights.append(numpy_helper.from_array(np.array(axes, np.int64), f"{output}.axes"))
    return [*nodes, helper.make_node("ReduceMean", [number, f"{output}.axes"], [output], name=output, keepdims=0)]


def _keep_only(graph: Any, wanted: set[str]) -> None:
    """Drop the nodes and weights that none of the wanted tensors needs."""
    needed, kept = set(wanted), []
    for node in reversed(graph.node):
        if needed.intersection(node.output):
            kept.append(node)
            needed.update(uses(node))
    kept.reverse()
    weights = [each for each in graph.initializer if each.name in needed]
    sparse = [each for each in graph.sparse_initializer if each.values.name in needed]
    del graph.node[:], graph.initializer[:], graph.sparse_initializer[:]
    graph.node.extend(kept)
    graph.initializer.extend(weights)
    graph.sparse_initializer.extend(sparse)


def _rename(graph: Any) -> Callable[[str], str]:
    """Give every tensor that is called like one of ours another name; returns the function from old names to new ones."""
    names = set(_names(graph))
    changed: dict[str, str] = {}
    for name in sorted(names):
        if name.split(".")[0] in _OURS:
            changed[name] = f"net.{name}"
            while changed[name] in names:
                changed[name] = f"net.{changed[name]}"
            names.add(changed[name])
    _apply(graph, changed)
    return lambda name: changed.get(name, name)


def _names(graph: Any) -> Iterator[str]:
    yield from (each.name for each in graph.initializer)
    yield from (each.values.name for each in graph.sparse_initializer)
    yield from (each.name for each in (*graph.input, *graph.output))
    for node in graph.node:
        yield from (name for name in (*node.input, *node.output) if name)
        for attribute in node.attribute:
            for inner in (attribute.g, *attribute.graphs):
                yield from _names(inner)


def _apply(graph: Any, changed: Mapping[str, str]) -> None:
    for each in (*graph.initializer, *graph.input, *graph.output, *graph.value_info, *(part.values for part in graph.sparse_initializer)):
        each.name = changed.get(each.name, each.name)
    for node in graph.node:
        for names in (node.input, node.output):
            for number, name in enumerate(names):
                if name in changed:
                    names[number] = changed[name]
        for attribute in node.attribute:
            for inner in (*([attribute.g] if attribute.HasField("g") else []), *attribute.graphs):
                _apply(inner, changed)
