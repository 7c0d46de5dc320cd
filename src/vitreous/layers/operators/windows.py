"""Operators that move a window over the picture: convolution and pooling."""

from collections.abc import Sequence

from vitreous.layers import convolution as conv
from vitreous.layers import pooling
from vitreous.layers.operators.node import Inputs, Node, Operator
from vitreous.layers.operators.values import share_of_largest
from vitreous.layers.window import Array, Window, same_padding


def window_of_node(node: Node, X: Array, kernel: Sequence[int]) -> Window:
    if X.ndim != 4:
        raise ValueError(f"{node.kind} of an array of {X.ndim} axes; [N, C, H, W] is needed")
    a = node.attributes
    stride, dilation = tuple(a.get("strides", (1, 1))), tuple(a.get("dilations", (1, 1)))
    size, kernel = (int(X.shape[2]), int(X.shape[3])), (int(kernel[0]), int(kernel[1]))
    padding = tuple(a.get("pads", (0, 0, 0, 0)))
    if (auto := a.get("auto_pad", "NOTSET")) in ("SAME_UPPER", "SAME_LOWER"):
        padding = same_padding(size, kernel, stride, dilation)
        padding = padding if auto == "SAME_UPPER" else (*padding[2:], *padding[:2])
    return Window(kernel, stride, padding, dilation, bool(a.get("ceil_mode", 0)))


def _conv(node: Node, inputs: Inputs) -> tuple[Array, ...]:
    X, W, b = (*inputs, None)[:3]
    return (conv.convolution(X, W, b, window_of_node(node, X, W.shape[2:]), node.attributes.get("group", 1)),)


def _conv_backward(dY: Array, node: Node, inputs: Inputs, outputs: tuple[Array, ...], number: int) -> Array:
    X, W = inputs[:2]
    window, groups = window_of_node(node, X, W.shape[2:]), node.attributes.get("group", 1)
    if number == 2:
        return conv.convolution_db(dY)
    return (conv.convolution_dX if number == 0 else conv.convolution_dW)(dY, X, W, window, groups)


def _pool(node: Node, X: Array) -> Window:
    return window_of_node(node, X, node.attributes["kernel_shape"])


def _max_pool(node: Node, inputs: Inputs) -> tuple[Array, ...]:
    return (pooling.max_pool(inputs[0], _pool(node, inputs[0])),)


def _average_pool(node: Node, inputs: Inputs) -> tuple[Array, ...]:
    return (pooling.average_pool(inputs[0], _pool(node, inputs[0]), bool(node.attributes.get("count_include_pad", 0))),)


def _average_pool_backward(dY: Array, node: Node, inputs: Inputs, outputs: tuple[Array, ...], number: int) -> Array:
    return pooling.average_pool_dX(dY, inputs[0], _pool(node, inputs[0]), bool(node.attributes.get("count_include_pad", 0)))


def _global_max(dY: Array, node: Node, inputs: Inputs, outputs: tuple[Array, ...], number: int) -> Array:
    return share_of_largest(dY, inputs[0], outputs[0], tuple(range(2, inputs[0].ndim)))


WINDOWS: dict[str, Operator] = {
    "Conv": Operator(_conv, _conv_backward),
    "MaxPool": Operator(_max_pool, lambda dY, node, i, o, number: pooling.max_pool_dX(dY, i[0], o[0], _pool(node, i[0]))),
    "AveragePool": Operator(_average_pool, _average_pool_backward),
    "GlobalAveragePool": Operator(
        lambda node, i: (pooling.global_average_pool(i[0]),), lambda dY, node, i, o, number: pooling.global_average_pool_dX(dY, i[0])
    ),
    "GlobalMaxPool": Operator(lambda node, i: (i[0].max((2, 3), keepdims=True),), _global_max),
}
