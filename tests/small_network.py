"""A convolutional network of some kilobytes that stands for the shipped one, and coloured pictures for it.

image uint8 [N, S, S, 3] ─ / 255 ─ Conv 5×5, stride 2, 24 channels ─ Relu ─ mean over the picture ─ features [N, 24] ─ Gemm ─ Softmax
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from vitreous.core.view import View
from vitreous.infer.network import METADATA_KEY, Network
from vitreous.runs.folder import RunFolder

WIDTH, SIDE = 24, 32
LABELS = ["light", "middle", "dark"]
COLOURS = {"red": (200, 60, 60), "green": (60, 180, 70), "blue": (60, 80, 200)}
SPREAD = 55  # of a picture's colour around that of its class: some pictures look like another class


def small_model(metadata: Mapping[str, str] | None = None, labels: list[str] = LABELS) -> bytes:
    """The bytes of the network; with other `metadata` than those that Vitreous writes where they are given."""
    from onnx import TensorProto, helper, numpy_helper

    rng = np.random.default_rng(0)
    weights = {
        "scale": np.float32(1 / 255),
        "conv.weight": rng.normal(0, 0.2, (WIDTH, 3, 5, 5)).astype(np.float32),
        "conv.bias": rng.normal(0, 0.1, WIDTH).astype(np.float32),
        "head.weight": rng.normal(0, 1, (len(labels), WIDTH)).astype(np.float32),
        "head.bias": np.zeros(len(labels), np.float32),
    }
    nodes = [
        helper.make_node("Cast", ["image"], ["float"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["float", "scale"], ["unit"]),
        helper.make_node("Transpose", ["unit"], ["planes"], perm=[0, 3, 1, 2]),
        helper.make_node("Conv", ["planes", "conv.weight", "conv.bias"], ["conv"], kernel_shape=[5, 5], strides=[2, 2]),
        helper.make_node("Relu", ["conv"], ["positive"]),
        helper.make_node("GlobalAveragePool", ["positive"], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["features"], axis=1),
        helper.make_node("Gemm", ["features", "head.weight", "head.bias"], ["logits"], transB=1),
        helper.make_node("Softmax", ["logits"], ["probability"], axis=1),
    ]
    graph = helper.make_graph(
        nodes,
        "small",
        [helper.make_tensor_value_info("image", TensorProto.UINT8, ["N", SIDE, SIDE, 3])],
        [
            helper.make_tensor_value_info("probability", TensorProto.FLOAT, ["N", len(labels)]),
            helper.make_tensor_value_info("features", TensorProto.FLOAT, ["N", WIDTH]),
        ],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    helper.set_model_props(model, dict({METADATA_KEY: json.dumps(small_facts(labels))} if metadata is None else metadata))
    return bytes(model.SerializeToString(deterministic=True))


def small_facts(labels: list[str] = LABELS) -> dict[str, Any]:
    view = View.crop(SIDE).to_json()
    return {"network": "small", "task": "classify", "labels": labels, "view": view, "features": WIDTH, "licence": "CC0-1.0", "source": "the tests"}


def small_network() -> Network:
    return Network(small_model(), Path("small.onnx"), small_facts())


def colourful(folder: Path, counts: Mapping[str, int], seed: int = 0) -> Path:
    """`counts` pictures of each colour, as class folders: a colour, a smooth pattern that tells the pictures apart, and noise."""
    rng = np.random.default_rng(seed)
    for label, count in counts.items():
        (folder / label).mkdir(parents=True)
        for number in range(count):
            coloured_picture(rng, label).save(folder / label / f"{label}-{number:03}.png")
    return folder


def coloured_picture(rng: np.random.Generator, label: str) -> Image.Image:
    pattern = np.asarray(Image.fromarray(rng.integers(0, 256, (7, 9), np.uint8)).resize((48, 40), Image.Resampling.BICUBIC), np.float32)
    colour = np.array(COLOURS[label], np.float32) + rng.normal(0, SPREAD, 3)
    pixels = 0.5 * colour + 0.3 * pattern[..., None] + rng.normal(30, 25, (40, 48, 3))
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


class Told:
    """A reporter that keeps what it is told."""

    def __init__(self) -> None:
        self.sentences: list[str] = []
        self.stages: list[str] = []

    def say(self, sentence: str) -> None:
        self.sentences.append(sentence)

    def progress(self, stage: str, done: int, total: int) -> None:
        self.stages.append(stage)

    @property
    def text(self) -> str:
        return "\n".join(self.sentences)


@dataclass(frozen=True)
class Coloured:
    """A training of the small network on 20 pictures of each of three colours. Read only: a test that changes something copies it."""

    data: Path
    run: RunFolder
    told: Told
    sample: list[str]
    cache: Path
