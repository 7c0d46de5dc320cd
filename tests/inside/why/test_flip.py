"""The smallest change: it flips the answer, it is in whole grey levels, and where that can be worked out no smaller one does."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from asked import inside_of, linear_network, small_inside

from vitreous.errors import UsageError
from vitreous.infer.network import Network
from vitreous.inside import inside
from vitreous.inside.why import flip
from vitreous.inside.why.aims import aim_at
from vitreous.metrics.decision_rule import UNKNOWN, ClassThreshold, ConfidenceThreshold, Costs


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


@pytest.mark.parametrize("steps", [0.6, 1, 2.5, 6])
@pytest.mark.parametrize("seed", range(3))
def test_no_smaller_whole_change_flips_a_linear_network(seed: int, steps: float) -> None:
    """Of a linear lead, y* = round(λ g) is the least whole change for its gain: step n at a number costs 2 n − 1 and gains |g|, and y* takes those
    with |g| / (2 n − 1) ≥ 1 / (2 λ). So whatever gains ε less saves at most 2 λ ε, and costs are whole numbers: the network is made so that
    the answer turns ε = 0.4 / (2 λ) short of what y* gains, and nothing smaller than y* turns it.
    """
    network, picture, least = with_known_change(seed, steps)
    turned = flip(inside_of(network, picture))
    assert turned.changed is not None and turned.answers[0][0] == "label 0" and turned.answers[1][0] == "label 1"
    assert round(turned.size**2) == least


def with_known_change(seed: int, steps: float, threshold: float = 0.5) -> tuple[Network, Any, int]:
    """A linear network of two labels, a picture it takes for the first, with a probability above `threshold`, and the least sum of squares of a
    whole change after which it is below, of `steps` grey levels at the most."""
    random = np.random.default_rng(seed)
    half = random.normal(0, 0.01, 48).astype(np.float32)
    gain, picture = 2 * half.astype(np.float64), random.integers(20, 236, (4, 4, 3), np.uint8)
    length = steps / np.abs(gain).max()
    least = np.rint(length * gain)
    assert (least != 0).any()
    lead = gain @ least - 0.4 / (2 * length) + np.log(threshold / (1 - threshold))
    return linear_network(np.stack((-half, half)), [lead + gain @ picture.ravel(), 0.0], 4), picture, int(np.square(least).sum())


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


RULES = {
    "class": {"rule": "class", "label": "label 2", "threshold": 0.2},
    "confidence": {"rule": "confidence", "threshold": 0.6},
    "costs": {"rule": "costs", "answers": ["label 0", "label 1", "label 2", None], "costs": [[0, 1, 5, 0.3], [1, 0, 1, 0.3], [9, 1, 0, 0.3]]},
}


def with_rule(name: str, seed: int = 2) -> Any:
    random = np.random.default_rng(seed)
    network = linear_network(random.normal(0, 0.004, (3, 48)), [0.3, -0.4, 0.1], 4)
    decided = replace(network, decision={"wish": "w", "unknown": "unknown"} | RULES[name])
    return inside_of(decided, random.integers(0, 256, (4, 4, 3), np.uint8))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", RULES)
def test_the_answer_that_predict_gives_by_a_stored_rule_is_turned(name: str, seed: int) -> None:
    found = with_rule(name, seed)
    says = found.answers.label
    turned = flip(found)
    assert turned.changed is not None and turned.answers[0][0] == (says or "unknown")
    again = inside_of(found.network, turned.changed).answers
    assert again is not None and again.label != says and turned.answers[1] == (again.label or "unknown", pytest.approx(again.confidence, abs=1e-5))
    assert turned.to_json()["decided"] == "w" and turned.to_json()["before"]["label"] == says and "vitreous decide has stored" in repr(turned)
    for label in (*found.network.labels, "unknown"):
        if label == (says or "unknown"):
            with pytest.raises(UsageError, match="is the answer already"):
                flip(found, label)
        elif label == "unknown" and name == "class":
            with pytest.raises(UsageError, match="is never the answer"):
                flip(found, label)
        else:
            towards = flip(found, label)
            assert towards.changed is not None, label
            assert (inside_of(found.network, towards.changed).answers.label or "unknown") == label


@pytest.mark.parametrize("seed", range(3))
def test_no_smaller_change_makes_it_say_that_it_does_not_know(seed: int) -> None:
    """Of two classes the lead over a threshold is linear too."""
    network, picture, least = with_known_change(seed, 2.5, 0.8)
    rule = {"wish": "max_error", "unknown": "unknown", "rule": "confidence", "threshold": 0.8}
    turned = flip(inside_of(replace(network, decision=rule), picture))
    assert turned.answers[0][0] == "label 0" and turned.answers[1][0] == "unknown" and round(turned.size**2) == least


@pytest.mark.parametrize("probable", [False, True])
def test_leads_fall_below_zero_where_the_rule_says_otherwise_and_slopes_are_differences(probable: bool) -> None:
    random = np.random.default_rng(0)
    scores = random.normal(0, 1.5, (200, 4))
    probability = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
    given = probability if probable else scores
    costs = Costs((0, 1, 2, 3, UNKNOWN), random.uniform(0.2, 2, (4, 5)) * (1 - np.eye(4, 5)))
    for rule in (ClassThreshold(2, 0.3), ConfidenceThreshold(0.6), costs):
        says = rule.answers(probability)
        for target in range(UNKNOWN, 4):
            for row, (each, answer) in enumerate(zip(given, says, strict=True)):
                aim = aim_at(rule, target, int(each.argmax()), probable, 4)
                if aim is None:
                    assert target not in says
                    continue
                assert (aim.lead(each[None])[0] < 0) == (answer == target)
                if row < 10:
                    steps = np.eye(4) * 1e-6
                    differences = (aim.lead(each + steps) - aim.lead(each - steps)) / 2e-6
                    assert aim.slope(each) == pytest.approx(differences, abs=1e-6)
