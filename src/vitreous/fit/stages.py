"""Features of more than one stage, at the price of one: what the earlier stages and the strongest places say is in the network anyway.

    features = last features ─┬─ mean of a map over the picture, for the narrow end of the two deepest sizes of maps
                              └─ largest number of each of the last maps, whose means the features are

The mean over a picture forgets a thing that is small in it, and the last stage what its task, a thousand classes, did not need.
"""

from dataclasses import replace
from typing import Any

import numpy as np

from vitreous.errors import ModelError
from vitreous.infer.network import Network
from vitreous.layers.cuts import FEATURES, narrow_places
from vitreous.layers.walk import Walk, read_walk
from vitreous.layers.window import Array

# Names of one stage, which does not mix with those that the numbers come from.
LAST = "pooled.last"
_DEEPEST = 2
_COLOURS = 4  # maps of so many channels are the picture itself
_SHAPES = ("Flatten", "Reshape", "Squeeze", "Identity")


def with_more_stages(network: Network) -> Network:
    """The same network with wider `features` [N, D'], the old ones [N, D] first; the network itself where it does not end in a global average.

    What stood behind the features, a head of its own, is left out.
    """
    from onnx import TensorProto, helper, load_model_from_string

    try:
        walk = read_walk(network.data)
    except ModelError:  # an operator that the walk does not know
        return network
    size = network.view.size
    values = {name: value for name, value in walk.values({"image": np.zeros((1, size, size, 3), np.uint8)}).items() if value.ndim}
    last = _averaged(walk, values)
    if last is None:
        return network
    means = [value for value in narrow_places(walk, values)[:_DEEPEST] if value != last and values[value].shape[1] > _COLOURS]
    width = values[FEATURES].shape[1] + values[last].shape[1] + sum(values[value].shape[1] for value in means)
    model = load_model_from_string(network.data)
    graph = model.graph
    end = next(number for number, node in enumerate(graph.node) if FEATURES in node.output)
    del graph.node[end + 1 :]
    graph.node[end].output[list(graph.node[end].output).index(FEATURES)] = LAST
    graph.node[end].name = LAST
    pooled = [("GlobalAveragePool", value, _pooled(value, "mean")) for value in means] + [("GlobalMaxPool", last, _pooled(last, "max"))]
    for kind, value, name in pooled:
        graph.node.append(helper.make_node(kind, [value], [f"{name}.map"], name=f"{name}.map"))
        graph.node.append(helper.make_node("Flatten", [f"{name}.map"], [name], name=name, axis=1))
    graph.node.append(helper.make_node("Concat", [LAST, *(name for _, _, name in pooled)], [FEATURES], name=FEATURES, axis=1))
    used = {name for node in graph.node for name in node.input}
    kept = [each for each in graph.initializer if each.name in used]
    del graph.initializer[:], graph.output[:]
    graph.initializer.extend(kept)
    graph.output.append(helper.make_tensor_value_info(FEATURES, TensorProto.FLOAT, ["N", width]))
    facts = dict(network.facts) | {"features": width, "stages": [LAST, *(name for _, _, name in pooled)]}
    return replace(network, data=bytes(model.SerializeToString(deterministic=True)), facts=facts)


def _pooled(value: str, how: str) -> str:
    return f"pooled.{value.replace('.', '_')}_{how}"


def _averaged(walk: Walk, values: dict[str, Array]) -> str | None:
    """The maps [N, C, H, W] whose means over the picture are the features; None where these are something else."""
    name = FEATURES
    while name not in walk.inputs and name not in walk.constants:
        node: Any = walk.node_of(name)
        source = node.inputs[0]
        if node.kind == "GlobalAveragePool" or (
            node.kind == "ReduceMean" and values[source].ndim == 4 and values[source].shape[1] == values[FEATURES].shape[1]
        ):
            return str(source) if values[source].ndim == 4 else None
        if node.kind not in _SHAPES:
            return None
        name = source
    return None
