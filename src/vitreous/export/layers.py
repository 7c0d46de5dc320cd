"""How each torch layer and function is written as an ONNX node.

A writer in `LAYERS` (modules) or `FUNCTIONS` gets the graph, the traced node, the layer (None for a function), the name for its weights,
and the name of its value; it gives the latter back.
"""

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import fx, nn

from vitreous.errors import ModelError
from vitreous.export.graph import Graph, array_of, input_of
from vitreous.nets.efficientnet_lite import SameConv2d


def _convolution(graph: Graph, node: fx.Node, layer: nn.Conv2d, own: str, output: str) -> str:
    return convolve(graph, node, layer, own, output, array_of(layer.weight), None if layer.bias is None else array_of(layer.bias))


def convolve(graph: Graph, node: fx.Node, layer: nn.Conv2d, own: str, output: str, weight: Any, bias: Any) -> str:
    if layer.padding_mode != "zeros" or isinstance(layer.padding, str):
        raise ModelError("cannot export the network", f"{own}: padding {layer.padding_mode} {layer.padding}", "zeros, in numbers")
    height, width = node.all_input_nodes[0].meta["shape"][2:]
    pads = layer.pads(height, width) if isinstance(layer, SameConv2d) else (*layer.padding, *layer.padding)
    inputs = [input_of(graph, node), graph.constant(f"{own}.weight", weight)]
    if bias is not None:
        inputs.append(graph.constant(f"{own}.bias", bias))
    shape = {"kernel_shape": layer.kernel_size, "strides": layer.stride, "dilations": layer.dilation}
    return graph.node("Conv", inputs, output, pads=pads, group=layer.groups, **shape)


def _batch_norm(graph: Graph, node: fx.Node, layer: nn.BatchNorm2d, own: str, output: str) -> str:
    parts = {"weight": layer.weight, "bias": layer.bias, "mean": layer.running_mean, "variance": layer.running_var}
    if layer.weight is None:
        parts |= {"weight": torch.ones_like(layer.running_mean), "bias": torch.zeros_like(layer.running_mean)}
    inputs = [graph.constant(f"{own}.{name}", array_of(value)) for name, value in parts.items()]
    return graph.node("BatchNormalization", [input_of(graph, node), *inputs], output, epsilon=layer.eps)


def _linear(graph: Graph, node: fx.Node, layer: nn.Linear, own: str, output: str) -> str:
    if len(node.meta["shape"]) != 2:
        raise ModelError("cannot export the network", f"{own}: a fully connected layer on {len(node.meta['shape'])} axes", "rows of features [N, D]")
    inputs = [input_of(graph, node), graph.constant(f"{own}.weight", array_of(layer.weight))]
    if layer.bias is not None:
        inputs.append(graph.constant(f"{own}.bias", array_of(layer.bias)))
    return graph.node("Gemm", inputs, output, transB=1)


def _flatten(graph: Graph, node: fx.Node, layer: nn.Flatten, own: str, output: str) -> str:
    if (layer.start_dim, layer.end_dim) != (1, -1):
        raise ModelError("cannot export the network", f"{own}: axes {layer.start_dim} to {layer.end_dim} flattened", "all but the first")
    return graph.node("Flatten", [input_of(graph, node)], output, axis=1)


def _relu6(graph: Graph, node: fx.Node, layer: nn.ReLU6, own: str, output: str) -> str:
    limits = [graph.constant(f"{own}.{name}", np.float32(value)) for name, value in (("least", 0), ("greatest", 6))]
    return graph.node("Clip", [input_of(graph, node), *limits], output)


def _response_norm(graph: Graph, node: fx.Node, layer: nn.LocalResponseNorm, own: str, output: str) -> str:
    return graph.node("LRN", [input_of(graph, node)], output, size=layer.size, alpha=layer.alpha, beta=layer.beta, bias=float(layer.k))


def _max_pool(graph: Graph, node: fx.Node, layer: nn.MaxPool2d, own: str, output: str) -> str:
    if layer.return_indices:
        raise ModelError("cannot export the network", f"{own}: max-pooling that gives places", "max-pooling that gives values")
    window = _pool(layer) | {"dilations": _pair(layer.dilation), "ceil_mode": 0}
    # Sizes are known, so rounding up is said as padding behind: OpenVINO refuses a window that is larger than its picture.
    sizes = zip(node.all_input_nodes[0].meta["shape"][2:], node.meta["shape"][2:], strict=True)
    for axis, (old, new) in enumerate(sizes):
        reach = (new - 1) * window["strides"][axis] + window["dilations"][axis] * (window["kernel_shape"][axis] - 1) + 1
        window["pads"][axis + 2] = max(window["pads"][axis + 2], reach - old - window["pads"][axis])
    return graph.node("MaxPool", [input_of(graph, node)], output, **window)


def _average_pool(graph: Graph, node: fx.Node, layer: nn.AvgPool2d, own: str, output: str) -> str:
    if layer.divisor_override:
        raise ModelError("cannot export the network", f"{own}: a mean with a divisor of its own", "a plain mean")
    return graph.node("AveragePool", [input_of(graph, node)], output, count_include_pad=int(layer.count_include_pad), **_pool(layer))


