"""Answers: their order, their text, and that nothing in a name becomes markup or a control code."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from vitreous.metrics.decision_rule import ClassThreshold, ConfidenceThreshold, StoredRule, unknown_word
from vitreous.tasks.classify.answers import Answer, Answers, Failure

NASTY = ["<script>alert(1)</script>", "a\x1b[31mred", "=1+1", "two\nlines", "🐱"]


def answers(*probability: float, labels: list[str] = NASTY, image: str = "x.jpg") -> Answers:
    return Answers(image, labels[: len(probability)], np.array(probability, np.float32))


@given(arrays.arrays(np.float32, st.integers(1, 20), elements=st.floats(0, 1, width=32)), st.integers(1, 25))
def test_the_most_probable_come_first_and_equals_in_the_order_of_the_classes(probability: np.ndarray, count: int) -> None:
    labels = [f"{number:02}" for number in range(len(probability))]
    top = Answers("x", labels, probability).top(count)
    assert [(-answer.confidence, answer.label) for answer in top] == sorted((-float(p), label) for p, label in zip(probability, labels, strict=True))[
        :count
    ]


def test_the_answer_is_the_first_of_the_most_probable() -> None:
    result = answers(0.2, 0.4, 0.4)
    assert result.label == NASTY[1] and result.confidence == pytest.approx(0.4)
    assert result.top(1)[0].label == result.label and [each.label for each in result] == [NASTY[1], NASTY[2], NASTY[0]]


def test_json_holds_as_many_answers_as_were_asked_for() -> None:
    value = json.loads(json.dumps(answers(0.7, 0.2, 0.1).to_json(2)))
    assert value == {"image": "x.jpg", "answers": [{"label": NASTY[0], "confidence": 0.7}, {"label": NASTY[1], "confidence": 0.2}]}
    assert len(answers(0.7, 0.3).to_json(5)["answers"]) == 2


def test_a_failure_is_json_with_its_reason() -> None:
    assert Failure("x.jpg", "zero bytes").to_json(5) == {"image": "x.jpg", "error": "zero bytes"}
    assert repr(Failure("a\x1b[2J.jpg", "zero bytes")) == "a\\x1b[2J.jpg: zero bytes"


def test_the_text_shows_three_answers_without_control_codes() -> None:
    text = repr(answers(0.1, 0.6, 0.05, 0.25, image="\x1b]0;x\x07.jpg"))
    assert text == "\\x1b]0;x\\x07.jpg: a\\x1b[31mred 60.0 %, two\\nlines 25.0 %, <script>alert(1)</script> 10.0 %"
    assert str(Answer("a\nb", 0.123)) == "a\\nb 12.3 %"


def test_html_escapes_what_comes_from_files() -> None:
    html = answers(0.5, 0.2, 0.1, 0.1, 0.1, image="<img src=x onerror=y>.jpg")._repr_html_()
    assert "<script>" not in html and "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "<img" not in html and "&lt;img src=x onerror=y&gt;.jpg" in html and "\x1b" not in html


def decided(rule: ClassThreshold | ConfidenceThreshold, *probability: float, labels: list[str] = NASTY) -> Answers:
    labels = labels[: len(probability)]
    return Answers("x.jpg", labels, np.array(probability, np.float32), StoredRule("max_miss", rule, unknown_word(labels)))


def test_a_decision_makes_the_answer_and_changes_no_probability() -> None:
    assert decided(ClassThreshold(2, 0.21), 0.5, 0.3, 0.2).label == NASTY[0]
    result = decided(ClassThreshold(2, float(np.float32(0.2))), 0.5, 0.3, 0.2)
    assert result.label == NASTY[2] and result.confidence == pytest.approx(0.2) and result.top(1)[0].label == NASTY[0]
    assert [each.label for each in result.said(3)] == [NASTY[2], NASTY[0], NASTY[1]] and len(result.said(1)) == 1


def test_i_do_not_know_is_null_in_json_and_a_word_that_is_no_class_in_text() -> None:
    result = decided(ConfidenceThreshold(0.9), 0.5, 0.3, 0.2, labels=["unknown", "(unknown)", "c"])
    value = json.loads(json.dumps(result.to_json(2)))
    assert result.label is None and value["label"] is None and value["decided"] == "max_miss" and len(value["answers"]) == 2
    assert str(result.said(1)[0]) == "((unknown)) 50.0 %" and repr(result).startswith("x.jpg: ((unknown)) 50.0 %, unknown 50.0 %")
    assert decided(ConfidenceThreshold(0.5), 0.5, 0.3, 0.2).label == NASTY[0]
