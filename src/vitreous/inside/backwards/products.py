"""Where a number of a convolution or of a product of matrices goes: slopes in the picture, in the weights, and in the bias."""

import numpy as np

from vitreous.inside.backwards.slope import Met, Slopes, places_that_spread_to
from vitreous.inside.operands import Values, numbers_at
from vitreous.inside.place import Place
from vitreous.inside.receptive_field import window_of
from vitreous.layers.operators import Node

ADDED = "1: it is added"
WEIGHED, MEETS = "the weight that it meets", "the number that it meets"


def convolution(node: Node, values: Values, number: int, place: Place) -> Slopes:
    if number == 2:
        return _added(node, values, 2, place, 1)
    return _kernel_of_convolution(node, values, place) if number else _number_of_convolution(node, values, place)


def _number_of_convolution(node: Node, values: Values, place: Place) -> Slopes:
    """X[n, c, y, x] meets W[m, c, u, v] in Y[n, m, i, j] wherever s i + d u − p = y, and columns alike."""
    window, W, Y = window_of(node, values), values[node.inputs[1]], values[node.outputs[0]]
    n, c = place[:2]
    channels, outputs = W.shape[1], len(W) // node.attributes.get("group", 1)
    steps = []
    for axis in (0, 1):
        taps = np.arange(window.kernel[axis])
        at = place[2 + axis] + window.padding[axis] - window.dilation[axis] * taps
        i = at // window.stride[axis]
        there = (at % window.stride[axis] == 0) & (i >= 0) & (i < Y.shape[2 + axis])
        steps.append((taps[there], i[there]))
    (us, rows), (vs, columns) = steps
    first = c // channels * outputs
    m, u, v = (each.ravel() for each in np.meshgrid(np.arange(first, first + outputs), np.arange(len(us)), np.arange(len(vs)), indexing="ij"))
    places = np.stack([np.full(m.shape, n), m, rows[u], columns[v]], -1)
    cells = np.stack([m, np.full(m.shape, c % channels), us[u], vs[v]], -1)
    return Slopes(node.outputs[0], node.kind, WEIGHED, places, W[tuple(cells.T)], Met(node.inputs[1], cells))


def _kernel_of_convolution(node: Node, values: Values, place: Place) -> Slopes:
    """W[m, c, u, v] meets a number of X at every place of Y[:, m]; in the padding it meets 0."""
    window, X, W, Y = window_of(node, values), values[node.inputs[0]], values[node.inputs[1]], values[node.outputs[0]]
    m, c, u, v = place
    channel = m // (len(W) // node.attributes.get("group", 1)) * W.shape[1] + c
    n, i, j = (each.ravel() for each in np.meshgrid(*map(np.arange, (len(Y), *Y.shape[2:])), indexing="ij"))
    row = window.stride[0] * i + window.dilation[0] * u - window.padding[0]
    column = window.stride[1] * j + window.dilation[1] * v - window.padding[1]
    cells = np.stack([n, np.full(n.shape, channel), row, column], -1)
    cells[(row < 0) | (row >= X.shape[2]) | (column < 0) | (column >= X.shape[3])] = -1
    places = np.stack([n, np.full(n.shape, m), i, j], -1)
    return Slopes(node.outputs[0], node.kind, MEETS, places, numbers_at(X, cells), Met(node.inputs[0], cells))


def gemm(node: Node, values: Values, number: int, place: Place) -> Slopes:
    a, Y = node.attributes, values[node.outputs[0]]
    if number == 2:
        return _added(node, values, 2, place, a.get("beta", 1.0))
    turned = a.get(("transA", "transB")[number])
    row, column = reversed(place) if turned else place
    other, other_turned = values[node.inputs[1 - number]], a.get(("transB", "transA")[number])
    if number == 0:  # A[n, k] meets B[k, :] in Y[n, :]
        along = np.arange(Y.shape[1])
        places = np.stack([np.full(along.shape, row), along], -1)
        cells = np.stack([np.full(along.shape, column), along], -1)
    else:  # B[k, m] meets A[:, k] in Y[:, m]
        along = np.arange(Y.shape[0])
        places = np.stack([along, np.full(along.shape, column)], -1)
        cells = np.stack([along, np.full(along.shape, row)], -1)
    cells = cells[:, ::-1] if other_turned else cells
    slopes = other[tuple(cells.T)] * np.asarray(a.get("alpha", 1.0), other.dtype)
    return Slopes(node.outputs[0], node.kind, MEETS if number else WEIGHED, places, slopes, Met(node.inputs[1 - number], cells))


def matmul(node: Node, values: Values, number: int, place: Place) -> Slopes:
    """A[…, n, k] meets B[…, k, :] in Y[…, n, :]; B[…, k, m] meets A[…, :, k] in Y[…, :, m]. Stacks are spread over each other."""
    X, other, Y = values[node.inputs[number]], values[node.inputs[1 - number]], values[node.outputs[0]]
    if min(X.ndim, other.ndim) < 2:
        return Slopes(node.outputs[0], node.kind, "", np.zeros((0, Y.ndim), np.int64), np.zeros(0))
    stacks = places_that_spread_to(place[:-2], X.shape[:-2], Y.shape[:-2])
    along = np.arange(Y.shape[-1] if number == 0 else Y.shape[-2])
    stack, step = (each.ravel() for each in np.meshgrid(np.arange(len(stacks)), along, indexing="ij"))
    row, column = place[-2:]
    fixed = np.full(step.shape, row if number == 0 else column)
    places = np.concatenate([stacks[stack], np.stack([fixed, step] if number == 0 else [step, fixed], -1)], -1)
    inner = np.full(step.shape, column if number == 0 else row)
    cell = np.stack([inner, step] if number == 0 else [step, inner], -1)
    others = stacks[stack][:, Y.ndim - other.ndim :] * (np.array(other.shape[:-2], np.int64) > 1)
    cells = np.concatenate([others, cell], -1)
    return Slopes(node.outputs[0], node.kind, "the number that it meets", places, other[tuple(cells.T)], Met(node.inputs[1 - number], cells))


def _added(node: Node, values: Values, number: int, place: Place, factor: float) -> Slopes:
    """A bias goes into every number that it is added to."""
    Y, bias = values[node.outputs[0]], values[node.inputs[number]]
    shape = (len(bias), 1, 1) if node.kind == "Conv" else bias.shape
    at = (*place, 0, 0) if node.kind == "Conv" else place
    places = places_that_spread_to(at, shape, Y.shape)
    return Slopes(
        node.outputs[0], node.kind, ADDED if factor == 1 else f"{factor:g}: it is added so many times", places, np.full(len(places), factor)
    )
