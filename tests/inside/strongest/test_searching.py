"""The nine of every channel, and dead and saturated channels, against a search over all pictures and places with onnxruntime's values."""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from exact_networks import network_of, node, pictures, values_of, whole_numbers

from vitreous.errors import UsageError
from vitreous.infer.engine import Setting
from vitreous.infer.network import Network
from vitreous.inside.strongest.best import NINE, Best, first_place, largest
from vitreous.inside.strongest.points import points_of
from vitreous.inside.strongest.searching import Found, search
from vitreous.layers.walk import read_walk

OPENVINO, ONNXRUNTIME = Setting("openvino", "f32", 8, 2), Setting("onnxruntime", "f32", 8, 1)


def brute_force(value: Any) -> list[list[tuple[float, int, int, int]]]:
    """For each channel of a value [N, C, H, W] the nine best (number, picture, row, column): every number looked at, one of each picture."""
    nine = []
    for channel in range(value.shape[1]):
        everything = sorted((-float(value[at]), at[0], at[2], at[3]) for at in np.ndindex(value.shape) if at[1] == channel)
        kept: dict[int, tuple[float, int, int, int]] = {}
        for number, picture, row, column in everything:
            kept.setdefault(picture, (-number, picture, row, column))
        nine.append(list(kept.values())[:NINE])
    return nine


def found_nine(found: Found) -> list[list[tuple[float, int, int, int]]]:
    best = found.best
    return [
        [
            (float(best.value[channel, k]), int(best.picture[channel, k]), *found.point.place(int(best.index[channel, k])))
            for k in range(NINE)
            if best.index[channel, k] >= 0
        ]
        for channel in range(found.point.shape[0])
    ]


def searched(network: Network, images: Any, setting: Setting = OPENVINO, order: Any = None) -> dict[str, Found]:
    points = points_of(read_walk(network.data), network, None, 99)
    numbers = range(len(images)) if order is None else order
    return {each.point.stage: each for each in search(network, points, ((int(k), images[k]) for k in numbers), len(images), setting)}


@pytest.mark.parametrize("setting", [OPENVINO, ONNXRUNTIME], ids=["openvino", "onnxruntime"])
def test_the_nine_are_those_of_a_search_over_all_pictures_and_places(setting: Setting) -> None:
    network, images = whole_numbers(), pictures(40)
    found = searched(network, images, setting)
    assert list(found) == ["first", "second", "third", "score"]
    values = values_of(network, [each.point.ranked for each in found.values()], images)
    equal = 0
    for each in found.values():
        value = values[each.point.ranked].reshape(40, *each.point.shape)
        nine = brute_force(value)
        assert found_nine(each) == nine, each.point.stage
        equal += sum(len({number for number, *_ in best}) < len(best) for best in nine)
    assert equal >= 6  # channels with equally exciting pictures, so that the order among them is tested


def test_the_order_in_which_pictures_are_worked_on_changes_nothing() -> None:
    network, images = whole_numbers(1), pictures(40, 1)
    orders = [np.random.default_rng(seed).permutation(40) for seed in range(3)]
    first, *others = [{name: found_nine(each) for name, each in searched(network, images, ONNXRUNTIME, order).items()} for order in orders]
    assert all(other == first for other in others)


def test_fewer_than_nine_pictures_give_fewer_than_nine() -> None:
    found = searched(whole_numbers(), pictures(4))["second"]
    assert all(len(nine) == 4 for nine in found_nine(found))


def test_what_is_no_number_is_never_the_largest() -> None:
    planes = np.array([[np.nan, 2, 3, 3], [np.nan] * 4, [5, 1, 5, np.nan]], np.float32)
    assert largest(planes).tolist() == [3, -np.inf, 5] and first_place(planes[[0, 2]]).tolist() == [2, 0]
    best = Best(3)
    assert best.beaten(0, largest(planes)).tolist() == [0, 2]


def activated(kind: str, before: Any, stretched: bool = False) -> Network:
    """A 1 × 1 convolution that gives `before` [channels] (slope, shift) for each pixel's red, and an activation behind it."""
    slope, shift = np.asarray(before, np.float32).T
    weights = {"w": np.stack([slope, 0 * slope, 0 * slope], 1)[:, :, None, None], "b": shift, "least": np.float32(0), "most": np.float32(6)}
    inputs = ["y.conv", "least", "most"] if kind == "Clip" else ["y.conv"]
    nodes = [node("Conv", ["planes", "w", "b"], "y.conv"), node(kind, inputs, "y")]
    if not stretched:
        return network_of(nodes, weights, "y")
    return network_of([*nodes, node("Mul", ["factor", "y"], "y.stretched")], weights | {"factor": np.float32(1.7159)}, "y.stretched")


@pytest.mark.parametrize("kind", ["Clip", "Sigmoid", "Tanh", "Relu"])
def test_dead_and_saturated_channels_are_those_of_counting_every_place(kind: str) -> None:
    network = activated(kind, [(1, 0), (-1, 0), (0, 100), (0, -100), (100, -50), (6, 0), (-40, 90), (0, 0)])
    images = pictures(60)
    images[:, :, :, 0] = np.random.default_rng(5).choice(4, images.shape[:3], p=[0.03, 0.27, 0.3, 0.4])
    (found,) = searched(network, images).values()
    (value,) = values_of(network, ["y"], images).values()
    ends = {"Clip": value >= 6, "Sigmoid": (value >= 0.99) | (value <= 0.01), "Tanh": np.abs(value) >= 0.99, "Relu": value == np.inf}[kind]
    share = ends.mean((0, 2, 3))
    assert found.saturated == {k: pytest.approx(share[k]) for k in range(8) if share[k] >= 0.95}
    rectified = kind in ("Clip", "Relu")
    assert found.dead == [k for k in range(8) if rectified and value[:, k].max() <= 0]
    assert found.point.ranked == ("y" if kind == "Relu" else "y.conv")
    if kind != "Relu":
        assert 0 < len(found.saturated) < 8 and any(0 < each < 1 for each in found.saturated.values())


def test_a_stretched_activation_is_compared_by_what_goes_into_it() -> None:
    network = activated("Tanh", [(100, 0), (1, 0)], stretched=True)
    images = pictures(30)
    (found,) = searched(network, images).values()
    assert (found.point.value, found.point.ranked, found.point.activation) == ("y.stretched", "y.conv", "Tanh")
    assert found_nine(found) == brute_force(values_of(network, ["y.conv"], images)["y.conv"])


def test_a_channel_without_rectifier_is_not_called_dead() -> None:
    network = network_of([node("Conv", ["planes", "w"], "y")], {"w": -np.ones((2, 3, 1, 1), np.float32)}, "y")
    (found,) = searched(network, pictures(10)).values()
    assert found.dead == [] and not found.point.rectified and (found.best.value[:, 0] <= 0).all()


def test_a_stage_that_there_is_not_is_said_with_the_nearest() -> None:
    network = whole_numbers()
    with pytest.raises(UsageError, match="did you mean 'second'"):
        points_of(read_walk(network.data), network, "secnd", 1)
