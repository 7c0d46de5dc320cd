"""The network in the package: what is published of it, and that two libraries agree on real photos."""

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[1]))
from vitreous.core.view import View
from vitreous.data.decode import decode
from vitreous.infer.engine import Setting, run_batch, start_engine
from vitreous.infer.network import SHIPPED, load_network

pytest_plugins = ["shared_fixtures"]
PROVENANCE: dict[str, Any] = json.loads(SHIPPED.with_suffix(".json").read_text())


def test_it_is_the_file_that_its_provenance_names() -> None:
    data = SHIPPED.read_bytes()
    assert hashlib.sha256(data).hexdigest() == PROVENANCE["sha256"] and len(data) == PROVENANCE["bytes"] <= 10_000_000
    assert PROVENANCE["file"] == SHIPPED.name and PROVENANCE["licence"] == "Apache-2.0" and PROVENANCE["source"]


def test_its_metadata_say_what_its_provenance_says() -> None:
    facts = load_network().facts
    for key in ("network", "task", "view", "licence", "source"):
        assert facts[key] == PROVENANCE[key], key


def test_its_view_is_the_published_one() -> None:
    """Crop 87.5 % of the short side at 224 pixels (google-research, EfficientNet-Lite)."""
    assert load_network().view == View.crop(224, 256) and 224 / 256 == 0.875


def test_it_knows_the_1000_classes_of_imagenet_by_name() -> None:
    labels = load_network().labels
    assert len(labels) == len(set(labels)) == 1000
    # places in the list of ILSVRC 2012: the first, a famous one, the last
    assert labels[0].startswith("tench") and labels[281].startswith("tabby") and labels[999].startswith("toilet")


def test_it_has_the_published_number_of_parameters() -> None:
    """4.65 million (EfficientNet-Lite0, google-research): weights and biases, batch norms folded into the convolutions."""
    import onnx

    model = onnx.load(SHIPPED)
    onnx.checker.check_model(model)
    assert sum(int(np.prod(weight.dims)) for weight in model.graph.initializer) == pytest.approx(4_652_008, rel=0.01)
    known = "Add Cast Clip Conv Flatten Gemm GlobalAveragePool Mul Pad ReduceMean Relu Reshape Softmax Squeeze Sub Transpose"
    assert {node.op_type for node in model.graph.node} <= set(known.split())


def seen(photos: Path, count: int) -> NDArray[np.uint8]:
    paths = sorted(photos.glob("*/*.jpg"))[:: 70 // count][:count]
    return np.stack([decode(str(path), [View.crop(224, 256)]).views[0] for path in paths])


@pytest.mark.slow
def test_openvino_and_onnxruntime_agree_on_real_photos(photos: Path) -> None:
    pytest.importorskip("onnxruntime")
    shown, network = seen(photos, 14), load_network()
    ours = run_batch(start_engine(network, Setting("openvino", "f32", 4, 2), ("probability", "features")), shown)
    theirs = run_batch(start_engine(network, Setting("onnxruntime", "f32", 4, 1), ("probability", "features")), shown)
    assert np.array_equal(ours["probability"].argmax(1), theirs["probability"].argmax(1))
    # sums of some thousand products in fp32, in another order, through 50 layers
    np.testing.assert_allclose(ours["probability"], theirs["probability"], atol=1e-4)
    np.testing.assert_allclose(ours["features"], theirs["features"], atol=1e-3)


@pytest.mark.slow
def test_it_sees_clothes_on_photos_of_clothes(photos: Path) -> None:
    """Not a measure of it: that colours, their order and their scale arrive as it was trained with them."""
    network = load_network()
    probability = run_batch(start_engine(network, Setting("openvino", "f32", 4, 2)), seen(photos, 35))["probability"]
    answers = [network.labels[k] for k in probability.argmax(1)]
    clothes = [
        "jersey",
        "jean",
        "shoe",
        "miniskirt",
        "gown",
        "sweatshirt",
        "stole",
        "hoopskirt",
        "velvet",
        "overskirt",
        "sarong",
        "cardigan",
        "pajama",
        "loafer",
        "sandal",
    ]
    assert sum(any(word in answer.lower() for word in clothes) for answer in answers) > len(answers) / 2, answers
