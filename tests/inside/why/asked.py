"""Networks and questions for the tests of this folder."""

import sys
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))
from small_network import LABELS, SIDE, coloured_picture, small_facts, small_network

from vitreous.core.view import View
from vitreous.infer.network import Network
from vitreous.inside import Inside, inside
from vitreous.inside.why.question import Question, question_of
from vitreous.layers.walk import read_walk


def small_question(folder: Path, label: str | None = None, seed: int = 0) -> Question:
    """The small network of the tests on a coloured picture."""
    return question_of(small_inside(folder, seed), label)


def small_inside(folder: Path, seed: int = 0) -> Inside:
    coloured_picture(np.random.default_rng(seed), "red").save(folder / "red.png")
    return inside(small_network(), folder / "red.png")


def network_of(nodes: list[Any], weights: dict[str, Any], side: int, labels: list[str]) -> Network:
    """A network of these nodes from `float` [N, side, side, 3] to `probability`."""
    from onnx import TensorProto, helper, numpy_helper

    cast = helper.make_node("Cast", ["image"], ["float"], to=TensorProto.FLOAT)
    graph = helper.make_graph(
        [cast, *nodes],
        "made",
        [helper.make_tensor_value_info("image", TensorProto.UINT8, ["N", side, side, 3])],
        [helper.make_tensor_value_info("probability", TensorProto.FLOAT, ["N", len(labels)])],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    facts = small_facts(labels) | {"view": View.crop(side).to_json()}
    return Network(bytes(model.SerializeToString()), Path("made.onnx"), facts)


def linear_network(W: Any, b: Any, side: int, ending: str = "Softmax") -> Network:
    """probability = softmax(W x + b), or the sigmoid."""
    from onnx import helper

    nodes = [
        helper.make_node("Flatten", ["float"], ["flat"], axis=1),
        helper.make_node("Gemm", ["flat", "w", "b"], ["logits"], transB=1),
        helper.make_node(ending, ["logits"], ["probability"], **({"axis": 1} if ending == "Softmax" else {})),
    ]
    weights = {"w": np.asarray(W, np.float32), "b": np.asarray(b, np.float32)}
    return network_of(nodes, weights, side, [f"label {k}" for k in range(len(weights["b"]))])


def inside_of(network: Network, picture: Any) -> Inside:
    """A network opened on these very pixels, uint8 [S, S, 3]."""
    from types import SimpleNamespace

    walk = read_walk(network.data)
    decoded: Any = SimpleNamespace(views=(picture,), width=len(picture), height=len(picture))
    return Inside(network, "made.png", decoded, walk, walk.values({"image": picture[None]}))


__all__ = ["LABELS", "SIDE", "inside_of", "linear_network", "network_of", "small_inside", "small_question"]