def _adaptive_pool(graph: Graph, node: fx.Node, layer: nn.AdaptiveAvgPool2d, own: str, output: str) -> str:
    old, new = node.all_input_nodes[0].meta["shape"][2:], node.meta["shape"][2:]
    x = input_of(graph, node)
    if old == new:
        return graph.node("Identity", [x], output)
    if new == (1, 1):
        return graph.node("GlobalAveragePool", [x], output)
    if all(a % b == 0 for a, b in zip(old, new, strict=True)):
        kernel = [a // b for a, b in zip(old, new, strict=True)]
        return graph.node("AveragePool", [x], output, kernel_shape=kernel, strides=kernel)
    x = graph.node("MatMul", [graph.constant(f"{own}.rows", _fields(old[0], new[0])), x], graph.free(f"{own}.by_rows"))
    return graph.node("MatMul", [x, graph.constant(f"{own}.columns", _fields(old[1], new[1]).T)], output)


def _largest(graph: Graph, node: fx.Node, layer: nn.AdaptiveMaxPool2d, own: str, output: str) -> str:
    if node.meta["shape"][2:] != (1, 1):
        raise ModelError("cannot export the network", f"{own}: the largest of {layer.output_size} fields", "the largest of all places")
    return graph.node("GlobalMaxPool", [input_of(graph, node)], output)


def _fields(old: int, new: int) -> Any:
    """[new, old]: row i is the mean over ⌊i·old/new⌋ up to ⌈(i + 1)·old/new⌉."""
    matrix = np.zeros((new, old), np.float32)
    for i in range(new):
        first, end = i * old // new, -(-(i + 1) * old // new)
        matrix[i, first:end] = 1 / (end - first)
    return matrix


def _plain(kind: str) -> Callable[..., str]:
    return lambda graph, node, layer, own, output: graph.node(kind, [input_of(graph, node)], output)


def _of_two(kind: str) -> Callable[..., str]:
    def writer(graph: Graph, node: fx.Node, layer: None, own: str, output: str) -> str:
        inputs = [
            graph.values[each] if isinstance(each, fx.Node) else graph.constant(f"{own}.{place}", np.float32(each))
            for place, each in zip(("left", "right"), node.args, strict=True)
        ]
        return graph.node(kind, inputs, output)

    return writer


def _concatenation(graph: Graph, node: fx.Node, layer: None, own: str, output: str) -> str:
    parts, axis = (*node.args, node.kwargs.get("dim", 0))[:2]
    return graph.node("Concat", [graph.values[each] for each in parts], output, axis=axis)


def _padding(graph: Graph, node: fx.Node, layer: None, own: str, output: str) -> str:
    more = dict(zip(("mode", "value"), node.args[2:], strict=False)) | node.kwargs
    if more.get("mode", "constant") != "constant" or more.get("value"):
        raise ModelError("cannot export the network", f"{own}: padding with something else than zeros", "zeros")
    # torch: pairs, the last axis first; ONNX: all beginnings, then all ends
    pairs = list(zip(node.args[1][::2], node.args[1][1::2], strict=True))[::-1]
    pairs = [(0, 0)] * (len(node.meta["shape"]) - len(pairs)) + pairs
    pads = [before for before, _ in pairs] + [behind for _, behind in pairs]
    return graph.node("Pad", [input_of(graph, node), graph.constant(f"{own}.pads", np.array(pads, np.int64))], output)


def _pair(value: Any) -> list[int]:
    return list(value) if isinstance(value, (tuple, list)) else [value, value]


def _pool(layer: Any) -> dict[str, Any]:
    padding = _pair(layer.padding)
    return {
        "kernel_shape": _pair(layer.kernel_size),
        "strides": _pair(layer.stride),
        "pads": padding + padding,
        "ceil_mode": int(layer.ceil_mode),
    }


LAYERS: dict[Any, Callable[..., str]] = {
    nn.Conv2d: _convolution,
    SameConv2d: _convolution,
    nn.BatchNorm2d: _batch_norm,
    nn.Linear: _linear,
    nn.Flatten: _flatten,
    nn.ReLU: _plain("Relu"),
    nn.ReLU6: _relu6,
    nn.Sigmoid: _plain("Sigmoid"),
    nn.Tanh: _plain("Tanh"),
    nn.LocalResponseNorm: _response_norm,
    nn.MaxPool2d: _max_pool,
    nn.AvgPool2d: _average_pool,
    nn.AdaptiveAvgPool2d: _adaptive_pool,
    nn.AdaptiveMaxPool2d: _largest,
}
FUNCTIONS: dict[Any, Callable[..., str]] = {
    operator.add: _of_two("Add"),
    operator.mul: _of_two("Mul"),
    torch.add: _of_two("Add"),
    torch.mul: _of_two("Mul"),
    torch.cat: _concatenation,
    torch.relu: _plain("Relu"),
    torch.sigmoid: _plain("Sigmoid"),
    torch.tanh: _plain("Tanh"),
    torch.sign: _plain("Sign"),
    nn.functional.relu: _plain("Relu"),
    nn.functional.pad: _padding,
}
