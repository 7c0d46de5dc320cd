"""How pixels become the numbers of a network: as given, by the file itself; against numpy and onnxruntime."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[2]))
from made_files import CLASSIFIER, FEATURES, FP32, MEAN, PLAIN, POOLED, STD, Node, convolution, ours, planes, some_pictures, theirs, write

from vitreous.errors import UsageError
from vitreous.fit.foreign import ForeignOptions, foreign_network

pytestmark = pytest.mark.slow  # compiles a network for each case


@pytest.mark.parametrize(
    "options, normal",
    [
        (PLAIN, lambda x: x / 255),
        (replace(PLAIN, scale="-1-1"), lambda x: x / 127.5 - 1),
        (replace(PLAIN, scale="0-255"), lambda x: x),
        (replace(PLAIN, scale=None, mean=tuple(MEAN.tolist()), std=tuple(STD.tolist())), lambda x: (x / 255 - MEAN) / STD),
        (replace(PLAIN, scale=None, mean=(123.0, 117.0, 104.0)), lambda x: x - np.array([123, 117, 104], np.float32)),
        (replace(PLAIN, colours="bgr", mean=(0.1, 0.2, 0.3)), lambda x: (x / 255 - np.array([0.1, 0.2, 0.3], np.float32))[..., ::-1]),
    ],
)
def test_a_given_normalization_is_that_of_numpy_by_hand(tmp_path: Path, options: ForeignOptions, normal: Any) -> None:
    path, pictures = write(tmp_path / "net.onnx", FEATURES), some_pictures(3)
    wanted = theirs(path, planes(normal(pictures.astype(np.float32))))
    largest = float(np.abs(wanted).max())
    np.testing.assert_allclose(ours(foreign_network(path, options), pictures) / largest, wanted / largest, **FP32)
    assert wanted.std(0).max() > 0  # pictures differ, so agreement says something


def test_whole_numbers_go_in_as_they_are_and_take_no_normalization(tmp_path: Path) -> None:
    from onnx import TensorProto

    nodes: list[Node] = [("Cast", ["x"], ["wide"], {"to": TensorProto.FLOAT}), *convolution("wide"), *POOLED, ("Identity", ["flat"], ["out"], {})]
    path, pictures = write(tmp_path / "net.onnx", nodes, kind="UINT8"), some_pictures(3)
    network = foreign_network(path, ForeignOptions())
    wanted = theirs(path, np.ascontiguousarray(np.moveaxis(pictures, 3, 1)))
    np.testing.assert_allclose(ours(network, pictures) / 255, wanted / 255, **FP32)
    with pytest.raises(UsageError, match="normalizes by itself"):
        foreign_network(path, ForeignOptions(mean=(0.5,)))


@pytest.mark.parametrize(
    "steps, scale",
    [
        ([("Div", 255.0)], "0-255"),
        ([("Mul", 1 / 127.5), ("Sub", 1.0)], "0-255"),
        ([("Sub", [123.68, 116.78, 103.94])], "0-255"),
        ([("Div", 255.0), ("Sub", MEAN), ("Div", STD)], "0-255"),
        ([("Sub", MEAN), ("Div", STD)], "0-1"),
        ([("Mul", 2.0), ("Add", -1.0)], "0-1"),
    ],
)
def test_a_file_that_normalizes_by_itself_gets_the_range_that_it_normalizes(tmp_path: Path, steps: list[tuple[str, Any]], scale: str) -> None:
    nodes, name, weights = [], "x", {}
    for number, (operator, value) in enumerate(steps):
        array = np.asarray(value, np.float32)
        weights[f"w{number}"] = array.reshape(1, 3, 1, 1) if array.size == 3 else array
        nodes.append((operator, [name, f"w{number}"], [f"n{number}"], {}))
        name = f"n{number}"
    path = write(tmp_path / "net.onnx", [*nodes, *convolution(name), *POOLED, ("Identity", ["flat"], ["out"], {})], weights=weights)
    network = foreign_network(path, ForeignOptions())
    found = network.facts["input"]
    assert (found["scale"], found["mean"], found["std"], found["known_by"]) == (scale, [0.0], [1.0], "file")


@pytest.mark.parametrize("mean, variance, scale", [(0.45, 0.07, "0-1"), (120.0, 4900.0, "0-255"), (-0.1, 0.3, "-1-1")])
def test_a_batch_norm_on_the_picture_tells_its_range(tmp_path: Path, mean: float, variance: float, scale: str) -> None:
    weights = {name: np.full(3, value, np.float32) for name, value in (("g", 1.0), ("b", 0.0), ("m", mean), ("v", variance))}
    nodes: list[Node] = [("BatchNormalization", ["x", "g", "b", "m", "v"], ["n"], {}), *convolution("n"), *POOLED, *CLASSIFIER]
    network = foreign_network(write(tmp_path / "net.onnx", nodes, weights=weights), ForeignOptions())
    assert network.facts["input"]["scale"] == scale and network.facts["input"]["known_by"] == "file"


def test_what_is_given_goes_before_what_the_metadata_say(tmp_path: Path) -> None:
    path = write(tmp_path / "net.onnx", FEATURES, metadata={"mean": "[0.1, 0.2, 0.3]", "std": "0.4", "license": "Apache-2.0"})
    found = foreign_network(path, ForeignOptions(mean=(0.7,), licence="MIT")).facts
    assert found["input"]["mean"] == [0.7] and found["input"]["known_by"] == "options" and found["licence"] == "MIT"
    assert foreign_network(path, ForeignOptions()).facts["licence"] == "Apache-2.0"
