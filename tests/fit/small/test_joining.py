"""The joined model.onnx in onnxruntime, in our engine and in the walk."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from vitreous.core.view import View
from vitreous.errors import ModelError
from vitreous.fit.small.graphs import SMALL_NETS, small_graph
from vitreous.fit.small.joining import join_small
from vitreous.fit.small.pixels import pixels_network
from vitreous.infer.engine import Setting, run_batch, start_engine
from vitreous.infer.network import Network, load_network
from vitreous.layers.walk import read_walk

SIZE, LABELS, TEMPERATURE = 20, ["a", "=b()", "ärger\n<b>"], 1.37
WIDTHS = {"linear": SIZE * SIZE, "mlp": 128, "lenet": 84}


def pictures(count: int) -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 256, (count, SIZE, SIZE, 3), np.uint8)


def joined(kind: str) -> Network:
    return join_small(pixels_network(SIZE, 1), small_graph(kind, 3, 1, SIZE, 0), TEMPERATURE, LABELS, {"number_format": "f32", "unseen_area": 0.0})


@pytest.mark.parametrize("kind", SMALL_NETS)
def test_onnxruntime_engine_and_walk_agree_on_probabilities_and_features(kind: str) -> None:
    runtime = pytest.importorskip("onnxruntime")
    shown, network = pictures(5), joined(kind)
    session = runtime.InferenceSession(network.data, providers=["CPUExecutionProvider"])
    theirs = dict(zip(("probability", "features"), session.run(["probability", "features"], {"image": shown}), strict=True))
    ours = run_batch(start_engine(network, Setting("openvino", "f32", 2, 1), ("probability", "features")), shown)
    walked = read_walk(network.data).values({"image": shown})
    assert theirs["features"].shape == (5, WIDTHS[kind])
    for name, values in theirs.items():
        # sums of some hundred products in fp32, in another order
        np.testing.assert_allclose(ours[name], values, atol=2e-5)
        np.testing.assert_allclose(walked[name], values, atol=2e-5)
    np.testing.assert_allclose(theirs["probability"].sum(1), 1, atol=1e-6)


def test_probability_is_the_softmax_of_the_small_networks_logits_divided_by_the_temperature() -> None:
    shown = pictures(4)
    pixels = read_walk(pixels_network(SIZE, 1).data).values({"image": shown})["features"]
    logits = read_walk(small_graph("lenet", 3, 1, SIZE, 0)).values({"features": pixels})["logits"].astype(np.float64)
    odds = np.exp(logits / TEMPERATURE)
    found = read_walk(joined("lenet").data).values({"image": shown})
    np.testing.assert_allclose(found["probability"], odds / odds.sum(1, keepdims=True), atol=1e-6)
    np.testing.assert_array_equal(found["pixels"], pixels)
    assert {"conv1", "pool1", "conv2", "pool2", "fc1", "fc2", "logits"} <= set(found)


def test_the_metadata_are_those_of_every_model(tmp_path: Path) -> None:
    network = joined("mlp")
    (tmp_path / "model.onnx").write_bytes(network.data)
    read = load_network(tmp_path / "model.onnx")
    assert read.facts == network.facts and read.labels == LABELS and read.view == View.whole(SIZE) and read.number_format == "f32"
    assert read.facts["network"] == "mlp" and read.facts["task"] == "classify" and read.facts["licence"] == "Apache-2.0"


def test_the_file_is_valid_onnx_with_the_outputs_that_are_promised() -> None:
    import onnx

    model = onnx.load_model_from_string(joined("lenet").data)
    onnx.checker.check_model(model, full_check=True)
    (entry,) = model.metadata_props
    assert entry.key == "vitreous" and json.loads(entry.value)["labels"] == LABELS

    def shape(value: Any) -> tuple[str, list[Any]]:
        return value.name, [each.dim_param or each.dim_value for each in value.type.tensor_type.shape.dim]

    assert [shape(value) for value in model.graph.input] == [("image", ["N", SIZE, SIZE, 3])]
    assert [shape(value) for value in model.graph.output] == [("probability", ["N", 3]), ("features", ["N", 84])]


def test_the_same_arguments_give_the_same_bytes_and_change_nothing_given() -> None:
    pixels = pixels_network(SIZE, 1)
    before = pixels.data
    assert joined("lenet").data == joined("lenet").data and pixels.data == before == pixels_network(SIZE, 1).data


def test_labels_or_pixels_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ModelError, match="400 pixels and 3 labels"):
        join_small(pixels_network(SIZE, 1), small_graph("linear", 4, 1, SIZE, 0), 1.0, LABELS, {})
    with pytest.raises(ModelError, match="1200 pixels and 3 labels; 400 pixels"):
        join_small(pixels_network(SIZE, 3), small_graph("linear", 3, 1, SIZE, 0), 1.0, LABELS, {})
