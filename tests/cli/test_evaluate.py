"""`vitreous evaluate`: text for people, JSON for programs, and what is said where it cannot be done."""

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from small_network import Coloured, colourful
from trained_run import Said, watched

from vitreous.runs.folder import RunFolder

pytest_plugins = ["shared_fixtures"]
SCHEMAS = Path(__file__).parents[2] / "docs" / "reference" / "schemas"
Vitreous = Callable[..., Said]


def test_json_is_one_object_that_fits_the_schema_and_says_nothing_else(coloured: Coloured, vitreous: Vitreous) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    said = vitreous("evaluate", coloured.run.path, "--json")
    (value,) = said.lines()
    schema = json.loads((SCHEMAS / "evaluate.json").read_text(encoding="utf-8"))
    assert said.code == 0 and said.err == ""
    assert [error.message for error in jsonschema.Draft202012Validator(schema).iter_errors(value)] == []
    assert value["accuracy"] == pytest.approx(coloured.run.facts["metrics"]["accuracy"])


def test_text_has_the_figures_on_standard_output_and_the_way_there_beside(coloured: Coloured, vitreous: Vitreous) -> None:
    said = vitreous("evaluate", coloured.run.path)
    accuracy = coloured.run.facts["metrics"]["accuracy"]
    assert said.code == 0 and f"  accuracy           {accuracy:.3f} [" in said.out and said.err.startswith("Engine: ")
    for name in ("balanced accuracy", "macro F1", "log loss", "calibration error", "precision", "true ╲ said"):
        assert name in said.out


def test_a_labelled_folder_is_measured(coloured: Coloured, tmp_path: Path, vitreous: Vitreous) -> None:
    folder = colourful(tmp_path / "new", {"red": 3, "blue": 3}, seed=99)
    (value,) = vitreous("evaluate", coloured.run.path, folder, "--json").lines()
    assert value["num_images"] == 6


