"""Pixels, a small network and a temperature as one `model.onnx`, like that of a photo network.

    image ─ pixels ─ standard ─ … ─ features ─ Gemm classifier ─ logits ─ Mul 1/temperature ─ Softmax ─ probability

`features` are what the last layer sees: the outputs of the layer before it, or the standardized pixels of "linear".
"""

import json
from pathlib import Path
from typing import Any

import numpy as np

from vitreous.core.view import View
from vitreous.errors import ModelError
from vitreous.infer.network import METADATA_KEY, Network


def join_small(pixels: Network, model: bytes, temperature: float, labels: list[str], facts: dict[str, Any]) -> Network:
    """A model.onnx: input `image` uint8 [N, S, S, 3], outputs `probability` [N, K] and `features` [N, D].

    `model`: ONNX bytes from `features` to `logits`, as `small_graph` and `SmallFit` have them. The same arguments give the same bytes.
    Raises ModelError where pixels, network and labels do not fit together.
    """
    from onnx import TensorProto, helper, load_model_from_string, numpy_helper

    joined, small = load_model_from_string(pixels.data), load_model_from_string(model)
    width, classes = _size(small.graph.input[0]), _size(small.graph.output[0])
    if width != pixels.facts["features"] or classes != len(labels):
        raise ModelError(
            f"pixels and {small.graph.name} cannot be joined",
            f"{pixels.facts['features']} pixels and {len(labels)} labels",
            f"{width} pixels and {classes} labels",
        )
    last = small.graph.node[-1]
    seen = last.input[0]
    names = {"features": "pixels"}  # what the backbone gives is no longer the last layer's input
    _rename(joined.graph, names)
    _rename(small.graph, names | {seen: "features"})
    graph = joined.graph
    graph.name = small.graph.name
    graph.node.extend(small.graph.node)
    graph.initializer.extend(small.graph.initializer)
    graph.initializer.append(numpy_helper.from_array(np.array(1 / temperature, np.float32), "temperature.scale"))
    graph.node.append(helper.make_node("Mul", ["logits", "temperature.scale"], ["logits.tempered"], name="logits.tempered"))
    graph.node.append(helper.make_node("Softmax", ["logits.tempered"], ["probability"], name="probability", axis=1))
    features = next(each.dims[1] for each in graph.initializer if each.name == last.input[1])
    del graph.output[:]
    graph.output.append(helper.make_tensor_value_info("probability", TensorProto.FLOAT, ["N", classes]))
    graph.output.append(helper.make_tensor_value_info("features", TensorProto.FLOAT, ["N", features]))
    view: View = pixels.view
    inherited = {key: pixels.facts[key] for key in ("licence", "source", "number_format")}
    written = inherited | {"network": small.graph.name, "task": "classify", "labels": labels, "view": view.to_json(), "features": features} | facts
    helper.set_model_props(joined, {METADATA_KEY: json.dumps(written)})
    return Network(bytes(joined.SerializeToString(deterministic=True)), Path("model.onnx"), written)


def _rename(graph: Any, names: dict[str, str]) -> None:
    """Values of a graph by other names; a node keeps its own name, that of its layer."""
    for node in graph.node:
        node.input[:] = [names.get(name, name) for name in node.input]
        node.output[:] = [names.get(name, name) for name in node.output]


def _size(value: Any) -> int:
    return int(value.type.tensor_type.shape.dim[1].dim_value)
