"""Pictures that a model must answer right, each for itself: the ones that went wrong before, that a customer sees, that cost most.

A table with the columns image and label, paths from its folder; and, where wanted, min_confidence (0 to 1, or in percent) and note.
The answer is the one that `vitreous predict` gives, by the decision where one is stored with the run.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from vitreous.core.reporter import Reporter
from vitreous.core.text import plural, visible
from vitreous.data.decode import Policy
from vitreous.data.sources.csv_rows import TableRow, read_rows
from vitreous.errors import DataError, nearest
from vitreous.infer.choose import setting_for_answers
from vitreous.infer.network import Network
from vitreous.tasks.classify.answers import Answers, Failure
from vitreous.tasks.predict import AnyAnswers, predict
from vitreous.tasks.task import require_one_label

Verdict = Literal["passed", "wrong answer", "not sure enough", "no picture", "unknown class"]

_MOST_SHOWN = 40
_SHARE = re.compile(r"(\d+\.?\d*|\.\d+)\s*(%?)")


@dataclass(frozen=True)
class Case:
    """A row of the table: the picture must be answered with `label`, with `min_confidence` or more (0: any)."""

    row: TableRow
    label: str
    min_confidence: float
    note: str


@dataclass(frozen=True)
class CaseOutcome:
    """What was said of a case: `answer` and `confidence` are None where the picture could not be read, or the answer is "I don't know"."""

    case: Case
    verdict: Verdict
    answer: str | None
    confidence: float | None
    reason: str

    @property
    def passed(self) -> bool:
        return self.verdict == "passed"

    @property
    def name(self) -> str:
        return f"row {self.case.row.number}" + (f": {visible(self.case.row.image)}" if self.case.row.image else "")

    def to_json(self) -> dict[str, Any]:
        case = self.case
        return {
            "row": case.row.number,
            "image": case.row.image,
            "label": case.label,
            "min_confidence": case.min_confidence or None,
            "note": case.note or None,
            "passed": self.passed,
            "verdict": self.verdict,
            "answer": self.answer,
            "confidence": self.confidence,
            "reason": self.reason,
        }


@dataclass(frozen=True)
class MustPass:
    """The outcome of every case, in the order of the table."""

    outcomes: list[CaseOutcome]

    @property
    def failed(self) -> list[CaseOutcome]:
        return [each for each in self.outcomes if not each.passed]

    def lines(self) -> list[str]:
        """How many are answered right, and every one that is not with what was said."""
        count, failed = len(self.outcomes), self.failed
        lines = [f"Must pass: {count - len(failed):,} of {plural(count, 'picture')} answered right"]
        lines += [f"  {each.name}: {each.reason}" + (f" ({visible(each.case.note)})" if each.case.note else "") for each in failed[:_MOST_SHOWN]]
        return lines + ([f"  … and {len(failed) - _MOST_SHOWN:,} more (--json has them all)"] if len(failed) > _MOST_SHOWN else [])

    def to_json(self) -> list[dict[str, Any]]:
        return [each.to_json() for each in self.outcomes]

    def __repr__(self) -> str:
        return "\n".join(self.lines())


def read_cases(path: Path) -> list[Case]:
    """The cases of a table. Raises DataError where it is no such table, or a min_confidence is no share."""
    return [
        Case(row, row.item.label if row.item else row.label, _share(path, row), row.cells["note"])
        for row in read_rows(path, ("min_confidence", "note"))
    ]  # fmt: skip


def must_pass(network: Network, cases: Sequence[Case], rule: Policy, engine: str, reporter: Reporter) -> MustPass:
    """Each case held against the answer of the model. A missing file fails its case, and stops no other."""
    require_one_label(network.facts, "evaluate --must-pass", '--require "recall[LABEL] >= 0.9" works')
    there = [number for number, case in enumerate(cases) if case.row.item is not None and case.label in network.labels]
    paths = [item.path for number in there if (item := cases[number].row.item) is not None]
    answers: dict[int, AnyAnswers | Failure] = {}
    if paths:
        setting = setting_for_answers(network, len(paths), engine)
        for number, (answer, _) in zip(there, predict(network, setting, paths, rule), strict=True):
            answers[number] = answer
            reporter.progress("pictures that must pass", len(answers), len(paths))
    return MustPass([_outcome(case, answers.get(number), network.labels) for number, case in enumerate(cases)])


def _outcome(case: Case, answer: AnyAnswers | Failure | None, labels: Sequence[str]) -> CaseOutcome:
    if case.row.item is None:
        return CaseOutcome(case, "no picture", None, None, re.sub(r"^row \d+:? ", "", case.row.reason))
    if answer is None:
        remedy = nearest(visible(case.label), map(visible, labels))
        return CaseOutcome(case, "unknown class", None, None, f"the model has no class {visible(case.label)!r}; {remedy}")
    if isinstance(answer, Failure):
        return CaseOutcome(case, "no picture", None, None, answer.reason)
    said = visible(answer.said(1)[0].label)
    assert isinstance(answer, Answers), "asked for before"
    if answer.label != case.label:
        reason = f"is {visible(case.label)!r}, said to be {said!r} with confidence {answer.confidence:.3f}"
        return CaseOutcome(case, "wrong answer", answer.label, answer.confidence, reason)
    if answer.confidence < case.min_confidence:
        reason = f"said to be {said!r} with confidence {answer.confidence:.3f}; {case.min_confidence:g} is needed"
        return CaseOutcome(case, "not sure enough", answer.label, answer.confidence, reason)
    return CaseOutcome(case, "passed", answer.label, answer.confidence, f"said to be {said!r} with confidence {answer.confidence:.3f}")


def _share(path: Path, row: TableRow) -> float:
    text = row.cells["min_confidence"]
    if not text:
        return 0.0
    found = _SHARE.fullmatch(text)
    value = float(found[1]) / (100 if found[2] else 1) if found else 2.0
    if value > 1:
        raise DataError(
            f"cannot read {visible(str(path))}", f"the min_confidence {visible(text)!r} in row {row.number}", "0 to 1, or a percentage, is needed"
        )
    return value
