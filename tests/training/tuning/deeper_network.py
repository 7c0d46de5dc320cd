"""A network of some kilobytes with maps of three sizes, a residual sum, a depthwise convolution and a batch norm: it can be cut and tuned.

image uint8 [N, 32, 32, 3] ─ / 255 ─ Conv 3×3 / 2, 8 ─ Relu ─ Conv 3×3 / 2, 12 ─ BatchNorm ─ Relu ─ (depthwise 3×3 ─ Clip ─ Conv 1×1, 12) + itself
─ Conv 3×3 / 2, 16 ─ Relu ─ mean ─ features [N, 16] ─ Gemm ─ Softmax
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from vitreous.core.view import View
from vitreous.infer.network import METADATA_KEY, Network

SIDE, WIDTH = 32, 16
FACTS: dict[str, Any] = {
    "network": "deeper", "task": "classify", "labels": ["a", "b"], "view": View.crop(SIDE).to_json(), "features": WIDTH, "licence": "CC0-1.0",
    "source": "the tests",
}  # fmt: skip
CUTS = ["summed", "first", "planes"]  # of 8 × 8, 16 × 16 and 32 × 32 places


def deeper_network() -> Network:
    from onnx import TensorProto, helper, numpy_helper

    rng = np.random.default_rng(5)

    def kernel(*shape: int) -> np.ndarray:
        return rng.normal(0, np.sqrt(2 / np.prod(shape[1:])), shape).astype(np.float32)

    weights: dict[str, np.ndarray] = {
        "scale": np.float32(1 / 255), "low": np.float32(0), "high": np.float32(6),
        "one.weight": kernel(8, 3, 3, 3), "two.weight": kernel(12, 8, 3, 3), "dw.weight": kernel(12, 1, 3, 3), "pw.weight": kernel(12, 12, 1, 1),
        "three.weight": kernel(16, 12, 3, 3), "three.bias": np.zeros(16, np.float32),
        "bn.scale": np.ones(12, np.float32), "bn.shift": np.full(12, 0.1, np.float32), "bn.mean": np.full(12, 0.05, np.float32),
        "bn.variance": np.ones(12, np.float32), "head.weight": kernel(2, WIDTH), "head.bias": np.zeros(2, np.float32),
    }  # fmt: skip
    half: dict[str, Any] = {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [1, 1, 1, 1]}
    nodes = [
        helper.make_node("Cast", ["image"], ["float"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["float", "scale"], ["unit"]),
        helper.make_node("Transpose", ["unit"], ["planes"], perm=[0, 3, 1, 2]),
        helper.make_node("Conv", ["planes", "one.weight"], ["one"], **half),
        helper.make_node("Relu", ["one"], ["first"]),
        helper.make_node("Conv", ["first", "two.weight"], ["two"], **half),
        helper.make_node("BatchNormalization", ["two", "bn.scale", "bn.shift", "bn.mean", "bn.variance"], ["normed"]),
        helper.make_node("Relu", ["normed"], ["second"]),
        helper.make_node("Conv", ["second", "dw.weight"], ["dw"], kernel_shape=[3, 3], pads=[1, 1, 1, 1], group=12),
        helper.make_node("Clip", ["dw", "low", "high"], ["clipped"]),
        helper.make_node("Conv", ["clipped", "pw.weight"], ["pw"], kernel_shape=[1, 1]),
        helper.make_node("Add", ["pw", "second"], ["summed"]),
        helper.make_node("Conv", ["summed", "three.weight", "three.bias"], ["three"], **half),
        helper.make_node("Relu", ["three"], ["third"]),
        helper.make_node("GlobalAveragePool", ["third"], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["features"], axis=1),
        helper.make_node("Gemm", ["features", "head.weight", "head.bias"], ["logits"], transB=1),
        helper.make_node("Softmax", ["logits"], ["probability"], axis=1),
    ]
    graph = helper.make_graph(
        nodes,
        "deeper",
        [helper.make_tensor_value_info("image", TensorProto.UINT8, ["N", SIDE, SIDE, 3])],
        [
            helper.make_tensor_value_info("probability", TensorProto.FLOAT, ["N", 2]),
            helper.make_tensor_value_info("features", TensorProto.FLOAT, ["N", WIDTH]),
        ],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    helper.set_model_props(model, {METADATA_KEY: json.dumps(FACTS)})
    return Network(bytes(model.SerializeToString(deterministic=True)), Path("deeper.onnx"), FACTS)


def write_stripes(folder: Path, counts: Mapping[str, int]) -> Path:
    """Two classes, with stripes across and stripes down under noise, so many pictures in each part."""
    rng = np.random.default_rng(3)
    for part, count in counts.items():
        for label in ("across", "down"):
            (folder / part / label).mkdir(parents=True)
        for number in range(count):
            wave = np.sin(np.arange(40) * rng.uniform(0.8, 1.2) + rng.uniform(0, 6))
            field = np.broadcast_to(wave[:, None] if number % 2 else wave, (40, 40))
            pixels = 128 + 28 * field[..., None] + rng.normal(0, 45, (40, 40, 3))
            Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(folder / part / ("across" if number % 2 else "down") / f"{number}.png")
    return folder
