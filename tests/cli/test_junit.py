"""JUnit XML, read back by an XML parser that is not ours to bend."""

from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitreous.cli.junit import TestCase as Case  # not a test for pytest
from vitreous.cli.junit import junit, of_requirement
from vitreous.metrics.classification import evaluate
from vitreous.tasks.classify.evaluate import Evaluation


def test_counts_and_failures_stand_where_ci_servers_look() -> None:
    data = junit(
        {"requirements": [Case("accuracy >= 0.9", "", "met: 0.95"), Case("f1[a] > 1", "not met", "0.5")], "must pass": [Case("x", "", "ok")]}
    )
    root = ElementTree.fromstring(data)
    assert root.tag == "testsuites" and (root.get("tests"), root.get("failures"), root.get("errors")) == ("3", "1", "0")
    first, second = root.findall("testsuite")
    assert (first.get("name"), first.get("tests"), first.get("failures")) == ("requirements", "2", "1")
    assert [case.get("classname") for case in root.iter("testcase")] == ["vitreous.requirements"] * 2 + ["vitreous.must_pass"]
    (failure,) = root.iter("failure")
    assert (failure.get("type"), failure.get("message"), failure.text) == ("not met", "0.5", "0.5")
    assert second.find("testcase/failure") is None


@given(st.text(), st.text())
def test_any_text_makes_a_file_that_can_be_read(name: str, message: str) -> None:
    root = ElementTree.fromstring(junit({"requirements": [Case(name, "not met", message)]}))
    (case,) = root.iter("testcase")
    assert case.get("name") is not None


@pytest.mark.parametrize("name", ["\x00\x1b[31m", "\ud800", "\ufffe", "]]>", "<b>&amp;", "a\nb\tc", "עברית", "l" * 5000, "\x85\u2028"])
def test_what_xml_cannot_hold_is_escaped(name: str) -> None:
    (case,) = ElementTree.fromstring(junit({"must pass": [Case(name, "", name)]})).iter("testcase")
    shown = str(case.get("name"))
    assert shown == name or (shown.isprintable() and "\\" in shown)


def test_a_requirement_is_named_as_it_was_written() -> None:
    probability = np.eye(2, dtype=np.float32)[np.repeat([0, 1], 5)]
    evaluation = Evaluation("", evaluate(probability, np.repeat([0, 1], 5), ["a", "b"]), [], [], {})
    met, unproven = map(of_requirement, evaluation.require("accuracy > 50 %", "recall[a] >= 0.9"))
    assert (met.name, met.kind) == ("accuracy > 50 %", "") and unproven.kind == "not proven" and "would be needed" in unproven.message
