"""A network is run before it is trusted: its batch is opened, and what it cannot do is said."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[2]))
from made_files import FEATURES, FP32, PLAIN, Node, convolution, ours, planes, some_pictures, theirs, why, write
from small_network import SIDE

from vitreous.errors import ModelError
from vitreous.fit.foreign import foreign_network

pytestmark = pytest.mark.slow  # compiles a network for each case


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "text": ({"nodes": [("MatMul", ["x", "t"], ["out"], {})], "shape": ("N", 4)}, "sees text or numbers, no pictures"),
    "video": ({"nodes": [("Relu", ["x"], ["out"], {})], "shape": ("N", 3, 8, SIDE, SIDE)}, "sees video"),
    "no batch": ({"nodes": [("Relu", ["x"], ["out"], {})], "shape": (3, SIDE, SIDE)}, "no axis for the number of pictures"),
    "four channels": ({"nodes": convolution(weight="four.weight"), "shape": ("N", 4, SIDE, SIDE), "outputs": ["map"]}, "4 channels"),
    "two channels": ({"nodes": [("Relu", ["x"], ["out"], {})], "shape": ("N", SIDE, SIDE, 2)}, "2 channels"),
    "not square": ({"nodes": FEATURES, "shape": ("N", 3, 32, 64)}, "not square: 32 × 64 pixels"),
    "int8": ({"nodes": [("Relu", ["x"], ["out"], {})], "kind": "INT8"}, "is of type int8"),
    "two pictures": (
        {"nodes": [("Add", ["x", "z"], ["both"], {}), *convolution("both")], "outputs": ["map"], "more_inputs": [("z", ("N", 3, SIDE, SIDE))]},
        "wants several pictures at once",
    ),
    "more than a picture": (
        {"nodes": [*FEATURES[:-1], ("Mul", ["flat", "z"], ["out"], {})], "more_inputs": [("z", (1, 8))]},
        "gives nothing for a picture alone: besides x it wants z",
    ),
    "scalar": ({"nodes": [*FEATURES[:-1], ("ReduceMean", ["flat"], ["out"], {"keepdims": 0})]}, "not one row for each picture"),
    "one number": ({"nodes": [*FEATURES[:-1], ("ReduceMean", ["flat"], ["out"], {"axes": [1]})]}, "a single number for a picture"),
    "mask": ({"nodes": [("Conv", ["x", "same"], ["out"], {"pads": [2, 2, 2, 2]})]}, "a picture of full size, perhaps a mask"),
    "boxes": (
        {"nodes": [("Conv", ["x", "same"], ["c"], {"pads": [2, 2, 2, 2]}), ("Reshape", ["c", "boxes"], ["out"], {})]},
        "no grid of tokens, perhaps boxes",
    ),
    "a detector by its metadata": ({"nodes": FEATURES, "metadata": {"task": "detect"}}, "its metadata call its task 'detect'"),
    "a detector by its operators": (
        {"nodes": [*FEATURES, ("NonMaxSuppression", ["b", "s"], ["n"], {})], "outputs": ["out", "n"]},
        "it holds NonMaxSuppression: its outputs are boxes or masks",
    ),
    "unknown operators": (
        {"nodes": [*FEATURES[:-1], ("Foo", ["flat"], ["f"], {"domain": "my.ops"}), ("Bar", ["f"], ["out"], {})]},
        "operators that the engine does not know: Bar, my.ops.Foo",
    ),
    "another number of colours than it says": (
        {"nodes": [*convolution(weight="four.weight"), *FEATURES[2:]]},
        r"cannot be run here: Data batch channel count \(3\) does not match filter input channel count \(4\); an ONNX file",
    ),
    "newer": ({"nodes": FEATURES, "opset": 99}, "newer than what is installed: operator set 99"),
    "constant": ({"nodes": [*FEATURES[:-1], ("Mul", ["flat", "nought"], ["out"], {})]}, "the same features 'out' for noise and for a plain picture"),
    "not finite": ({"nodes": [*FEATURES[:-1], ("Log", ["flat"], ["l"], {}), ("Div", ["l", "nought"], ["out"], {})]}, "not finite"),
}


def test_a_size_too_small_is_met_with_the_next_that_works(tmp_path: Path) -> None:
    weights = {"wide": np.ones((8, 8, 20, 20), np.float32)}
    nodes: list[Node] = [*convolution(), ("Conv", ["map", "wide"], ["out"], {})]
    path = write(tmp_path / "net.onnx", nodes, ("N", 3, "H", "W"), weights=weights)
    # (S - 5) // 2 + 1 >= 20 asks for 43; 48 is the next that networks have
    with pytest.raises(ModelError, match=r"takes no pictures of 30 × 30 pixels: .*the next size that it takes is 48; --size 48"):
        foreign_network(path, replace(PLAIN, size=30))


def test_a_batch_fixed_to_one_is_opened(tmp_path: Path) -> None:
    free = write(tmp_path / "free.onnx", FEATURES)
    nodes: list[Node] = [*convolution(), ("GlobalAveragePool", ["map"], ["mean"], {}), ("Reshape", ["mean", "rows.1"], ["out"], {})]
    path, pictures = write(tmp_path / "net.onnx", nodes, (1, 3, SIDE, SIDE)), some_pictures(5)
    network = foreign_network(path, PLAIN)
    np.testing.assert_allclose(ours(network, pictures), theirs(free, planes(pictures) / 255), **FP32)
    assert "its batch was fixed to 1: opened" in why(network)


def test_a_batch_fixed_to_four_is_opened(tmp_path: Path) -> None:
    free = write(tmp_path / "free.onnx", FEATURES)
    nodes: list[Node] = [*convolution(), ("GlobalAveragePool", ["map"], ["mean"], {}), ("Reshape", ["mean", "rows.4"], ["out"], {})]
    path, pictures = write(tmp_path / "net.onnx", nodes, (4, 3, SIDE, SIDE)), some_pictures(5)
    np.testing.assert_allclose(ours(foreign_network(path, PLAIN), pictures), theirs(free, planes(pictures) / 255), **FP32)


def test_a_batch_that_cannot_be_opened_is_said(tmp_path: Path) -> None:
    weights = {"class": np.ones((1, 8, 1, 1), np.float32)}
    nodes: list[Node] = [*convolution(), ("GlobalAveragePool", ["map"], ["mean"], {}), ("Concat", ["class", "mean"], ["both"], {"axis": 1})]
    path = write(tmp_path / "net.onnx", [*nodes, ("Flatten", ["both"], ["out"], {})], (1, 3, SIDE, SIDE), weights=weights)
    with pytest.raises(ModelError, match=r"does not take several pictures at once: its batch is fixed to 1 in the file.*dynamic batch"):
        foreign_network(path, PLAIN)


def test_pictures_that_change_each_other_are_noticed(tmp_path: Path) -> None:
    nodes = [*FEATURES[:-1], ("ReduceMean", ["flat"], ["all"], {"axes": [0], "keepdims": 1}), ("Sub", ["flat", "all"], ["mixed"], {})]
    path = write(tmp_path / "net.onnx", [*nodes, ("Add", ["mixed", "flat"], ["out"], {})])
    with pytest.raises(ModelError, match="two at once do not give what they give alone"):
        foreign_network(path, PLAIN)


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_used_is_said_in_one_line(tmp_path: Path, case: str) -> None:
    arguments, message = BAD[case]
    weights = {
        "t": np.ones((4, 3), np.float32),
        "same": np.random.default_rng(0).normal(0, 1, (6, 3, 5, 5)).astype(np.float32),
        "boxes": np.array([0, -1, 4], np.int64),
        "nought": np.float32(0),
        "b": np.zeros((1, 3, 4), np.float32),
        "s": np.ones((1, 1, 3), np.float32),
    }
    path = write(tmp_path / "net.onnx", **arguments, weights=weights)
    with pytest.raises(ModelError, match=message) as caught:
        foreign_network(path, PLAIN)
    assert "\n" not in str(caught.value) and "net.onnx" in str(caught.value)
