"""Numbers that are weighted sums: convolution, matrix product, batch norm, sum, scale, mean."""

from collections.abc import Collection

import numpy as np

from vitreous.core.text import visible
from vitreous.inside.operands import Operand, Operation, Values, axis_places, number_at, numbers_at, reduced_places, spread, window_places
from vitreous.inside.place import Place
from vitreous.inside.receptive_field import window_of
from vitreous.layers.operators import Node
from vitreous.layers.operators.products import is_in_training
from vitreous.layers.operators.shapes import dropout_of_node


def convolution(node: Node, values: Values, place: Place, constants: Collection[str]) -> Operation:
    X, W = (values[name] for name in node.inputs[:2])
    _, m, i, j = place
    channels = W.shape[1]
    first = m // (len(W) // node.attributes.get("group", 1)) * channels
    places = window_places(node, values, range(first, first + channels), i, j)
    bias = node.inputs[2] if len(node.inputs) > 2 else ""
    rule = f"Σ patch · kernel{' + bias' if bias else ''}"
    operand = Operand(node.inputs[0], numbers_at(X, places), places, W[m], f"{node.inputs[1]}[{m}]")
    return Operation("weighted sum", rule, (operand,), float(values[bias][m]) if bias else None, f"{bias}[{m}]" if bias else "")


def gemm(node: Node, values: Values, place: Place, constants: Collection[str]) -> Operation:
    a = node.attributes
    n, m = place
    B, alpha = values[node.inputs[1]], a.get("alpha", 1.0)
    A = values[node.inputs[0]]
    places = axis_places(A, (0, n), 0) if a.get("transA") else axis_places(A, (n, 0), 1)
    weights = (B[m] if a.get("transB") else B[:, m]) * B.dtype.type(alpha)
    bias_name, bias = (node.inputs[2], 0.0) if len(node.inputs) > 2 and node.inputs[2] else ("", None)
    if bias_name:
        C = np.broadcast_to(values[bias_name], values[node.outputs[0]].shape)
        bias = float(C[n, m]) * a.get("beta", 1.0)
    operand = Operand(node.inputs[0], numbers_at(A, places), places, weights, f"{node.inputs[1]}[{m}]")
    return Operation("weighted sum", f"Σ number · weight{' + bias' if bias_name else ''}", (operand,), bias, f"{bias_name}[{m}]" if bias_name else "")


def matmul(node: Node, values: Values, place: Place, constants: Collection[str]) -> Operation | None:
    A, B = (values[name] for name in node.inputs)
    if A.ndim < 2 or B.ndim < 2:
        return None
    if node.inputs[0] in constants:
        places = axis_places(B, spread((*place[:-2], 0, place[-1]), B.shape), -2)
        row = A[spread(place[:-2], A.shape[:-2])][place[-2]]
        operand = Operand(node.inputs[1], numbers_at(B, places), places, row, node.inputs[0])
    else:
        places = axis_places(A, spread((*place[:-1], 0), A.shape), -1)
        column = B[spread(place[:-2], B.shape[:-2])][:, place[-1]]
        operand = Operand(node.inputs[0], numbers_at(A, places), places, column, node.inputs[1])
    return Operation("weighted sum", "Σ number · weight", (operand,))


def batch_norm(node: Node, values: Values, place: Place, constants: Collection[str]) -> Operation:
    gamma, beta, mean, variance = (float(values[name][place[1]]) for name in node.inputs[1:5])
    whose = ""
    if is_in_training(node):
        channel = values[node.inputs[0]][:, place[1]].astype(np.float64)
        mean, variance, whose = float(channel.mean()), float(channel.var()), f", mean and variance those of {channel.size:,} numbers of this batch"
    scale = gamma / np.sqrt(variance + node.attributes.get("epsilon", 1e-5))
    operand = number_at(node.inputs[0], values, place, scale, f"γ / √(variance + ε) = {gamma:.4g} / {gamma / scale if scale else np.inf:.4g}")
    rule = f"number · γ / √(variance + ε) + β − mean · γ / √(variance + ε){whose}"
    return Operation("weighted sum", rule, (operand,), beta - mean * scale, "shift")


def dropped(node: Node, values: Values, place: Place, constants: Collection[str]) -> Operation | None:
    """Dropout in training; when answering it is a copy like others."""
    mask = dropout_of_node(node, [values[name] if name else None for name in node.inputs])
    if mask is None:
        return None
    kept = float(mask[place])
    rule = f"kept by chance, so number · 1 / (1 − p) = number · {kept:.4g}" if kept else "left out by chance"
    return Operation("weighted sum", rule, (number_at(node.inputs[0], values, place, kept, "M / (1 − p)"),))


def total(node: Node, values: Values, place: Place, constants: Collection[str]) -> Operation:
    operands, bias, bias_name = [], None, ""
    for number, name in enumerate(node.inputs):
        sign = -1.0 if node.kind == "Sub" and number else 1.0
        if name in constants:
            bias = (bias or 0.0) + sign * float(values[name][spread(place, values[name].shape)])
            bias_name = name if sign > 0 else f"−{name}"
        else:
            operands.append(number_at(name, values, place, sign))
    return Operation("weighted sum", {"Sub": "the difference"}.get(node.kind, "the sum"), tuple(operands), bias, bias_name)


def scaled(node: Node, values: Values, place: Place, constants: Collection[str]) -> Operation | None:
    a, b = node.inputs
    if values[node.outputs[0]].dtype.kind != "f":
        return None
    if b in constants:
        weight = float(values[b][spread(place, values[b].shape)])
        return Operation(
            "weighted sum",
            f"number {'·' if node.kind == 'Mul' else '/'} {visible(b)}",
            (
                number_at(
                    a, values, place, weight if node.kind == "Mul" else 1 / weight if weight else np.inf, b if node.kind == "Mul" else f"1 / {b}"
                ),
            ),
        )
    if node.kind == "Mul" and a in constants:
        weight = float(values[a][spread(place, values[a].shape)])
        return Operation("weighted sum", f"number · {visible(a)}", (number_at(b, values, place, weight, a),))
    if node.kind == "Div":
        return None
    return Operation("product", "number · number", (number_at(a, values, place), number_at(b, values, place)))


def average(node: Node, values: Values, place: Place, constants: Collection[str]) -> Operation:
    X = values[node.inputs[0]]
    if node.kind == "AveragePool":
        places = window_places(node, values, range(place[1], place[1] + 1), *place[2:])[0]
        inside = places[..., 0] >= 0
        count = int(inside.sum())
        if node.attributes.get("count_include_pad"):
            window = window_of(node, values)
            rows, columns = (
                sum(s * at + d * k - before < size + after for k in range(kernel))
                for s, d, kernel, at, size, before, after in zip(
                    window.stride, window.dilation, window.kernel, place[2:], X.shape[2:], window.padding[:2], window.padding[2:], strict=True
                )
            )
            count = rows * columns
        weights = np.where(inside, 1 / max(1, count), 0.0)
    else:
        places = reduced_places(node, values, place)
        weights = np.full(places.shape[:-1], 1.0 if node.kind == "ReduceSum" else 1 / max(1, places[..., 0].size))
    rule = "the sum" if node.kind == "ReduceSum" else f"the mean of {np.count_nonzero(weights):,} numbers"
    return Operation("weighted sum", rule, (Operand(node.inputs[0], numbers_at(X, places), places, weights, "1 / count"),))
