"""Where a network can be cut: before the smallest maps, also where features of several stages are asked for."""

import numpy as np
import pytest

from vitreous.fit.stages import with_more_stages
from vitreous.infer.network import Network, load_network
from vitreous.layers.cuts import behind, cuts, narrow_places, places_to_cut
from vitreous.layers.walk import Walk, read_walk
from vitreous.layers.window import Array


def opened(network: Network) -> tuple[Walk, dict[str, Array]]:
    walk = read_walk(network.data)
    return walk, {name: value for name, value in walk.values({"image": np.zeros((1, 224, 224, 3), np.uint8)}).items() if value.ndim}


@pytest.mark.parametrize("wide", [False, True])
def test_the_shipped_network_is_cut_before_its_last_stages_whatever_is_asked_of_them(wide: bool) -> None:
    network = load_network()
    walk, values = opened(with_more_stages(network) if wide else network)
    places = places_to_cut(walk, values)
    assert places[:2] == ["stage5.block3", "stage3.block2"] and [values[place].shape[2] for place in places[:3]] == [14, 28, 56]
    narrow = narrow_places(walk, values)
    assert narrow == (places if wide else ["stage7.block1.project.conv", *places])


def test_nothing_before_a_cut_is_asked_for_behind_it() -> None:
    walk, values = opened(with_more_stages(load_network()))
    for cut in cuts(walk, values):
        later = behind(walk, cut)
        made = {name for node in later for name in node.outputs} | {cut} | walk.constants.keys()
        assert all(name in made for node in later for name in node.inputs if name), cut
