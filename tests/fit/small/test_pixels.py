"""The network "pixels" against hand-made values, Pillow, onnxruntime, our engine and the walk."""

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from vitreous.core.view import View
from vitreous.errors import UsageError
from vitreous.fit.small.pixels import pixels_network
from vitreous.infer.engine import Setting, run_batch, start_engine
from vitreous.layers.walk import read_walk


def pictures(count: int, size: int) -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 256, (count, size, size, 3), np.uint8)


@pytest.mark.parametrize("channels", [1, 3])
def test_engine_onnxruntime_and_walk_give_the_same_pixels(channels: int) -> None:
    runtime = pytest.importorskip("onnxruntime")
    shown, network = pictures(5, 7), pixels_network(7, channels)
    by_runtime = runtime.InferenceSession(network.data, providers=["CPUExecutionProvider"]).run(["features"], {"image": shown})[0]
    by_engine = run_batch(start_engine(network, Setting("openvino", "f32", 2, 1), ("features",)), shown)["features"]
    by_walk = read_walk(network.data).values({"image": shown})["features"]
    assert by_runtime.shape == (5, channels * 49)
    # three products and two sums of numbers up to 1 in fp32
    np.testing.assert_allclose(by_engine, by_runtime, atol=3e-7)
    np.testing.assert_allclose(by_walk, by_runtime, atol=3e-7)


def test_colours_come_plane_after_plane_in_0_to_1() -> None:
    shown = np.array([[[[255, 0, 51], [0, 102, 51]], [[0, 0, 51], [0, 0, 0]]]], np.uint8)
    features = read_walk(pixels_network(2, 3).data).values({"image": shown})["features"]
    np.testing.assert_allclose(features, [[1, 0, 0, 0, 0, 0.4, 0, 0, 0.2, 0.2, 0.2, 0]], atol=1e-7)


def test_grey_is_pillows_grey_to_half_a_step() -> None:
    shown = pictures(4, 9)
    grey = read_walk(pixels_network(9, 1).data).values({"image": shown})["features"]
    theirs = np.stack([np.asarray(Image.fromarray(each).convert("L"), np.float32).ravel() for each in shown])
    # Pillow rounds to whole steps, with weights of 16 bits
    assert np.abs(grey * 255 - theirs).max() < 0.51


def test_the_same_arguments_give_the_same_bytes_and_the_facts_name_the_view() -> None:
    network = pixels_network(28, 1)
    assert network.data == pixels_network(28, 1).data != pixels_network(28, 3).data
    assert network.view == View.whole(28) and network.facts["network"] == "pixels" and network.facts["features"] == 784
    assert network.facts["licence"] == "Apache-2.0"


@pytest.mark.parametrize("size, channels", [(0, 3), (-1, 1), (100_000, 3), (28, 2), (28, 4)])
def test_other_sizes_and_channels_are_refused(size: int, channels: int) -> None:
    with pytest.raises(UsageError, match=r"cannot read pixels|cannot take pictures of this size"):
        pixels_network(size, channels)
