"""A network file with other weights: the graph stays as it is, a weight is replaced under its name.

Bytes that were changed are another network, with a fingerprint of their own.
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from vitreous.core.text import visible
from vitreous.errors import ModelError, nearest
from vitreous.infer.network import Network


def with_weights(network: Network, weights: Mapping[str, NDArray[np.generic]]) -> Network:
    """The same network with other weights, by the names under which its layers read them; what widened or turned the old ones is left out.

    Raises ModelError for a weight that there is not.
    """
    from onnx import load_model_from_string, numpy_helper

    model = load_model_from_string(network.data)
    graph = model.graph
    read = {name for node in graph.node for name in node.input}
    for name in weights:
        if name not in read:
            raise ModelError(f"the network has no weight {visible(name)!r}", remedy=nearest(name, read))
    nodes = [node for node in graph.node if not set(node.output) & weights.keys()]
    used = {name for node in nodes for name in node.input} - weights.keys()
    kept = [each for each in graph.initializer if each.name in used]
    inputs = [each for each in graph.input if each.name not in weights]  # older files list weights there too
    del graph.node[:], graph.initializer[:], graph.input[:]
    graph.node.extend(nodes)
    graph.input.extend(inputs)
    graph.initializer.extend(kept)
    graph.initializer.extend(numpy_helper.from_array(np.ascontiguousarray(value), name) for name, value in weights.items())
    return replace(network, data=bytes(model.SerializeToString(deterministic=True)))
