"""Pictures that must be answered right: what passes, what fails and how it is said, and tables that are none."""

import json
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from small_network import Coloured, Told

from vitreous import api
from vitreous.core.item import Split
from vitreous.data.decode import Policy
from vitreous.errors import DataError
from vitreous.fit.must_pass import CaseOutcome, MustPass, must_pass, read_cases
from vitreous.metrics.decision_rule import ConfidenceThreshold, StoredRule
from vitreous.runs.tables import items_from_csv

pytest_plugins = ["shared_fixtures"]


@pytest.fixture
def table(coloured: Coloured, tmp_path: Path) -> Path:
    """A place for a table, with two training pictures beside it: red.png, which is answered right, and blue.png."""
    run = api.load(coloured.run.path)
    for label in ("red", "blue"):
        rows = [row for row in items_from_csv(coloured.run.read("items.csv")) if row.label == label and row.split is Split.TRAIN]
        right = next(row.path for row in rows if run.predict(coloured.data / row.path).label == label)
        shutil.copy(coloured.data / right, tmp_path / f"{label}.png")
    return tmp_path / "cases.csv"


def judged(coloured: Coloured, table: Path, text: str) -> list[CaseOutcome]:
    table.write_text(text, encoding="utf-8")
    return must_pass(api.load(coloured.run.path).network, read_cases(table), Policy(), "auto", Told()).outcomes


def test_a_right_answer_passes_and_a_wrong_one_says_what_was_said(coloured: Coloured, table: Path) -> None:
    right, wrong = judged(coloured, table, "image,label,note\nred.png,red,\nred.png,blue,came back in May\n")
    said = api.load(coloured.run.path).predict(table.parent / "red.png")
    assert right.passed and right.answer == "red" and right.confidence == pytest.approx(said.confidence)
    assert wrong.verdict == "wrong answer" and wrong.answer == "red"
    assert wrong.reason == f"is 'blue', said to be 'red' with confidence {said.confidence:.3f}"
    assert MustPass([right, wrong]).lines() == [
        "Must pass: 1 of 2 pictures answered right",
        f"  row 3: red.png: {wrong.reason} (came back in May)",
    ]


def test_an_answer_must_be_as_sure_as_the_table_asks(coloured: Coloured, table: Path) -> None:
    sure, unsure, percent = judged(coloured, table, "image;label;Min_Confidence\nred.png;red;0.01\nred.png;red;1\nred.png;red;100 %\n")
    assert sure.passed
    for each in (unsure, percent):
        assert each.verdict == "not sure enough" and each.answer == "red" and each.reason.endswith("; 1 is needed")


def test_what_cannot_be_asked_fails_by_name_and_stops_nothing(coloured: Coloured, table: Path) -> None:
    (table.parent / "broken.png").write_bytes(b"no picture")
    rows = ["none.png,red", "../out.png,red", "red.png,rad", "broken.png,red", "red.png,", ",red", "notes.doc,red", "blue.png,blue"]
    found = judged(coloured, table, "image,label\n" + "\n".join(rows) + "\n")
    assert [each.verdict for each in found] == [
        "no picture", "no picture", "unknown class", "no picture", "no picture", "no picture", "no picture", "passed",
    ]  # fmt: skip
    reasons = [each.reason for each in found]
    assert reasons[0] == "there is no such file" and "leads out of the table's folder" in reasons[1]
    assert reasons[2] == "the model has no class 'rad'; did you mean 'red'?" and reasons[4] == "has no label"
    assert found[5].name == "row 7" and found[0].name == "row 2: none.png"


def test_a_table_of_missing_files_only_has_failures_not_an_error(coloured: Coloured, table: Path) -> None:
    found = judged(coloured, table, "image,label\na.png,red\nb.png,red\n")
    assert [each.verdict for each in found] == ["no picture", "no picture"]


def test_a_picture_named_twice_is_judged_twice(coloured: Coloured, table: Path) -> None:
    assert [each.passed for each in judged(coloured, table, "image,label\nred.png,red\nred.png,red\nred.png,blue\n")] == [True, True, False]


def test_every_case_can_be_written_as_json_and_shown(coloured: Coloured, table: Path) -> None:
    name = "\x1b[31m" + "n" * 300
    found = MustPass(judged(coloured, table, f"image,label,note\n{name}.png,<b>,=1+1\nred.png,red,\n"))
    assert "\x1b" not in repr(found)
    first, second = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert first["image"] == f"{name}.png" and first["note"] == "=1+1" and first["row"] == 2 and not first["passed"] and first["answer"] is None
    assert second["passed"] and second["answer"] == "red" and second["min_confidence"] is None


def test_i_do_not_know_is_no_right_answer(coloured: Coloured, table: Path) -> None:
    table.write_text("image,label\nred.png,red\n", encoding="utf-8")
    network = api.load(coloured.run.path).network
    for threshold, verdict, answer in ((0.0, "passed", "red"), (1.1, "wrong answer", None)):
        decided = replace(network, decision=StoredRule("max_error", ConfidenceThreshold(threshold), "unknown").to_json(network.labels))
        (found,) = must_pass(decided, read_cases(table), Policy(), "auto", Told()).outcomes
        assert (found.verdict, found.answer) == (verdict, answer)
    assert found.reason.startswith("is 'red', said to be 'unknown' with confidence 0.")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the table is empty"),
        ("image,label\n", "there is a header, but no row below it"),
        ("picture,what\nred.png,red\n", "there is no column 'image', only 'picture', 'what'"),
        ("image,what\nred.png,red\n", "there is no column 'label'"),
        ("image,label,min_confidence\nred.png,red,sure\n", "the min_confidence 'sure' in row 2; 0 to 1, or a percentage, is needed"),
        ("image,label,min_confidence\nred.png,red,95\n", "the min_confidence '95' in row 2"),
        ("image,label,min_confidence\nred.png,red,-1\n", "the min_confidence '-1' in row 2"),
        ('image,label\n"red.png,red\n', "a quotation mark is not closed"),
    ],
)
def test_a_table_that_is_none_is_an_error(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "cases.csv").write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=message):
        read_cases(tmp_path / "cases.csv")


def test_a_missing_table_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"cannot read .*none\.csv: no such file"):
        read_cases(tmp_path / "none.csv")
