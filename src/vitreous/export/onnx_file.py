"""A torch network becomes a `model.onnx`: the graph is written node by node, in the network's own order and with its own names.

    image uint8 [N, S, S, 3] ─ Cast ─ Sub mean ─ Mul 1/std ─ Transpose ─ stages ─ features [N, D] ─ head ─ logits ─ probability [N, K]

The value behind a stage has the stage's name; what is inside has its path, such as `conv2.0.relu1`. Batch norm is folded into the
convolution before it (in float64), dropout is left out, means over fields of unequal size are written as two matrix products. A network
for grey pictures gets its one channel from red, green and blue inside the file, so every file takes the same pictures.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from torch import fx, nn

from vitreous.core.view import View
from vitreous.errors import ModelError
from vitreous.export.graph import Graph
from vitreous.export.writing import write
from vitreous.infer.network import METADATA_KEY, Network
from vitreous.nets.stages import stage_of, trace

OPSET = 17
RESERVED = {"image", "pixels", "luma", "mean", "scale", "features", "logits", "probability"}  # the names that are ours
LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601, as Pillow's mode L


def to_network(
    net: nn.Module, labels: list[str], view: View, mean: float | Sequence[float], std: float | Sequence[float], facts: dict[str, Any]
) -> Network:
    """The network, as it is for inference, as the bytes of a `model.onnx` with its metadata.

    `net` has `accepts`, `stages` and `head` (vitreous.nets.stages). `labels` name the outputs. `view` says what of a picture goes in.
    `mean` and `std` are in pixel values of 0 to 255, one for all channels or one each. `facts` are written beside task, labels, view,
    mean and std. The same arguments give the same bytes.
    Raises ModelError for a number of labels or channels that does not fit, and for layers that cannot be written, by name; UsageError
    where the network cannot take pictures of the view's size.
    """
    return _exported(Graph(), net, labels, view, mean, std, facts)


def to_network_as_trained(
    net: nn.Module, labels: list[str], view: View, mean: float | Sequence[float], std: float | Sequence[float], facts: dict[str, Any]
) -> Network:
    """The same with each batch norm as a node of its own: every weight that was learned stands in the file as it is."""
    return _exported(Graph(folding=False), net, labels, view, mean, std, facts)


def _exported(
    graph: Graph, net: nn.Module, labels: list[str], view: View, mean: float | Sequence[float], std: float | Sequence[float], facts: dict[str, Any]
) -> Network:
    channels = _channels(net)
    if len(labels) != net.head.out_features:
        raise ModelError("cannot export the network", f"{len(labels):,} labels", f"one for each of its {net.head.out_features:,} outputs")
    means, deviations = _per_channel("mean", mean, channels), _per_channel("std", std, channels)
    if (deviations <= 0).any():
        raise ModelError("cannot export the network", f"std {deviations.tolist()}", "numbers above 0")
    _write_input(graph, channels, means, deviations)
    _write_network(graph, net, trace(net, (channels, view.size, view.size)))
    numbers = {"mean": means.tolist(), "std": deviations.tolist()}
    written = {"task": "classify", "labels": labels, "view": view.to_json()} | numbers | facts
    if written["task"] == "multilabel":
        graph.node("Sigmoid", ["logits"], "probability")
    else:
        graph.node("Softmax", ["logits"], "probability", axis=1)
    return Network(_model(graph, view.size, net.head, written), Path("model.onnx"), written)


def _channels(net: nn.Module) -> int:
    if not all(hasattr(net, part) for part in ("accepts", "stages", "head")):
        raise ModelError("cannot export the network", f"a {type(net).__name__} without named parts", "a network with accepts, stages and head")
    channels: int = net.accepts.channels
    if channels not in (1, 3):
        raise ModelError("cannot export the network", f"a network for {channels} channels", "1 or 3: pictures are decoded to red, green and blue")
    return channels


def _per_channel(name: str, given: float | Sequence[float], channels: int) -> Any:
    values = np.atleast_1d(np.asarray(given, np.float32))
    if values.shape not in ((1,), (channels,)) or not np.isfinite(values).all():
        raise ModelError("cannot export the network", f"{name} {given}", f"one number, or one for each of {channels} channels")
    return values


def _write_input(graph: Graph, channels: int, mean: Any, std: Any) -> None:
    x = graph.node("Cast", ["image"], "image.float", to=1)
    if channels == 1:
        x = graph.node("MatMul", [x, graph.constant("luma", np.array(LUMA, np.float32)[:, None])], "image.grey")
    x = graph.node("Sub", [x, graph.constant("mean", mean)], "image.centred")
    x = graph.node("Mul", [x, graph.constant("scale", 1 / std)], "image.normal")
    graph.node("Transpose", [x], "pixels", perm=[0, 3, 1, 2])


def _write_network(graph: Graph, net: nn.Module, nodes: list[fx.Node]) -> None:
    last = {stage_of(node.meta["path"]): node for node in nodes if stage_of(node.meta["path"])}
    final = {node: f"stage.{stage}" if stage in RESERVED else stage for stage, node in last.items()}
    final[last["head"]] = "logits"
    final[last["head"].all_input_nodes[0]] = "features"
    layers = dict(net.named_modules())
    for node in nodes:
        if node.op != "output":
            write(graph, node, layers, final.get(node))


def _model(graph: Graph, size: int, head: nn.Linear, facts: dict[str, Any]) -> bytes:
    from onnx import TensorProto, helper

    outputs = {"logits": head.out_features, "probability": head.out_features, "features": head.in_features}
    made = helper.make_graph(
        graph.nodes,
        str(facts.get("network", "network")),
        [helper.make_tensor_value_info("image", TensorProto.UINT8, ["N", size, size, 3])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", width]) for name, width in outputs.items()],
    )
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8, producer_name="vitreous")
    model.graph.initializer.extend(graph.weights)  # last: half a gigabyte is copied at every step before
    helper.set_model_props(model, {METADATA_KEY: json.dumps(facts)})
    return bytes(model.SerializeToString(deterministic=True))
