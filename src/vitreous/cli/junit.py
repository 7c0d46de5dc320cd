"""Outcomes as JUnit XML, the form in which CI servers show tests: a test case for each requirement and for each picture that must pass.

    testsuites ─ testsuite "requirements" ─ testcase ─ failure (type, message, text)
               └ testsuite "must pass"    ─ …

There is no standard; this is the part of it that Jenkins, GitLab, GitHub actions and pytest have in common.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from vitreous.core.text import visible

if TYPE_CHECKING:
    from vitreous.fit.must_pass import CaseOutcome
    from vitreous.tasks.classify.requirements import Outcome


@dataclass(frozen=True)
class TestCase:
    """A test of a model: `kind` says why it failed and is empty where it passed; `message` what was found."""

    name: str
    kind: str
    message: str


def of_requirement(outcome: "Outcome") -> TestCase:
    return TestCase(outcome.requirement.text, "" if outcome.passed else outcome.verdict, f"{outcome.verdict}: {outcome.reason}")


def of_case(outcome: "CaseOutcome") -> TestCase:
    note = f" ({outcome.case.note})" if outcome.case.note else ""
    return TestCase(f"{outcome.name}{note}", "" if outcome.passed else outcome.verdict, outcome.reason)


def junit(suites: Mapping[str, Sequence[TestCase]]) -> bytes:
    """The file's bytes, UTF-8. What XML cannot hold (control codes, lone surrogates) is written as escapes."""
    root = ElementTree.Element("testsuites", {"name": "vitreous evaluate"} | _counts([case for cases in suites.values() for case in cases]))
    for name, cases in suites.items():
        suite = ElementTree.SubElement(root, "testsuite", {"name": name} | _counts(cases))
        for case in cases:
            element = ElementTree.SubElement(suite, "testcase", classname=f"vitreous.{name.replace(' ', '_')}", name=visible(case.name), time="0")
            if case.kind:
                failure = ElementTree.SubElement(element, "failure", type=case.kind, message=visible(case.message))
                failure.text = visible(case.message)
            else:
                ElementTree.SubElement(element, "system-out").text = visible(case.message)
    ElementTree.indent(root)
    return bytes(ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def _counts(cases: Sequence[TestCase]) -> dict[str, str]:
    return {"tests": str(len(cases)), "failures": str(sum(bool(case.kind) for case in cases)), "errors": "0", "skipped": "0", "time": "0"}
