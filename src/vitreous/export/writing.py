"""A node of a traced network is written under a readable name: by its layer's or function's way into ONNX.

What does nothing in inference is no node: its value is that of its input. A batch norm that alone reads a convolution is folded into it, where
the graph wants that.
"""

import operator
from typing import Any

import numpy as np
import torch
from torch import fx, nn

from vitreous.errors import ModelError
from vitreous.export.graph import Graph, array_of
from vitreous.export.layers import FUNCTIONS, LAYERS, convolve
from vitreous.nets.stages import Accepts

NOTHING_IN_INFERENCE = (Accepts, nn.Identity, nn.Dropout, nn.Dropout2d)
_WORDS = {operator.add: "sum", torch.add: "sum", operator.mul: "product", torch.mul: "product", torch.cat: "concatenation"}
_WORDS |= {function: function.__name__ for function in (torch.relu, torch.sigmoid, torch.tanh, torch.sign, nn.functional.relu, nn.functional.pad)}


def write(graph: Graph, node: fx.Node, layers: dict[str, Any], final: str | None) -> None:
    """Write one node of the traced network; `final` is the name of its value where that is settled.

    Raises ModelError for a layer or a function that has no way here, by its name.
    """
    if node.op == "placeholder":
        graph.values[node] = "pixels"
        return
    layer = layers.get(str(node.target)) if node.op == "call_module" else None
    if graph.folding and isinstance(layer, nn.Conv2d) and _norm_behind(node, layers) is not None:
        return  # written with the batch norm behind it
    if isinstance(layer, NOTHING_IN_INFERENCE):
        graph.values[node] = graph.values[node.all_input_nodes[0]]
        if final:
            graph.values[node] = graph.node("Identity", [graph.values[node]], final)
        return
    kind = type(layer) if layer is not None else node.target
    writer = LAYERS.get(kind) if layer is not None else FUNCTIONS.get(kind)
    if writer is None:
        called = getattr(kind, "__name__", str(kind))
        raise ModelError("cannot export the network", f"{node.meta['path'] or 'the network'}: {called}, which has no way into ONNX here")
    if graph.folding and isinstance(layer, nn.BatchNorm2d) and _is_convolution(node.all_input_nodes[0], layers):
        _folded(graph, node, layers, final)
        return
    own = graph.free(_readable(node, layers))
    graph.values[node] = writer(graph, node, layer, own, final or own)


def _readable(node: fx.Node, layers: dict[str, Any]) -> str:
    """The layer's path without "stages"; a number at its end gives way to what the layer is."""
    path = node.meta["path"].removeprefix("stages.")
    if node.op != "call_module":
        return f"{path}.{_WORDS.get(node.target, node.name)}".removeprefix(".")
    before, _, last = path.rpartition(".")
    return f"{before}.{type(layers[str(node.target)]).__name__.lower().removesuffix('2d').removeprefix('same')}" if last.isdigit() else path


def _norm_behind(node: fx.Node, layers: dict[str, Any]) -> nn.BatchNorm2d | None:
    """The batch norm that alone reads this node."""
    users = list(node.users)
    behind = layers.get(str(users[0].target)) if len(users) == 1 and users[0].op == "call_module" else None
    return behind if isinstance(behind, nn.BatchNorm2d) else None


def _is_convolution(node: fx.Node, layers: dict[str, Any]) -> bool:
    return node.op == "call_module" and isinstance(layers[str(node.target)], nn.Conv2d) and len(node.users) == 1


def _folded(graph: Graph, node: fx.Node, layers: dict[str, Any], final: str | None) -> None:
    """norm(W x + b) = (g W) x + g (b − mean) + β with g = γ / √(variance + ε)."""
    source = node.all_input_nodes[0]
    layer, norm = layers[str(source.target)], layers[str(node.target)]
    weight, bias = array_of(layer.weight, np.float64), 0.0 if layer.bias is None else array_of(layer.bias, np.float64)
    mean, variance = array_of(norm.running_mean, np.float64), array_of(norm.running_var, np.float64)
    gamma, beta = (1.0, 0.0) if norm.weight is None else (array_of(norm.weight, np.float64), array_of(norm.bias, np.float64))
    scale = gamma / np.sqrt(variance + norm.eps)
    own = graph.free(_readable(source, layers))
    weights = (weight * scale[:, None, None, None]).astype(np.float32), ((bias - mean) * scale + beta).astype(np.float32)
    graph.values[node] = convolve(graph, source, layer, own, final or own, *weights)
