"""Rules from probabilities to answers: by hand, against each other, and through JSON."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitreous.metrics.decision_rule import UNKNOWN, ClassThreshold, ConfidenceThreshold, Costs, Rule, StoredRule, unknown_word

LABELS = ["a", "b", "unknown"]
P = np.array([[0.5, 0.3, 0.2], [0.1, 0.2, 0.7], [0.4, 0.4, 0.2], [0.2, 0.2, 0.6]])


def random(count: int = 300, classes: int = 3) -> np.ndarray:
    return np.random.default_rng(0).dirichlet([0.7] * classes, count).astype(np.float32)


def test_a_class_is_said_from_its_threshold_on_else_the_best_of_the_others() -> None:
    assert ClassThreshold(1, 0.3).answers(P).tolist() == [1, 2, 1, 2]
    assert ClassThreshold(2, 0.9).answers(P).tolist() == [0, 1, 0, 0]  # the first of equals


def test_of_two_classes_a_threshold_is_a_table_of_two_costs() -> None:
    p = random(classes=2)
    table = Costs((1, 0), np.array([[1.0, 0.0], [0.0, 3.0]]))  # a miss costs 3, a false alarm 1: from 1 / 4 on (Elkan 2001)
    assert table.answers(p).tolist() == ClassThreshold(1, 0.25).answers(p).tolist()


def test_below_a_confidence_is_what_an_unknown_of_that_cost_says() -> None:
    p = random()
    chow = Costs((0, 1, 2, UNKNOWN), np.hstack([1 - np.eye(3), np.full((3, 1), 0.3)]))  # Chow 1970
    assert chow.answers(p).tolist() == ConfidenceThreshold(0.7).answers(p).tolist()


def test_plain_costs_give_the_most_probable_class() -> None:
    p = random()
    assert Costs((0, 1, 2), 1 - np.eye(3)).answers(p).tolist() == p.argmax(1).tolist()


RULES = [ClassThreshold(2, 0.1), ConfidenceThreshold(0.75), Costs((2, UNKNOWN), np.array([[1.5, 0], [2, -1], [0, 9]]))]


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_a_rule_read_from_json_gives_the_same_answers(rule: Rule) -> None:
    stored = StoredRule("costs", rule, "(unknown)")
    again = StoredRule.from_json(json.loads(json.dumps(stored.to_json(LABELS))), LABELS)
    assert again.rule.answers(random()).tolist() == rule.answers(random()).tolist() and again.unknown == "(unknown)"


JSON = st.recursive(st.none() | st.booleans() | st.floats() | st.text(max_size=3), lambda e: st.lists(e, max_size=3), max_leaves=6)


@given(
    st.dictionaries(
        st.sampled_from(["rule", "label", "threshold", "answers", "costs", "wish", "unknown"]), JSON | st.sampled_from(["costs", "class"])
    )
)
def test_anything_else_is_refused_by_an_error_that_is_caught(value: dict[str, object]) -> None:
    try:
        stored = StoredRule.from_json(value, LABELS)
    except (KeyError, TypeError, ValueError, OverflowError):
        return
    assert stored.rule.answers(P).shape == (4,)


@given(st.lists(st.text(max_size=12) | st.sampled_from(["unknown", "(unknown)", "((unknown))"]), max_size=5))
def test_the_word_for_i_do_not_know_is_no_class(labels: list[str]) -> None:
    assert unknown_word(labels) not in labels
