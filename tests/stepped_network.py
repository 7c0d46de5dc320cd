"""A convolutional network of four stages, each half as wide as the one before, that stands for the shipped one where patches are compared."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from vitreous.core.view import View
from vitreous.infer.network import METADATA_KEY, Network

SIDE, CHANNELS = 64, (6, 8, 10, 12)


def stepped_network() -> Network:
    """image uint8 [N, 64, 64, 3] ─ / 255 ─ four times (Conv 3×3, stride 2, Relu) ─ mean over the picture ─ features [N, 12]"""
    from onnx import TensorProto, helper, numpy_helper

    rng = np.random.default_rng(0)
    weights: dict[str, Any] = {"scale": np.float32(1 / 255)}
    nodes = [
        helper.make_node("Cast", ["image"], ["float"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["float", "scale"], ["unit"]),
        helper.make_node("Transpose", ["unit"], ["planes"], perm=[0, 3, 1, 2]),
    ]
    last, depth = "planes", 3
    for number, channels in enumerate(CHANNELS, 1):
        weights[f"conv{number}.weight"] = rng.normal(0, 1.5 / np.sqrt(9 * depth), (channels, depth, 3, 3)).astype(np.float32)
        conv = helper.make_node("Conv", [last, f"conv{number}.weight"], [f"conv{number}"], kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
        nodes += [conv, helper.make_node("Relu", [f"conv{number}"], [f"stage{number}"])]
        last, depth = f"stage{number}", channels
    nodes += [
        helper.make_node("GlobalAveragePool", [last], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["features"], axis=1),
    ]
    graph = helper.make_graph(
        nodes,
        "stepped",
        [helper.make_tensor_value_info("image", TensorProto.UINT8, ["N", SIDE, SIDE, 3])],
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["N", CHANNELS[-1]])],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    facts = {
        "network": "stepped",
        "labels": ["any"],
        "view": View.crop(SIDE).to_json(),
        "features": CHANNELS[-1],
        "licence": "CC0-1.0",
        "source": "the tests",
    }
    helper.set_model_props(model, {METADATA_KEY: json.dumps(facts)})
    return Network(bytes(model.SerializeToString(deterministic=True)), Path("stepped.onnx"), facts)
