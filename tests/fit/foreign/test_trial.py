"""The normalization that is tried out, on a network whose own is known."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[2]))
from made_files import FEATURES, ours, some_pictures, why, write

from vitreous.fit.foreign import ForeignOptions, foreign_network
from vitreous.fit.foreign.normalization import IMAGENET
from vitreous.infer.engine import Setting, run_batch, start_engine
from vitreous.infer.network import SHIPPED, load_network

pytestmark = pytest.mark.slow  # compiles a network for each case


def test_without_any_word_the_normalization_is_tried_out_and_said_to_be_a_guess(tmp_path: Path) -> None:
    """EfficientNet-Lite0 without its own normalization, which is (x - 127) / 128, and without a word on it."""
    import onnx

    model = onnx.load(SHIPPED)
    graph = model.graph
    first = next(number for number, node in enumerate(graph.node) if "pixels" in node.output) + 1
    del graph.node[:first], graph.input[:], model.metadata_props[:]
    graph.input.append(onnx.helper.make_tensor_value_info("pixels", onnx.TensorProto.FLOAT, ["N", 3, 224, 224]))
    (tmp_path / "lite.onnx").write_bytes(model.SerializeToString())
    network = foreign_network(tmp_path / "lite.onnx", ForeignOptions())
    found = network.facts["input"]
    assert (found["scale"], found["mean"], found["std"], found["known_by"]) == ("-1-1", [0.0], [1.0], "trial")
    assert "guessed" in why(network) and "--mean" in why(network) and "0 to 255" in why(network)
    pictures = some_pictures(2, 224)
    wanted = run_batch(start_engine(load_network(), Setting("openvino", "f32", 2, 1), ("features",)), pictures)["features"]
    # 127.5 is not 127, nor 127.5 128: 1 part in 250
    assert np.corrcoef(ours(network, pictures, 2).ravel(), wanted.ravel())[0, 1] > 0.99


def test_a_network_that_tells_nothing_apart_gets_the_most_usual_normalization(tmp_path: Path) -> None:
    network = foreign_network(write(tmp_path / "net.onnx", FEATURES), ForeignOptions())
    found = network.facts["input"]
    assert (found["scale"], found["mean"], found["std"]) == ("0-1", list(IMAGENET.mean), list(IMAGENET.std))
    assert "as the network tells clothes apart with none of them on" in why(network)
