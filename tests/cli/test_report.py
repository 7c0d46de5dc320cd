"""`vitreous report`: writes both documents again, sets runs side by side, and says what it cannot do before it begins."""

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from small_network import Coloured
from trained_run import Said

from vitreous.runs.folder import open_run, verify

pytest_plugins = ["shared_fixtures"]
SCHEMAS = Path(__file__).parents[2] / "docs" / "reference" / "schemas"
Vitreous = Callable[..., Said]


@pytest.fixture
def run(coloured: Coloured, tmp_path: Path) -> Path:
    """A copy of a run that was trained without documents."""
    return Path(shutil.copytree(coloured.run.path, tmp_path / "colours-1"))


def test_a_run_without_a_report_gets_both_documents_and_stays_whole(run: Path, vitreous: Vitreous) -> None:
    assert not (run / "report.html").exists()
    said = vitreous("report", run)
    assert said == Said(0, f"{run / 'report.html'}\n", "")
    assert {"report.html", "MODEL_CARD.md", "model.onnx", "predictions.csv"} <= set(open_run(run).document.files)
    verify(open_run(run))
    assert b"answered right" in (run / "report.html").read_bytes()


def test_writing_it_again_changes_nothing(run: Path, vitreous: Vitreous) -> None:
    vitreous("report", run)
    first = (run / "report.html").read_bytes(), (run / "MODEL_CARD.md").read_bytes()
    assert vitreous("report", run).code == 0
    assert ((run / "report.html").read_bytes(), (run / "MODEL_CARD.md").read_bytes()) == first


def test_a_model_card_edited_by_hand_is_noticed_not_overwritten(run: Path, vitreous: Vitreous) -> None:
    vitreous("report", run)
    (run / "MODEL_CARD.md").write_text("mine")
    said = vitreous("report", run)
    assert said.code == 1 and "MODEL_CARD.md" in said.err and (run / "MODEL_CARD.md").read_text() == "mine"


def test_json_names_the_files(run: Path, vitreous: Vitreous) -> None:
    (value,) = vitreous("report", run, "--json").lines()
    assert value == {"report": str(run / "report.html"), "model_card": str(run / "MODEL_CARD.md")}


def test_json_fits_the_schema(run: Path, tmp_path: Path, vitreous: Vitreous) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    other = Path(shutil.copytree(run, tmp_path / "colours-2"))
    validator = jsonschema.Draft202012Validator(json.loads((SCHEMAS / "report.json").read_text(encoding="utf-8")))
    for arguments in ((run,), (run, other, "--compare", tmp_path / "both.html")):
        said = vitreous("report", *map(str, arguments), "--json")
        assert said.code == 0 and said.err == "" and [error.message for error in validator.iter_errors(said.lines()[0])] == []


@pytest.mark.slow
def test_the_inside_is_made_once_and_every_later_report_keeps_it(run: Path, vitreous: Vitreous, monkeypatch: pytest.MonkeyPatch) -> None:
    from vitreous.report.inside import making

    monkeypatch.setattr(making, "RIGHT", 1)  # one picture is enough here
    monkeypatch.setattr(making, "WRONG", 0)
    said = vitreous("report", run, "--inside")
    assert (
        said.code == 0
        and said.out == f"{run / 'report.html'}\n"
        and all(title in said.err for title in ("What excites the channels most", "Why these answers"))
    )
    verify(open_run(run))
    first = (run / "report.html").read_bytes()
    assert b"Inside the network" in first and b"image/webp" in first and b"red" in first
    assert vitreous("report", run).code == 0 and (run / "report.html").read_bytes() == first
    assert vitreous("decide", run, "--max-error", "0.5").code == 0 and b"image/webp" in (run / "report.html").read_bytes()


def test_two_runs_are_set_side_by_side(run: Path, tmp_path: Path, vitreous: Vitreous) -> None:
    other, page = Path(shutil.copytree(run, tmp_path / "colours-2")), tmp_path / "both.html"
    said = vitreous("report", run, other, "--compare", page)
    assert said.code == 0 and said.out == f"{page}\n" and b"No difference can be told" in page.read_bytes()
    (value,) = vitreous("report", run, other, "--compare", page, "--json").lines()
    assert value == {"comparison": str(page), "runs": [str(run), str(other)]}


def test_a_wrong_call_says_what_was_meant_and_writes_nothing(run: Path, tmp_path: Path, vitreous: Vitreous) -> None:
    other = Path(shutil.copytree(run, tmp_path / "colours-2"))
    before = sorted(tmp_path.rglob("*"))
    for arguments, message in (
        ((run, other), "--compare FILE.html"),
        ((run, "--compare", tmp_path / "x.html"), "one run; two or more"),
        ((run, other, "--inside"), "--inside: 2 runs; one run"),
        ((run, "--inside", "--tensorboard"), "--inside: --tensorboard; one run"),
        ((run, other, "--compare", other), "a name that ends with .html"),
        ((run, run, "--compare", tmp_path / "x.html"), "twice"),
        ((), "Missing argument"),
    ):
        said = vitreous("report", *arguments)
        assert said.code == 2 and message in said.err and said.out == ""
    assert sorted(tmp_path.rglob("*")) == before


def test_what_is_no_run_is_said(run: Path, tmp_path: Path, vitreous: Vitreous) -> None:
    assert "there is no run" in vitreous("report", tmp_path / "none").err
    said = vitreous("report", run, tmp_path / "none", "--compare", tmp_path / "x.html")
    assert said.code == 1 and "there is no run" in said.err and not (tmp_path / "x.html").exists()
    assert vitreous("report", run, run.parent, "--compare", tmp_path / "no" / "x.html").code == 1


def test_documents_that_were_deleted_are_written_again(run: Path, vitreous: Vitreous) -> None:
    for name in ("report.html", "MODEL_CARD.md"):
        (run / name).unlink(missing_ok=True)
    assert vitreous("report", run).code == 0
    before = (run / "report.html").read_bytes()
    (run / "report.html").unlink()
    said = vitreous("evaluate", run)
    assert said.code == 1 and f"missing: report.html; vitreous report {run} writes it again" in said.err
    assert vitreous("report", run).code == 0 and (run / "report.html").read_bytes() == before


def test_a_document_that_was_changed_by_hand_is_not_written_over(run: Path, vitreous: Vitreous) -> None:
    assert vitreous("report", run).code == 0
    (run / "MODEL_CARD.md").write_text("mine")
    said = vitreous("report", run)
    assert said.code == 1 and "changed: MODEL_CARD.md" in said.err and (run / "MODEL_CARD.md").read_text() == "mine"


def test_a_run_that_lacks_its_model_is_damaged_and_not_being_written(run: Path, vitreous: Vitreous) -> None:
    (run / "model.onnx").unlink()
    said = vitreous("report", run)
    assert said.code == 1 and "missing: model.onnx; restore it" in said.err


def test_a_changed_file_of_the_run_is_named(run: Path, vitreous: Vitreous) -> None:
    (run / "predictions.csv").write_bytes(b"path\n")
    said = vitreous("report", run)
    assert said.code == 1 and "changed: predictions.csv" in said.err
