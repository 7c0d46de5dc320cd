"""Wider features: those of the network first, then means and largest numbers of maps that it makes anyway."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from small_network import SIDE, WIDTH, small_network

from vitreous.fit.stages import LAST, with_more_stages
from vitreous.infer.engine import default_setting, run_batch, start_engine
from vitreous.infer.network import Network, load_network
from vitreous.layers.walk import read_walk


def features(network: Network, pictures: np.ndarray) -> np.ndarray:
    return run_batch(start_engine(network, default_setting(len(pictures)), ("features",)), pictures)["features"]


def test_the_small_network_says_what_is_strongest_besides() -> None:
    pictures = np.random.default_rng(0).integers(0, 256, (5, SIDE, SIDE, 3), np.uint8)
    wide = with_more_stages(small_network())
    assert wide.facts["features"] == 2 * WIDTH and wide.facts["stages"] == [LAST, "pooled.positive_max"]
    found, values = features(wide, pictures), read_walk(small_network().data).values({"image": pictures})
    assert np.abs(found[:, :WIDTH] - values["features"]).max() < 1e-5
    assert np.abs(found[:, WIDTH:] - values["positive"].max((2, 3))).max() < 1e-5


@pytest.mark.slow
def test_of_the_shipped_network_the_narrow_ends_of_two_sizes_are_taken() -> None:
    plain, pictures = load_network(), np.random.default_rng(0).integers(0, 256, (2, 224, 224, 3), np.uint8)
    wide = with_more_stages(plain)
    values = read_walk(plain.data).values({"image": pictures})
    parts = [values["features"], values["stage7.block1.project.conv"].mean((2, 3)), values["stage5.block3"].mean((2, 3)), values["head"].max((2, 3))]
    expected = np.concatenate(parts, 1)
    assert expected.shape[1] == wide.facts["features"] == 2992
    assert np.abs(features(wide, pictures) - expected).max() < 1e-3 * np.abs(expected).max()
    assert len(wide.data) < len(plain.data)  # without the thousand classes


def test_a_network_of_another_form_stays_as_it_is() -> None:
    from onnx import TensorProto, helper

    nodes = [
        helper.make_node("Cast", ["image"], ["float"], to=TensorProto.FLOAT),
        helper.make_node("Flatten", ["float"], ["features"], axis=1),
    ]
    graph = helper.make_graph(
        nodes,
        "flat",
        [helper.make_tensor_value_info("image", TensorProto.UINT8, ["N", SIDE, SIDE, 3])],
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["N", SIDE * SIDE * 3])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    flat = replace(small_network(), data=bytes(model.SerializeToString()))
    assert with_more_stages(flat) is flat


def test_it_gives_the_same_bytes_again() -> None:
    assert with_more_stages(small_network()).data == with_more_stages(small_network()).data