@pytest.mark.parametrize("name", ["model.onnx", "items.csv"])
def test_a_changed_byte_is_noticed_by_the_name_of_the_file(name: str, coloured: Coloured, tmp_path: Path, vitreous: Vitreous) -> None:
    copy = tmp_path / "copy-1"
    shutil.copytree(coloured.run.path, copy)
    content = bytearray((copy / name).read_bytes())
    content[len(content) // 3] ^= 1
    (copy / name).write_bytes(content)
    said = vitreous("evaluate", copy)
    assert said.code == 1 and said.out == "" and f"is not as it was written: changed: {name}; restore it from a copy or train again" in said.err


def test_what_is_no_run_is_said_with_what_it_is(coloured: Coloured, tmp_path: Path, vitreous: Vitreous) -> None:
    (tmp_path / "empty").mkdir()
    for path, message in (
        (tmp_path / "none", "there is no run"),
        (tmp_path / "empty", "it is empty, or its training was stopped as it began"),
        (coloured.data, "it looks like a folder of pictures"),
        (coloured.run.path.parent, "it holds 1 run"),
        (next(coloured.data.glob("*/*")), "is no run"),
    ):
        said = vitreous("evaluate", path)
        assert said.code == 1 and message in said.err and said.err.count("\n") == 1


def test_a_folder_that_cannot_be_measured_on_is_said(coloured: Coloured, tmp_path: Path, vitreous: Vitreous) -> None:
    (tmp_path / "empty").mkdir()
    assert vitreous("evaluate", coloured.run.path, tmp_path / "empty").code == 1
    assert "there is no such folder or file" in vitreous("evaluate", coloured.run.path, tmp_path / "none").err
    assert vitreous("evaluate", coloured.run.path, "--engine", "tpu").code == 2


@pytest.fixture
def gone(coloured: Coloured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run whose pictures are no longer where they were; run.json, which is signed, keeps naming the old place."""
    real = RunFolder.facts.fget
    folder = str(tmp_path / "gone")
    monkeypatch.setattr(RunFolder, "facts", property(lambda self: real(self) | {"data": real(self)["data"] | {"folder": folder}}))
    return coloured.run.path


def fits_schema(value: Any) -> list[str]:
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads((SCHEMAS / "evaluate.json").read_text(encoding="utf-8"))
    return [error.message for error in jsonschema.Draft202012Validator(schema).iter_errors(value)]


def test_a_requirement_that_is_met_ends_with_0(coloured: Coloured, vitreous: Vitreous) -> None:
    said = vitreous("evaluate", coloured.run.path, "--require", "accuracy >= 10 %")
    assert said.code == 0 and "Requirements (the whole 95 % interval counts)\n  met         accuracy >= 10 %  " in said.out


def test_what_fails_is_named_and_ends_with_1(coloured: Coloured, vitreous: Vitreous) -> None:
    said = vitreous("evaluate", coloured.run.path, "--require", "accuracy >= 0.1", "--require", "recall[red] >= 99.9%", "--json")
    (value,) = said.lines()
    assert said.code == 1 and said.err in [f"error: 1 of 2 tests failed: recall[red] >= 99.9% ({word})\n" for word in ("not met", "not proven")]
    assert [each["passed"] for each in value["requirements"]] == [True, False] and fits_schema(value) == []


def test_the_point_alone_is_enough_where_it_is_asked_for(coloured: Coloured, vitreous: Vitreous) -> None:
    accuracy = coloured.run.facts["metrics"]["accuracy"]
    requirement = f"accuracy >= {accuracy - 0.001:.4f}"
    assert vitreous("evaluate", coloured.run.path, "--require", requirement).code == 1
    said = vitreous("evaluate", coloured.run.path, "--require", requirement, "--point")
    assert said.code == 0 and "held against the point alone" in said.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--require", "recal[red] >= 0.5"], "there is no metric 'recal'; did you mean 'recall'"),
        (["--require", "recall[bleu] >= 0.5"], "the model has no class 'bleu'; did you mean 'blue'?"),
        (["--require", ""], "it is empty"),
        (["--point"], "--point says how a requirement is judged"),
        (["--junit", "o.xml"], "--junit has nothing to write"),
        (["--column", "camera"], "--column says how pictures are divided"),
    ],
)
def test_wrong_use_is_said_before_the_work_and_ends_with_2(
    arguments: list[str], message: str, coloured: Coloured, vitreous: Vitreous, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    said = vitreous("evaluate", coloured.run.path, *arguments)
    assert said.code == 2 and message in said.err and "Engine" not in said.err and said.out == "" and list(tmp_path.iterdir()) == []


def test_pictures_must_pass_and_the_outcomes_are_written_for_a_ci_server(coloured: Coloured, tmp_path: Path, vitreous: Vitreous) -> None:
    folder = colourful(tmp_path / "new", {"red": 2}, seed=99)
    (folder / "cases.csv").write_text("image,label\nred/red-000.png,red\nred/red-001.png,green\nnone.png,red\n", encoding="utf-8")
    report = tmp_path / "report.xml"
    said = vitreous("evaluate", coloured.run.path, "--must-pass", folder / "cases.csv", "--require", "accuracy > 0.1", "--junit", report, "--json")
    (value,) = said.lines()
    assert said.code == 1 and fits_schema(value) == []
    assert [each["verdict"] for each in value["must_pass"]][1:] == ["wrong answer", "no picture"]
    root = ElementTree.parse(report).getroot()
    assert root.get("tests") == "4" and root.get("failures") == str(sum(not each["passed"] for each in value["must_pass"]))
    assert "row 4: none.png (no picture)" in said.err


def test_a_report_that_cannot_be_written_is_said_before_the_work(coloured: Coloured, tmp_path: Path, vitreous: Vitreous) -> None:
    said = vitreous("evaluate", coloured.run.path, "--require", "accuracy > 0", "--junit", tmp_path / "none" / "o.xml")
    assert said.code == 1 and "its folder is not there" in said.err and "Engine" not in said.err


def test_a_table_of_cases_that_is_none_ends_with_1_before_the_work(coloured: Coloured, tmp_path: Path, vitreous: Vitreous) -> None:
    said = vitreous("evaluate", coloured.run.path, "--must-pass", tmp_path / "none.csv")
    assert said.code == 1 and "no such file" in said.err and "Engine" not in said.err


def test_another_run_is_compared(coloured: Coloured, vitreous: Vitreous) -> None:
    said = vitreous("evaluate", coloured.run.path, "--against", coloured.run.path / "model.onnx")
    assert said.code == 0 and "Against " in said.out and "No difference in accuracy is shown" in said.out
    (value,) = vitreous("evaluate", coloured.run.path, "--against", coloured.run.path, "--json").lines()
    assert value["against"]["accuracy"]["difference"] == 0 and fits_schema(value) == []


@pytest.mark.parametrize("wish", [["--slices", "--column", "camrea"], ["--against", "nowhere"]])
def test_what_is_not_there_is_said_before_the_work(wish: list[str], coloured: Coloured, vitreous: Vitreous) -> None:
    said = vitreous("evaluate", coloured.run.path, *wish)
    assert said.code != 0 and said.out == "" and "Engine" not in said.err and "there is no" in said.err


def test_without_the_pictures_the_stored_answers_are_judged_and_that_is_said(
    gone: Path, coloured: Coloured, tmp_path: Path, vitreous: Vitreous
) -> None:
    said = vitreous("evaluate", gone, "--require", "accuracy > 0.1", "--json")
    (value,) = said.lines()
    stored = coloured.run.facts["metrics"]
    assert said.code == 0 and value["requirements"][0]["passed"] and fits_schema(value) == []
    assert value["accuracy"] == stored["accuracy"] and value["confusion"] == stored["confusion"]
    assert value["accuracy_interval"] == pytest.approx(stored["accuracy_interval"])
    assert value["remarks"][0] == f"the data of the run are gone ({tmp_path / 'gone'}): these are the figures of the answers that the training stored"


def test_without_the_pictures_of_the_run_pictures_must_still_pass(gone: Path, tmp_path: Path, vitreous: Vitreous) -> None:
    folder = colourful(tmp_path / "new", {"red": 1}, seed=99)
    (folder / "cases.csv").write_text("image,label\nred/red-000.png,blue\n", encoding="utf-8")
    said = vitreous("evaluate", gone, "--must-pass", folder / "cases.csv")
    assert said.code == 1 and "row 2: red/red-000.png (wrong answer)" in said.err


def test_what_needs_the_pictures_says_that_they_are_gone(gone: Path, coloured: Coloured, vitreous: Vitreous) -> None:
    said = vitreous("evaluate", gone, "--against", coloured.run.path)
    assert said.code == 1 and "the data of the run are gone" in said.err


def test_help_loads_nothing_that_is_heavy(tmp_path: Path) -> None:
    said, modules = watched(tmp_path / "modules.json", "evaluate", "--help", cwd=tmp_path)
    assert said.code == 0 and "--must-pass" in said.out
    assert not {"numpy", "onnx", "openvino", "scipy", "xml.etree.ElementTree"} & modules


@pytest.mark.slow
def test_stress_and_slices_stand_beside_the_figures(coloured: Coloured, tmp_path: Path, vitreous: Vitreous) -> None:
    picture = tmp_path / "curves.svg"
    said = vitreous("evaluate", coloured.run.path, "--stress", "--slices", "--picture", picture, "--json")
    (value,) = said.lines()
    assert said.code == 0 and value["stress"] and value["slices"] and fits_schema(value) == []
    assert picture.read_bytes().startswith(b"<?xml") and said.err == f"picture in {picture}\n"
    text = vitreous("evaluate", coloured.run.path, "--slices").out
    assert "accuracy" in text and "slice" in text.lower()
