"""Kernels as they are seen: what a pixel adds is measured by changing that pixel; before training is the network of the same seed."""

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1]))
from made_networks import made, node
from small_network import small_facts, small_network

from vitreous.core.view import View
from vitreous.errors import ModelError, UsageError
from vitreous.fit.small.graphs import small_graph
from vitreous.fit.small.joining import join_small
from vitreous.fit.small.pixels import pixels_network
from vitreous.infer.network import Network
from vitreous.inside.filters import Moment, filters
from vitreous.inside.filters.moments import moments_of
from vitreous.layers.walk import read_walk


def of_pixels(nodes: list[Any], weights: dict[str, Any], side: int, output: str) -> Network:
    """A network from uint8 `x` [1, side, side, 3]."""
    data = made([node("Cast", ["x"], "float", to=1), *nodes], weights, [1, side, side, 3], output, kind=2)
    return Network(data, Path("made.onnx"), small_facts() | {"view": View.crop(side).to_json()})


def white_adds(network: Network, value: str, place: tuple[int, ...], pixel: tuple[int, int, int]) -> float:
    """How much a number changes when one colour of one pixel goes from black to white."""
    walk, side = read_walk(network.data), network.view.size
    (image, *_) = walk.inputs
    black = np.zeros((1, side, side, 3), np.uint8)
    white = black.copy()
    white[(0, *pixel)] = 255
    return float(walk.values({image: white})[value][place] - walk.values({image: black})[value][place])


def test_a_kernel_of_the_first_layer_is_what_pixels_add() -> None:
    network = small_network()
    found = filters(network)
    assert found.form == "colour" and found.kernels.shape == (1, 24, 5, 5, 3) and found.total == 24 and found.stage == "conv"
    # the conv moves by 2 pixels: its number at row 3, column 4 begins at pixel 6, 8
    for m, u, v, colour in ((0, 0, 0, 0), (7, 2, 3, 1), (23, 4, 4, 2)):
        assert found.kernels[0, m, u, v, colour] == pytest.approx(white_adds(network, "conv", (0, m, 3, 4), (6 + u, 8 + v, colour)), abs=1e-6)


def test_mean_deviation_and_batch_norm_are_in_it() -> None:
    random = np.random.default_rng(0)
    weights = {
        "mean": np.array([100, 120, 90], np.float32), "std": np.array([50, 60, 70], np.float32),
        "w": random.normal(0, 1, (4, 3, 3, 3)).astype(np.float32), "gamma": np.array([1, -2, 0.5, 3], np.float32),
        "beta": np.zeros(4, np.float32), "mu": random.normal(0, 1, 4).astype(np.float32), "variance": np.array([1, 4, 0.25, 9], np.float32),
    }  # fmt: skip
    nodes = [
        node("Sub", ["float", "mean"], "centred"),
        node("Div", ["centred", "std"], "normal"),
        node("Transpose", ["normal"], "planes", perm=[0, 3, 1, 2]),
        node("Conv", ["planes", "w"], "conv"),
        node("BatchNormalization", ["conv", "gamma", "beta", "mu", "variance"], "bn"),
    ]
    network = of_pixels(nodes, weights, 6, "bn")
    found = filters(network, first=1)
    assert "through the batch norm behind it" in found.note and found.names == ["1", "2", "3"]
    for k, m in enumerate((1, 2, 3)):
        assert found.kernels[0, k, 2, 1, 1] == pytest.approx(white_adds(network, "bn", (0, m, 1, 1), (3, 2, 1)), rel=1e-4)


def test_the_templates_of_a_linear_classifier_are_pictures() -> None:
    labels = ["a", "b", "c"]
    network = join_small(pixels_network(8, 3), small_graph("linear", 3, 3, 8, seed=1), 2.0, labels, {})
    found = filters(network)
    assert found.form == "colour" and found.is_template and found.kernels.shape == (1, 3, 8, 8, 3) and found.names == labels
    assert found.title == "logits has 3 templates of 8 × 8 pixels"
    for k, pixel in ((0, (0, 0, 0)), (2, (7, 3, 1))):
        assert found.kernels[(0, k, *pixel)] == pytest.approx(white_adds(network, "logits", (0, k), pixel), rel=1e-4)


