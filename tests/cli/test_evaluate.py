"""`vitreous evaluate`: text for people, JSON for programs, and what is said where it cannot be done."""

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from small_network import Coloured, colourful
from trained_run import Said

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
