"""The smallest change: it flips the answer, it is in whole grey levels, and where that can be worked out no smaller one does."""

import itertools
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from asked import inside_of, linear_network, small_inside

from vitreous.errors import UsageError
from vitreous.inside import inside
from vitreous.inside.why import flip


def test_the_changed_picture_is_answered_otherwise_by_the_walk_too(tmp_path: Path) -> None:
    found = small_inside(tmp_path)
    turned = flip(found)
    assert turned.changed is not None and turned.changed.dtype == np.uint8 and turned.changed.shape == turned.before.shape
    again = inside_of(found.network, turned.changed)
    assert again.answers is not None and found.answers is not None
    assert again.answers.label == turned.answers[1][0] != found.answers.label == turned.answers[0][0]
    assert turned.size == pytest.approx(np.linalg.norm(turned.difference.astype(float)))
    assert turned.pixels == int((turned.difference != 0).any(-1).sum()) and turned.largest == np.abs(turned.difference).max()
    assert "run by the engine" in repr(turned) and turned.to_json()["found"] is True


def test_a_label_can_be_asked_for(tmp_path: Path) -> None:
    found = small_inside(tmp_path)
    assert found.answers is not None
    for label in found.network.labels:
        if label == found.answers.label:
            with pytest.raises(UsageError, match="is the answer already"):
                flip(found, label)
        else:
            turned = flip(found, label)
            assert turned.changed is None or turned.answers[1][0] == label
    with pytest.raises(UsageError, match="did you mean 'dark'"):
        flip(found, "drak")


@pytest.mark.parametrize("seed", range(6))
def test_no_smaller_whole_change_flips_a_linear_network(seed: int) -> None:
    """Brute force over every change of 12 numbers whose squares add up to less."""
    random = np.random.default_rng(seed)
    W, picture = random.normal(0, 1, (2, 12)), random.integers(20, 236, (2, 2, 3), np.uint8)
    lead = (W[0] - W[1]) @ picture.ravel()
    network = linear_network(W, [-lead + 0.7 * np.abs(W[0] - W[1]).sum() / 4, 0.0], 2)  # a lead that a few steps close
    turned = flip(inside_of(network, picture))
    assert turned.changed is not None and turned.answers[0][0] == "label 0"
    gain, margin = W[1] - W[0], 0.7 * np.abs(W[0] - W[1]).sum() / 4
    squares = round(turned.size**2)
    assert squares <= 12
    best = max(
        (gain[list(places)] * signs).sum()
        for count in range(1, min(squares - 1, 4) + 1)
        for places in itertools.combinations(range(12), count)
        for signs in itertools.product((-1, 1), repeat=count)
    ) if squares > 1 else 0.0  # fmt: skip
    if squares <= 4:  # changes by one level at most 3 places: all that is smaller
        assert best < margin


def test_pixels_at_the_ends_of_the_scale_stay_within_it() -> None:
    random = np.random.default_rng(0)
    W, picture = random.normal(0, 0.01, (3, 48)), np.where(random.random((4, 4, 3)) < 0.5, 0, 255).astype(np.uint8)
    turned = flip(inside_of(linear_network(W, np.zeros(3), 4), picture))
    assert turned.changed is not None and turned.answers[0][0] != turned.answers[1][0]


def test_where_nothing_can_turn_the_answer_that_is_said() -> None:
    picture = np.full((4, 4, 3), 100, np.uint8)
    turned = flip(inside_of(linear_network(np.zeros((2, 48)), [1.0, 0.0], 4), picture))
    assert turned.changed is None and turned.to_json()["found"] is False and "no change was found" in repr(turned)
    with pytest.raises(UsageError, match="nothing to draw"):
        turned.picture()


def test_of_several_labels_one_is_turned_over_its_threshold() -> None:
    random = np.random.default_rng(1)
    network = linear_network(random.normal(0, 0.01, (3, 48)), [0.3, -0.4, 0.1], 4, "Sigmoid")
    network.facts.update({"task": "multilabel", "thresholds": [0.5, 0.7, 0.2]})
    found = inside_of(network, random.integers(0, 256, (4, 4, 3), np.uint8))
    probability = found.values["probability"][0]
    for k, threshold in enumerate([0.5, 0.7, 0.2]):
        turned = flip(found, f"label {k}")
        assert turned.changed is not None
        again = inside_of(network, turned.changed).values["probability"][0]
        assert (again[k] >= threshold) != (probability[k] >= threshold)
    assert flip(found).size <= min(flip(found, f"label {k}").size for k in range(3)) * 1.5


def test_a_name_with_markup_and_a_constant_picture_do_no_harm(tmp_path: Path) -> None:
    from PIL import Image
    from small_network import small_network

    name = tmp_path / "<b>x.png"
    Image.new("L", (40, 30), 128).save(name)
    turned = flip(inside(small_network(), name))
    assert "<b>" not in turned._repr_html_()
