"""Products of matrices, and normalization."""

import numpy as np

from vitreous.layers import batch_norm as norm
from vitreous.layers import joining, linear, local_response
from vitreous.layers import softmax as soft
from vitreous.layers.operators.node import Inputs, Node, Operator
from vitreous.layers.window import Array


def _gemm(node: Node, inputs: Inputs) -> tuple[Array, ...]:
    A, B, C = (*inputs, None)[:3]
    a = node.attributes
    A, B = A.T if a.get("transA") else A, B.T if a.get("transB") else B
    Y = A @ B * np.asarray(a.get("alpha", 1.0), A.dtype)
    return (Y if C is None else Y + C * np.asarray(a.get("beta", 1.0), A.dtype),)


def _gemm_backward(dY: Array, node: Node, inputs: Inputs, outputs: tuple[Array, ...], number: int) -> Array:
    a = node.attributes
    if number == 2:
        return joining.gathered(dY * np.asarray(a.get("beta", 1.0), dY.dtype), inputs[2].shape)
    A, B = inputs[0].T if a.get("transA") else inputs[0], inputs[1].T if a.get("transB") else inputs[1]
    d = (linear.linear_dX(dY, B.T) if number == 0 else A.T @ dY) * np.asarray(a.get("alpha", 1.0), dY.dtype)
    return np.asarray(d.T if a.get(("transA", "transB")[number]) else d)


def _matmul_backward(dY: Array, node: Node, inputs: Inputs, outputs: tuple[Array, ...], number: int) -> Array:
    A, B = inputs
    if A.ndim == 1 or B.ndim == 1:
        raise ValueError("MatMul backward: arrays of two axes or more are needed")
    d = dY @ np.swapaxes(B, -1, -2) if number == 0 else np.swapaxes(A, -1, -2) @ dY
    return joining.gathered(d, inputs[number].shape)


def is_in_training(node: Node) -> bool:
    """Whether a batch norm takes mean and variance from the batch, as ONNX writes it from opset 14 on."""
    return bool(node.attributes.get("training_mode"))


def _batch_norm(node: Node, inputs: Inputs) -> tuple[Array, ...]:
    X, gamma, beta, mean, variance = inputs[:5]
    epsilon = node.attributes.get("epsilon", 1e-5)
    if is_in_training(node):
        Y, own_mean, own_variance = norm.batch_norm_in_training(X, gamma, beta, epsilon)
        new = 1 - node.attributes.get("momentum", 0.9)  # of ONNX: what is kept
        return Y, norm.running(mean, own_mean, new), norm.running(variance, own_variance, new)
    return (norm.batch_norm(X, gamma, beta, mean, variance, epsilon),)


def _batch_norm_backward(dY: Array, node: Node, inputs: Inputs, outputs: tuple[Array, ...], number: int) -> Array:
    X, gamma, _, mean, variance = inputs[:5]
    if number > 2:
        raise ValueError("batch norm: running mean and variance are counted, not learned")
    epsilon = node.attributes.get("epsilon", 1e-5)
    if is_in_training(node):
        return norm.batch_norm_gradients_in_training(dY, X, gamma, epsilon)[number]
    return norm.batch_norm_gradients(dY, X, gamma, mean, variance, epsilon)[number]


def _lrn(node: Node) -> tuple[int, float, float, float]:
    a = node.attributes
    return a["size"], a.get("alpha", 1e-4), a.get("beta", 0.75), a.get("bias", 1.0)


def _standard(node: Node, X: Array) -> tuple[Array, Array, tuple[int, ...]]:
    """Layer normalization's X̂, the deviation, and the axes of the mean (Ba et al. 2016)."""
    axes = tuple(range(node.attributes.get("axis", -1) % X.ndim, X.ndim))
    centred = X - X.mean(axes, keepdims=True)
    deviation = np.sqrt((centred * centred).mean(axes, keepdims=True) + np.asarray(node.attributes.get("epsilon", 1e-5), X.dtype))
    return centred / deviation, deviation, axes


def _layer_norm(node: Node, inputs: Inputs) -> tuple[Array, ...]:
    X, scale, shift = (*inputs, None)[:3]
    Y = _standard(node, X)[0] * scale
    return (Y if shift is None else Y + shift,)


def _layer_norm_backward(dY: Array, node: Node, inputs: Inputs, outputs: tuple[Array, ...], number: int) -> Array:
    X, scale = inputs[:2]
    standard, deviation, axes = _standard(node, X)
    if number:
        return joining.gathered(dY * standard if number == 1 else dY, inputs[number].shape)
    d = dY * scale
    return np.asarray((d - d.mean(axes, keepdims=True) - standard * (d * standard).mean(axes, keepdims=True)) / deviation)


PRODUCTS: dict[str, Operator] = {
    "Gemm": Operator(_gemm, _gemm_backward),
    "MatMul": Operator(lambda node, i: (i[0] @ i[1],), _matmul_backward),
    "BatchNormalization": Operator(_batch_norm, _batch_norm_backward),
    "LayerNormalization": Operator(_layer_norm, _layer_norm_backward),
    "LRN": Operator(
        lambda node, i: (local_response.local_response(i[0], *_lrn(node)),),
        lambda dY, node, i, o, number: local_response.local_response_dX(dY, i[0], *_lrn(node)),
    ),
    "Softmax": Operator(
        lambda node, i: (soft.softmax(i[0], node.attributes.get("axis", -1)),),
        lambda dY, node, i, o, number: soft.softmax_dZ(dY, o[0], node.attributes.get("axis", -1)),
    ),
    "LogSoftmax": Operator(
        lambda node, i: (soft.log_softmax(i[0], node.attributes.get("axis", -1)),),
        lambda dY, node, i, o, number: soft.log_softmax_dZ(dY, o[0], node.attributes.get("axis", -1)),
    ),
}
