"""The picture among the inputs: layout, colours, numbers and size."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[2]))
from made_files import FEATURES, FP32, PLAIN, POOLED, Node, convolution, ours, planes, some_pictures, theirs, why, write
from small_network import SIDE

from vitreous.errors import ModelError
from vitreous.fit.foreign import foreign_network

pytestmark = pytest.mark.slow  # compiles a network for each case


def test_a_network_with_the_colours_last_gets_them_last(tmp_path: Path) -> None:
    nodes: list[Node] = [("Transpose", ["x"], ["t"], {"perm": [0, 3, 1, 2]}), *convolution("t"), *POOLED, ("Identity", ["flat"], ["out"], {})]
    path, pictures = write(tmp_path / "net.onnx", nodes, ("N", SIDE, SIDE, 3)), some_pictures(3)
    network = foreign_network(path, PLAIN)
    np.testing.assert_allclose(ours(network, pictures), theirs(path, pictures.astype(np.float32) / 255), **FP32)
    assert network.facts["input"]["layout"] == "NHWC" and "axis 3 is 3 long" in why(network)


def test_an_open_layout_is_seen_by_the_first_layers(tmp_path: Path) -> None:
    nodes: list[Node] = [("Transpose", ["x"], ["t"], {"perm": [0, 3, 1, 2]}), *convolution("t"), *POOLED, ("Identity", ["flat"], ["out"], {})]
    path = write(tmp_path / "net.onnx", nodes, ("N", "a", "b", "c"))
    network = foreign_network(path, replace(PLAIN, size=SIDE))
    assert network.facts["input"]["layout"] == "NHWC" and "by its first layers" in why(network)


def test_a_grey_network_sees_the_luminance_of_pillow(tmp_path: Path) -> None:
    from PIL import Image

    nodes = [*convolution(weight="grey.weight"), *POOLED, ("Identity", ["flat"], ["out"], {})]
    path, pictures = write(tmp_path / "net.onnx", nodes, ("N", 1, SIDE, SIDE)), some_pictures(3)
    grey = np.stack([np.asarray(Image.fromarray(each).convert("L")) for each in pictures])[..., None]
    network = foreign_network(path, PLAIN)
    # Pillow rounds to whole greys: half of one in 255, in sums of 25 weights of 0.3
    np.testing.assert_allclose(ours(network, pictures), theirs(path, planes(grey) / 255), atol=0.5 / 255 * 25 * 0.3)
    assert network.facts["input"]["channels"] == 1 and "grey" in why(network)


@pytest.mark.parametrize("kind, bits", [("FLOAT16", 11), ("DOUBLE", 24)])
def test_other_numbers_than_fp32_are_given_as_the_file_wants_them(tmp_path: Path, kind: str, bits: int) -> None:
    from onnx import TensorProto

    nodes: list[Node] = [("Cast", ["x"], ["wide"], {"to": TensorProto.FLOAT}), *convolution("wide"), *POOLED, ("Identity", ["flat"], ["out"], {})]
    path, pictures = write(tmp_path / "net.onnx", nodes, kind=kind), some_pictures(3)
    dtype = np.float16 if kind == "FLOAT16" else np.float64
    wanted = theirs(path, planes(pictures / np.float32(255)).astype(dtype))
    np.testing.assert_allclose(ours(foreign_network(path, PLAIN), pictures), wanted, atol=75 * 0.3 * 2.0**-bits)


def test_an_open_size_is_224_and_can_be_set(tmp_path: Path) -> None:
    path = write(tmp_path / "net.onnx", FEATURES, ("N", 3, "H", "W"))
    usual, small = foreign_network(path, PLAIN), foreign_network(path, replace(PLAIN, size=40))
    assert usual.view.size == 224 and small.view.size == 40 and usual.facts["resizable"]
    pictures = some_pictures(2, 40)
    np.testing.assert_allclose(ours(small, pictures), theirs(path, planes(pictures) / 255), **FP32)


def test_a_fixed_size_is_kept_and_opened_where_the_layers_allow(tmp_path: Path) -> None:
    path = write(tmp_path / "net.onnx", FEATURES)
    assert foreign_network(path, PLAIN).view.size == SIDE and not foreign_network(path, PLAIN).facts["resizable"]
    assert foreign_network(path, replace(PLAIN, size=48)).view.size == 48
    weights = {"big": np.ones((8 * 14 * 14, 6), np.float32)}
    nodes: list[Node] = [*convolution(), ("Flatten", ["map"], ["long"], {}), ("MatMul", ["long", "big"], ["features"], {})]
    fixed = write(tmp_path / "fixed.onnx", nodes, outputs=["features"], weights=weights)
    with pytest.raises(ModelError, match=rf"takes no pictures of 48 × 48 pixels: .*{SIDE} × {SIDE}, fixed in the file; leave --size out"):
        foreign_network(fixed, replace(PLAIN, size=48))