def test_a_network_for_grey_pictures_has_grey_kernels() -> None:
    network = join_small(pixels_network(28, 1), small_graph("lenet", 3, 1, 28, seed=1), 1.0, ["a", "b", "c"], {})
    found = filters(network)
    assert found.form == "planes" and found.kernels.shape == (1, 6, 1, 5, 5)
    grey = sum(white_adds(network, "conv1", (0, 2, 10, 10), (10 + 1 - 2, 10 + 3 - 2, colour)) for colour in range(3))
    assert found.kernels[0, 2, 0, 1, 3] == pytest.approx(grey, rel=1e-4)


def test_deeper_kernels_are_the_weights_as_they_are() -> None:
    network = join_small(pixels_network(28, 1), small_graph("lenet", 3, 1, 28, seed=1), 1.0, ["a", "b", "c"], {})
    walk = read_walk(network.data)
    for stage, form, shape in (("conv2", "planes", (6, 5, 5)), ("fc1", "planes", (16, 5, 5)), ("fc2", "matrix", (120,)), ("logits", "matrix", (84,))):
        found = filters(network, stage)
        assert (found.form, found.kernels.shape[2:]) == (form, shape), stage
        stored = walk.constants[found.weight][: len(found.names)]
        assert np.array_equal(found.kernels[0].reshape(len(found.names), -1), stored.reshape(len(stored), -1)), stage


def test_ten_thousand_kernels_are_shown_page_by_page() -> None:
    nodes = [node("Transpose", ["float"], "planes", perm=[0, 3, 1, 2]), node("Conv", ["planes", "w"], "conv")]
    weights = {"w": np.random.default_rng(0).normal(0, 1, (10_000, 3, 1, 1)).astype(np.float32)}
    network = of_pixels(nodes, weights, 2, "conv")
    found = filters(network, first=9_990)
    assert found.names == [str(k) for k in range(9_990, 10_000)] and found.total == 10_000
    assert len(filters(network).names) == 64 and "shown: 0 to 63; --first 64 goes on" in repr(filters(network))


def test_before_training_is_the_network_of_the_same_seed() -> None:
    network = join_small(pixels_network(28, 1), small_graph("lenet", 3, 1, 28, seed=4), 1.0, ["a", "b", "c"], {})
    for seed, moved in ((4, False), (5, True)):
        earlier = moments_of(SimpleNamespace(facts={}, settings={"seed": seed}), network)  # what it reads of a run
        found = filters(network, "conv2", earlier=earlier)
        assert found.moments == ["before", "after"] and bool((found.kernels[0] != found.kernels[1]).any()) == moved
    assert "training moved them by " in found.moves
    assert moments_of(SimpleNamespace(facts={}, settings={"seed": 0}), small_network()) == []  # as above


@pytest.mark.slow
def test_before_a_training_with_torch_is_the_network_of_its_recipe() -> None:
    pytest.importorskip("torch")
    from vitreous.export.onnx_file import to_network
    from vitreous.nets import build

    network = to_network(build("resnet9", 3, 3, 16, seed=7), ["a", "b", "c"], View.whole(16), 120.0, 60.0, {"network": "resnet9"})
    recipe = {"net": "resnet9", "classes": 3, "channels": 3, "size": 16, "seed": 7}
    (before,) = moments_of(SimpleNamespace(facts={"classifier": {"recipe": recipe}}, settings={}), network)  # as above
    found = filters(network, earlier=[before])
    assert np.array_equal(found.kernels[0], found.kernels[1]) and found.moves == "training moved them by 0% of their length"


def test_a_moment_of_another_network_is_left_out() -> None:
    other = read_walk(small_graph("linear", 3, 3, 8, seed=1))
    assert filters(small_network(), earlier=[Moment("before", other)]).moments == ["now"]


def test_what_there_is_not_is_said_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="no layer 'cnv' that learns: did you mean 'conv'"):
        filters(small_network(), "cnv")
    with pytest.raises(UsageError, match="there is no kernel 24: conv has 24; 0 to 23"):
        filters(small_network(), first=24)
    plain = of_pixels([node("Relu", ["float"], "y")], {}, 2, "y")
    with pytest.raises(ModelError, match="has no kernels"):
        filters(plain)
