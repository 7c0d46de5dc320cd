"""Where a number goes that is normalized together with others: batch norm (as used, and in training), layer norm, response norm.

Batch norm, as a finished network uses it, has constants for mean μ and variance v, so x goes into its own y alone:

    ∂y / ∂x = γ / √(v + ε)        ∂y / ∂γ = x̂        ∂y / ∂β = 1

In training μ and v are those of the batch, over all pictures and places of the channel (n numbers), so x goes into all of them:

    ∂y_i / ∂x_j = γ / √(v + ε) · ([i = j] − 1/n − x̂_i x̂_j / n)

Source: Ioffe, Szegedy 2015; the layer itself is `vitreous.layers.batch_norm`.
"""

from dataclasses import replace

import numpy as np

from vitreous.inside.backwards.slope import Slopes, places_that_spread_to
from vitreous.inside.operands import Values
from vitreous.inside.place import Place
from vitreous.layers.operators import OPERATORS, Node
from vitreous.layers.operators.products import is_in_training
from vitreous.layers.window import Array


def batch_norm(node: Node, values: Values, number: int, place: Place) -> Slopes:
    X, gamma, _, mean, variance = (values[each] for each in node.inputs[:5])
    training = is_in_training(node)
    channel = place[1] if number == 0 else place[0]
    places = places_that_spread_to((0, channel, *(0,) * (X.ndim - 2)), (1, X.shape[1], *(1,) * (X.ndim - 2)), X.shape)
    if number == 2:
        return Slopes(node.outputs[0], node.kind, "1: it is added", places, np.ones(len(places)))
    numbers = X[tuple(places.T)].astype(np.float64)
    centre, spread = (numbers.mean(), numbers.var()) if training else (float(mean[channel]), float(variance[channel]))
    deviation = np.sqrt(spread + node.attributes.get("epsilon", 1e-5))
    standard = (numbers - centre) / deviation
    if number == 1:
        return Slopes(node.outputs[0], node.kind, "x̂, the number brought to mean 0 and variance 1", places, standard)
    scale = float(gamma[channel]) / deviation
    if not training:
        return Slopes(
            node.outputs[0], node.kind, f"γ / √(variance + ε) = {gamma[channel]:.4g} / {deviation:.4g}", np.array([place]), np.array([scale])
        )
    own = (places == np.asarray(place)).all(-1)
    slopes = scale * (own - 1 / len(own) - standard * standard[own] / len(own))
    return Slopes(node.outputs[0], node.kind, "γ / √(variance + ε) · ([itself] − 1/n − x̂ x̂' / n): mean and variance are the batch's", places, slopes)


def layer_norm(node: Node, values: Values, number: int, place: Place) -> Slopes:
    X, Y = values[node.inputs[0]], values[node.outputs[0]]
    axis = node.attributes.get("axis", -1) % X.ndim
    if number:
        places = places_that_spread_to(place, values[node.inputs[number]].shape, Y.shape)
        scale = values[node.inputs[1]]
        ones = OPERATORS[node.kind].forward(node, [X, np.ones_like(scale)])[0]
        slopes = ones[tuple(places.T)] if number == 1 else np.ones(len(places))
        return Slopes(node.outputs[0], node.kind, ("", "x̂, the number brought to mean 0 and variance 1", "1: it is added")[number], places, slopes)
    shape = X.shape[axis:]
    places = places_that_spread_to((*place[:axis], *(0,) * len(shape)), (*X.shape[:axis], *(1,) * len(shape)), X.shape)
    return _together(node, values, places, X[place[:axis]][None], (0, *place[axis:]))


def local_response(node: Node, values: Values, number: int, place: Place) -> Slopes:
    X, size = values[node.inputs[0]], node.attributes["size"]
    n, c, i, j = place
    first, last = max(0, c - size), min(X.shape[1], c + size + 1)
    places = np.array([(n, k, i, j) for k in range(first, last)])
    # with twice the neighbours, so that those at the edge have all of theirs
    low = max(0, first - size)
    cut = X[n : n + 1, low : min(X.shape[1], last + size), i : i + 1, j : j + 1]
    slopes = []
    for k in range(first, last):
        seed = np.zeros(cut.shape, cut.dtype)
        seed[0, k - low] = 1
        slopes.append(float(OPERATORS["LRN"].gradient(seed, node, [cut], (cut,), 0)[0, c - low, 0, 0]))
    met = np.abs(slopes) > 0
    return Slopes(node.outputs[0], node.kind, "how it and its neighbours damp each other", places[met], np.array(slopes)[met])


def _together(node: Node, values: Values, places: Array, block: Array, at: Place) -> Slopes:
    """Of a block [1, …] of numbers that are normalized together: the gradient of each of them in the one at `at`."""
    inputs = [block, *(values[each] for each in node.inputs[1:])]
    of_block, slopes = replace(node, attributes=node.attributes | {"axis": 1}), []
    for k in range(block.size):
        seed = np.zeros(block.shape, block.dtype)
        seed.reshape(-1)[k] = 1
        slopes.append(float(OPERATORS[node.kind].gradient(seed, of_block, inputs, (block,), 0)[at]))
    return Slopes(node.outputs[0], node.kind, "how numbers that are normalized together change each other", places, np.array(slopes))
