"""The joined model.onnx, run by onnxruntime and by our engine, against the probe in numpy."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[1]))
from small_network import SIDE, WIDTH, small_network

from vitreous.core.view import View
from vitreous.fit.head import Head
from vitreous.fit.join import JoinedHead, join
from vitreous.fit.link import Softmax
from vitreous.fit.probe import Probe
from vitreous.infer.engine import Setting, run_batch, start_engine
from vitreous.infer.network import Network, load_network

LABELS = ["a", "=b()", "ärger\n<b>", "🐱"]


def some_probe(width: int = WIDTH, classes: int = 4) -> Probe:
    rng = np.random.default_rng(3)
    mean, deviation = rng.normal(0.2, 0.1, width), rng.uniform(0.1, 0.5, width)
    head = Head(rng.normal(0, 0.3, (classes, width)).astype(np.float32), rng.normal(0, 0.3, classes).astype(np.float32))
    return Probe(head, mean.astype(np.float32), deviation.astype(np.float32), 0.03, Softmax(1.37), "nothing", ())


def pictures(count: int, side: int = SIDE) -> NDArray[np.uint8]:
    """Noise, each picture between its own two greys."""
    rng = np.random.default_rng(0)
    low = rng.integers(0, 200, (count, 1, 1, 3))
    return (low + rng.random((count, side, side, 3)) * (255 - low)).astype(np.uint8)


def joined(view: View | None = None) -> Network:
    return join(small_network(), view or View.crop(SIDE), some_probe(), LABELS, {"number_format": "f32", "unseen_area": 0.25})


def by_onnxruntime(data: bytes, shown: NDArray[np.uint8]) -> dict[str, NDArray[np.float32]]:
    runtime = pytest.importorskip("onnxruntime")
    session = runtime.InferenceSession(data, providers=["CPUExecutionProvider"])
    return dict(zip(("probability", "features"), session.run(["probability", "features"], {"image": shown}), strict=True))


def test_onnxruntime_gives_the_probabilities_of_the_probe() -> None:
    shown, probe = pictures(9), some_probe()
    result = by_onnxruntime(joined().data, shown)
    np.testing.assert_array_equal(result["features"], by_onnxruntime(small_network().data, shown)["features"])
    # two dozen products and an exponential in fp32, in another order
    np.testing.assert_allclose(result["probability"], probe.probability(probe.standardize(result["features"])), atol=1e-5)
    assert result["probability"].std(0).min() > 0.01  # pictures and classes differ, so agreement says something


def test_our_engine_gives_the_probabilities_of_onnxruntime() -> None:
    shown = pictures(9)
    engine = start_engine(joined(), Setting("openvino", "f32", 4, 2), ("probability", "features"))
    ours, theirs = run_batch(engine, shown), by_onnxruntime(joined().data, shown)
    np.testing.assert_allclose(ours["probability"], theirs["probability"], atol=1e-5)
    np.testing.assert_allclose(ours["features"], theirs["features"], atol=1e-5)


def test_the_file_is_valid_onnx_with_the_inputs_and_outputs_that_are_promised() -> None:
    import onnx

    model = onnx.load_model_from_string(joined(View.whole(SIDE * 2)).data)
    onnx.checker.check_model(model, full_check=True)

    def shape(value: "onnx.ValueInfoProto") -> tuple[str, int, list[str | int]]:
        tensor = value.type.tensor_type
        return value.name, tensor.elem_type, [dimension.dim_param or dimension.dim_value for dimension in tensor.shape.dim]

    assert [shape(value) for value in model.graph.input] == [("image", onnx.TensorProto.UINT8, ["N", SIDE * 2, SIDE * 2, 3])]
    assert [shape(value) for value in model.graph.output] == [
        ("probability", onnx.TensorProto.FLOAT, ["N", 4]),
        ("features", onnx.TensorProto.FLOAT, ["N", WIDTH]),
    ]


def test_the_metadata_hold_labels_view_and_origin(tmp_path: Path) -> None:
    import onnx

    network = joined(View.crop(SIDE, 40))
    (entry,) = onnx.load_model_from_string(network.data).metadata_props
    facts = json.loads(entry.value)
    assert entry.key == "vitreous"
    assert facts["labels"] == LABELS and facts["task"] == "classify" and facts["network"] == "small" and facts["licence"] == "CC0-1.0"
    assert View.from_json(facts["view"]) == View.crop(SIDE, 40)
    (tmp_path / "model.onnx").write_bytes(network.data)
    read = load_network(tmp_path / "model.onnx")
    assert read.facts == network.facts and read.labels == LABELS and read.view == View.crop(SIDE, 40) and read.number_format == "f32"


def test_the_old_head_is_gone() -> None:
    import onnx

    graph = onnx.load_model_from_string(joined().data).graph
    weights = {weight.name for weight in graph.initializer}
    assert not weights & {"head.weight", "head.bias"} and "conv.weight" in weights
    assert weights <= {name for node in graph.node for name in node.input}


def test_joining_changes_nothing_in_the_backbone_given() -> None:
    backbone = small_network()
    before = backbone.data
    join(backbone, View.crop(SIDE), some_probe(), LABELS, {})
    assert backbone.data == before


def test_the_same_arguments_give_the_same_bytes() -> None:
    assert joined().data == joined().data


def test_another_process_writes_the_same_bytes() -> None:
    """With another seed of Python's hashes, so that no set or dictionary decides the order."""
    folders = [str(Path(__file__).parent), str(Path(__file__).parents[1])]
    script = f"import sys; sys.path[:0] = {folders!r}; import test_join; print(test_join.joined().fingerprint)"
    env = os.environ | {"PYTHONHASHSEED": "12345"}
    done = subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == joined().fingerprint


@pytest.mark.slow
def test_the_shipped_network_takes_a_head_and_loses_its_own() -> None:
    shipped = load_network()
    network = join(shipped, View.crop(224), some_probe(1280), LABELS, {})
    # the head of 1000 classes is a matrix of 1280 × 1000 in fp16
    assert len(shipped.data) - len(network.data) > 2_400_000
    shown, probe = pictures(2, 224), some_probe(1280)
    result = by_onnxruntime(network.data, shown)
    np.testing.assert_allclose(result["probability"], probe.probability(probe.standardize(result["features"])), atol=1e-5)


def test_the_head_of_a_file_gives_its_logits_by_another_mean_and_deviation() -> None:
    probe, rng = some_probe(), np.random.default_rng(8)
    head = JoinedHead.of(joined().data)
    assert head is not None
    features = rng.normal(0.2, 0.3, (20, WIDTH)).astype(np.float32)
    mean, deviation = rng.normal(0, 0.2, WIDTH).astype(np.float32), rng.uniform(0.2, 0.6, WIDTH).astype(np.float32)
    moved = head.standardized_by(mean, deviation)
    assert moved is not None
    np.testing.assert_allclose(moved.logits((features - mean) / deviation), probe.head.logits(probe.standardize(features)), atol=1e-4)
    assert head.standardized_by(mean[:-1], deviation[:-1]) is None


def test_a_network_without_a_head_has_none() -> None:
    assert JoinedHead.of(small_network().data) is None
