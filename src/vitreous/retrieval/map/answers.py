"""What a run's network says of pictures whose features are known: the nodes of its `model.onnx` behind the features, and nothing before them."""

from dataclasses import dataclass

import numpy as np

from vitreous.errors import ModelError
from vitreous.infer.network import Network
from vitreous.layers.walk import Walk, read_walk
from vitreous.retrieval.map.neighbours import Floats

_AT_ONCE = 4096


@dataclass(frozen=True, eq=False)
class Said:
    """`labels` [N]: the most probable of each picture; `confidence` float32 [N]: its probability."""

    labels: list[str]
    confidence: Floats


def answers_from(network: Network, features: Floats) -> Said:
    """Raises ModelError where the answers do not follow from the features alone."""
    head = _behind_features(read_walk(network.data), network.path.name)
    parts = [head.values({"features": features[first : first + _AT_ONCE]})["probability"] for first in range(0, len(features), _AT_ONCE)]
    probability = np.concatenate(parts)
    best = probability.argmax(axis=1)
    return Said([network.labels[k] for k in best.tolist()], np.asarray(probability[np.arange(len(best)), best], np.float32))


def _behind_features(walk: Walk, name: str) -> Walk:
    known, nodes = {"features", *walk.constants}, []
    for node in walk.nodes:
        if "features" in node.outputs:
            continue
        if all(each in known for each in node.inputs if each):
            nodes.append(node)
            known.update(node.outputs)
    if "probability" not in known:
        raise ModelError(f"the answers of {name} cannot be shown", "they do not follow from its features alone", "a model.onnx of vitreous train")
    return Walk(nodes, dict(walk.constants), {"features": ["N", None]}, {"probability": ["N", None]})
