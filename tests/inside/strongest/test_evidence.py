"""What excites a number, against the gradient of the whole picture, torch's hooks, and a kernel by hand."""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from exact_networks import network_of, node, pictures, whole_numbers

from vitreous.infer.engine import Setting
from vitreous.infer.network import SHIPPED, load_network
from vitreous.inside.strongest.evidence import Evidence
from vitreous.inside.strongest.points import points_of
from vitreous.inside.strongest.searching import search
from vitreous.layers.guided import GUIDED
from vitreous.layers.walk import read_walk


def test_of_a_convolution_it_is_the_kernel_at_its_place() -> None:
    kernel = np.arange(27, dtype=np.float32).reshape(1, 3, 3, 3) - 13
    network = network_of([node("Conv", ["planes", "w"], "y", pads=[1, 1, 1, 1])], {"w": kernel}, "y")
    walk = read_walk(network.data)
    (point,) = points_of(walk, network, None, 1)
    evidence = Evidence(walk, point, 12)
    assert np.array_equal(evidence.of(pictures(1)[0], 0, 5, 6), kernel[0].transpose(1, 2, 0))
    # in the corner a row and a column of the kernel lie outside of the picture
    assert point.box(0, 0, 12) == (0, 0, 2, 2) and np.array_equal(evidence.of(pictures(1)[0], 0, 0, 0), kernel[0, :, 1:, 1:].transpose(1, 2, 0))


@pytest.mark.parametrize("shipped", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_the_part_that_a_number_sees_has_the_gradient_of_the_whole_picture(shipped: bool) -> None:
    network = load_network(SHIPPED) if shipped else whole_numbers()
    walk, side = read_walk(network.data), network.view.size
    (source,) = walk.inputs
    coarse = np.random.default_rng(0).integers(0, 256 if shipped else 4, (14, 14, 3)).astype(np.uint8)
    picture = np.kron(coarse, np.ones((16, 16, 1), np.uint8)) if shipped else coarse[:side, :side]
    values = walk.values({source: picture[None]})
    names = ["stage1", "stage3", "stage4"] if shipped else ["first", "second", "third", "score"]
    for name in names:
        (point,) = points_of(walk, network, name, 1)
        channels, height, width = point.shape
        for row, column in {(0, 0), (height // 2, width // 3), (height - 1, width - 1)}:
            seed = np.zeros(values[point.ranked].shape, np.float32)
            seed.reshape(point.shape)[channels - 1, row, column] = 1
            whole = walk.gradients(values, {point.ranked: seed}, [source], GUIDED)[source][0]
            top, left, bottom, right = point.box(row, column, side)
            own = Evidence(walk, point, side).of(picture, channels - 1, row, column)
            # products are added in another order: a few units in the last place of the largest
            assert np.allclose(own, whole[top:bottom, left:right], atol=1e-5 * np.abs(whole).max(), rtol=0), (name, row, column)
            whole[top:bottom, left:right] = 0
            assert not whole.any()  # nothing outside of what it sees


@pytest.mark.slow  # torch alone takes more than a second to import
def test_guided_gradients_are_those_of_torch_with_hooks() -> None:
    torch = pytest.importorskip("torch")
    random = np.random.default_rng(3)
    w1, w2 = (random.normal(0, 1, shape).astype(np.float32) for shape in ((5, 3, 3, 3), (4, 5, 3, 3)))
    nodes = [node("Conv", ["planes", "w1"], "a"), node("Relu", ["a"], "b"), node("Conv", ["b", "w2"], "c"), node("Relu", ["c"], "y")]
    network = network_of(nodes, {"w1": w1, "w2": w2}, "y")
    walk, picture = read_walk(network.data), pictures(1)[0]
    (point,) = points_of(walk, network, "y", 1)

    class Guided(torch.autograd.Function):
        @staticmethod
        def forward(context: Any, x: Any) -> Any:
            context.save_for_backward(x)
            return x.clamp(min=0)

        @staticmethod
        def backward(context: Any, dy: Any) -> Any:
            (x,) = context.saved_tensors
            return dy.clamp(min=0) * (x > 0)

    x = torch.tensor(picture.transpose(2, 0, 1)[None].astype(np.float32), requires_grad=True)
    y = Guided.apply(torch.conv2d(Guided.apply(torch.conv2d(x, torch.tensor(w1))), torch.tensor(w2)))
    channel, row, column = np.unravel_index(int(y.detach()[0].argmax()), y.shape[1:])
    y[0, channel, row, column].backward()
    top, left, bottom, right = point.box(int(row), int(column), 12)
    theirs = x.grad.numpy()[0].transpose(1, 2, 0)[top:bottom, left:right]
    own = Evidence(walk, point, 12).of(picture, int(channel), int(row), int(column))
    assert np.abs(theirs).max() > 0 and np.allclose(own, theirs, atol=1e-5 * np.abs(theirs).max(), rtol=0)


def test_channels_that_come_last_are_found_and_followed_as_others_are() -> None:
    weights = {"w": np.random.default_rng(1).integers(-2, 3, (4, 3, 3, 3)).astype(np.float32)}
    nodes = [node("Conv", ["planes", "w"], "y.conv"), node("Transpose", ["y.conv"], "y", perm=[0, 2, 3, 1])]
    upright, turned = network_of(nodes[:1], weights, "y.conv"), network_of(nodes, weights, "y")
    found = []
    for network in (upright, turned):
        walk = read_walk(network.data)
        (point,) = points_of(walk, network, None, 1)
        (own,) = search(network, [point], enumerate(pictures(12)), 12, Setting("openvino", "f32", 1, 2))
        found.append(
            (point.shape, own.best.picture.tolist(), own.best.index.tolist(), Evidence(walk, point, 12).of(pictures(1)[0], 2, 3, 4).tolist())
        )
    assert found[0] == found[1] and turned.data != upright.data


@pytest.mark.parametrize("tied", ["laid flat", "numbers for each place"])
def test_a_network_that_is_tied_to_the_size_of_its_pictures_is_walked_through_whole(tied: str) -> None:
    random = np.random.default_rng(0)
    weights = {
        "w": random.normal(0, 1, (2, 3, 3, 3)).astype(np.float32),
        "maps": np.array([1, 3, 12, 12]),
        "mean": random.normal(0, 1, (1, 3, 12, 12)).astype(np.float32),
    }
    before = {
        "laid flat": [node("Flatten", ["planes"], "flat"), node("Reshape", ["flat", "maps"], "ready")],
        "numbers for each place": [node("Sub", ["planes", "mean"], "ready")],
    }[tied]
    network = network_of([*before, node("Conv", ["ready", "w"], "y")], weights, "y")
    walk = read_walk(network.data)
    (point,) = points_of(walk, network, None, 1)
    evidence = Evidence(walk, point, 12)
    assert point.field is not None and np.allclose(evidence.of(pictures(1)[0], 1, 4, 7), weights["w"][1].transpose(1, 2, 0))
