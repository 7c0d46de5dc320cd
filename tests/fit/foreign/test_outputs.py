"""Which tensor is taken for the features, and how it becomes one row a picture."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[2]))
from made_files import CLASSIFIER, FEATURES, FP32, PLAIN, POOLED, Node, convolution, ours, planes, some_pictures, theirs, why, write

from vitreous.errors import ModelError
from vitreous.fit.foreign import foreign_network

pytestmark = pytest.mark.slow  # compiles a network for each case


def test_features_are_taken_before_a_linear_classifier(tmp_path: Path) -> None:
    nodes = [*convolution(), *POOLED, *CLASSIFIER[:-1], ("Gemm", ["flat", "classifier.weight", "classifier.bias"], ["l"], {"transB": 1})]
    path, pictures = write(tmp_path / "net.onnx", [*nodes, ("Softmax", ["l"], ["out"], {"axis": 1})]), some_pictures(3)
    network = foreign_network(path, PLAIN)
    by_hand = write(tmp_path / "hand.onnx", FEATURES)
    np.testing.assert_allclose(ours(network, pictures), theirs(by_hand, planes(pictures) / 255), **FP32)
    assert network.facts["features"] == 8 and "what comes into the classifier that makes 'out'" in why(network)
    assert b"classifier.weight" not in network.data


def test_the_output_that_is_named_is_taken_also_from_inside(tmp_path: Path) -> None:
    path, pictures = write(tmp_path / "net.onnx", [*convolution(), *POOLED, *CLASSIFIER]), some_pictures(3)
    logits = foreign_network(path, replace(PLAIN, output="out"))
    np.testing.assert_allclose(ours(logits, pictures), theirs(path, planes(pictures) / 255), **FP32)
    maps = foreign_network(path, replace(PLAIN, output="map"))
    assert maps.facts["features"] == 8 and "mean over its places" in why(maps)
    with pytest.raises(ModelError, match=r"has no tensor 'mapp'.*did you mean 'map'"):
        foreign_network(path, replace(PLAIN, output="mapp"))


def test_among_several_outputs_the_one_called_features_is_taken(tmp_path: Path) -> None:
    nodes = [*convolution(), *POOLED, *CLASSIFIER, ("Identity", ["flat"], ["image_embeds"], {}), ("Identity", ["map"], ["feature_map"], {})]
    path = write(tmp_path / "net.onnx", nodes, outputs=["out", "feature_map", "image_embeds"])
    network = foreign_network(path, PLAIN)
    assert "'image_embeds': its output of that name" in why(network) and network.facts["features"] == 8


def test_maps_are_averaged_with_the_channels_first_or_last(tmp_path: Path) -> None:
    pictures = some_pictures(3)
    first = write(tmp_path / "first.onnx", [*convolution()], outputs=["map"])
    last = write(tmp_path / "last.onnx", [*convolution(), ("Transpose", ["map"], ["out"], {"perm": [0, 2, 3, 1]})])
    for opset in (17, 18):
        last = write(tmp_path / "last.onnx", [*convolution(), ("Transpose", ["map"], ["out"], {"perm": [0, 2, 3, 1]})], opset=opset)
        wanted = theirs(first, planes(pictures) / 255, "map").mean((2, 3))
        np.testing.assert_allclose(ours(foreign_network(first, PLAIN), pictures), wanted, **FP32)
        np.testing.assert_allclose(ours(foreign_network(last, PLAIN), pictures), wanted, **FP32)


@pytest.mark.parametrize("extra", [0, 1])
def test_tokens_give_the_class_token_where_there_is_one_else_their_mean(tmp_path: Path, extra: int) -> None:
    """Patches of 8 pixels on 32: 16 tokens; with one more in front, which here is a mean, there are 17."""
    weights = {"patch": np.random.default_rng(2).normal(0, 0.2, (6, 3, 8, 8)).astype(np.float32)}
    nodes: list[Node] = [
        ("Conv", ["x", "patch"], ["p"], {"strides": [8, 8]}),
        ("Shape", ["p"], ["s"], {"end": 2}),
        ("Concat", ["s", "rest"], ["to"], {"axis": 0}),
        ("Reshape", ["p", "to"], ["r"], {}),
        ("Transpose", ["r"], ["tokens"], {"perm": [0, 2, 1]}),
        ("ReduceMax", ["tokens"], ["class"], {"axes": [1], "keepdims": 1}),
        ("Concat", ["class", "tokens"], ["with_class"], {"axis": 1}),
        ("Identity", ["with_class" if extra else "tokens"], ["last_hidden_state"], {}),
    ]
    path = write(tmp_path / "net.onnx", nodes, outputs=["last_hidden_state"], weights=weights | {"rest": np.array([-1], np.int64)})
    pictures = some_pictures(3)
    tokens = theirs(path, planes(pictures) / 255, "last_hidden_state")
    network = foreign_network(path, PLAIN)
    np.testing.assert_allclose(ours(network, pictures), tokens[:, 0] if extra else tokens.mean(1), **FP32)
    assert ("the class token" if extra else "the mean of 16 tokens") in why(network)


def test_a_text_tower_beside_the_pictures_is_left_out(tmp_path: Path) -> None:
    weights = {"t": np.ones((4, 6), np.float32)}
    nodes = [*convolution(), *POOLED, ("Identity", ["flat"], ["image_embeds"], {}), ("MatMul", ["words", "t"], ["text_embeds"], {})]
    path = write(tmp_path / "clip.onnx", nodes, outputs=["text_embeds", "image_embeds"], more_inputs=[("words", ["N", 4])], weights=weights)
    network = foreign_network(path, PLAIN)
    assert "'image_embeds'" in why(network)
    with pytest.raises(ModelError, match="does not come from the picture alone"):
        foreign_network(path, replace(PLAIN, output="text_embeds"))
