"""The effective receptive field: of one convolution it is counted by hand, and it is never larger than what can be seen."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from made_networks import made, node

from vitreous.inside.effective_field import effective_field
from vitreous.layers.walk import read_walk


def test_weights_under_a_share_of_the_largest_do_not_count() -> None:
    # of 3 × 3 weights the four corners are 4 % of the largest: under 4.55 %
    weight = np.array([[[[0.04, 0.5, 0.04], [0.5, 1, 0.5], [0.04, 0.5, 0.04]]]], np.float32)
    nodes = [node("Transpose", ["x"], "planes", perm=[0, 3, 1, 2]), node("Conv", ["planes", "w"], "y", pads=[1, 1, 1, 1])]
    walk = read_walk(made(nodes, {"w": weight}, [1, 9, 9, 1], "y"))
    values = walk.values({"x": np.zeros((1, 9, 9, 1), np.float32)})
    found = effective_field(walk, values, "y", (2, 3))
    assert found.side == pytest.approx(np.sqrt(5)) and found.share == pytest.approx(5 / 9)
    assert str(found) == "2 × 2 px" and found.to_json() == {"side": 2.2, "share": 0.5556}


def test_where_nothing_comes_through_it_is_0() -> None:
    nodes = [node("Relu", ["x"], "y")]
    walk = read_walk(made(nodes, {}, [1, 4, 4, 1], "y"))
    found = effective_field(walk, walk.values({"x": np.full((1, 4, 4, 1), -1, np.float32)}), "y", (1, 2))
    assert (found.side, found.share) == (0, 0)
