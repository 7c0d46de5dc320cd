"""What the coach says reaches whoever trains: in the terminal, the run's file, its page, and from Python."""

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("torch")
pytest.importorskip("safetensors")
sys.path.insert(0, str(Path(__file__).parents[1]))
from trained_run import Said

import vitreous as vt
from vitreous.runs.folder import open_run

pytest_plugins = ["shared_fixtures"]
pytestmark = pytest.mark.slow

OPTIONS = ["--net", "mlp", "--size", "12", "--epochs", "6", "--batch", "16", "--threads", "1", "--schedule", "constant"]


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """240 grey pictures of two classes, bright on the left or on the right."""
    rng = np.random.default_rng(0)
    for number in range(240):
        values = rng.integers(0, 160, (12, 12))
        values[:, 6 * (number % 2) : 6 * (number % 2) + 6] += 60
        folder = tmp_path / "sides" / ("left", "right")[number % 2]
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(values.astype(np.uint8)).save(folder / f"{number:03}.png")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_rate_that_is_too_low_is_told_everywhere(work: Path, vitreous: Callable[..., Said]) -> None:
    said = vitreous("train", "sides", *OPTIONS, "--optimizer", "sgd", "--rate", "0.000001")
    assert said.code == 0, said.err
    found = vt.load("runs/sides-1").coach()
    assert found and found[0].kind == "rate too low"
    assert str(found[0]) in " ".join(said.err.split())
    assert open_run(work / "runs" / "sides-1").facts["classifier"]["coach"][0]["kind"] == found[0].kind
    assert f"<strong>{found[0].kind.capitalize()}.</strong>" in (work / "runs" / "sides-1" / "report.html").read_text("utf-8")


def test_a_sound_training_is_not_commented_on(work: Path, vitreous: Callable[..., Said]) -> None:
    said = vitreous("train", "sides", *OPTIONS)
    assert said.code == 0 and vt.load("runs/sides-1").coach() == []
    assert "Before the first step" not in said.err and "rate too" not in said.err.lower()
    assert "None of the faults that the coach knows." in (work / "runs" / "sides-1" / "report.html").read_text("utf-8")


def test_what_was_found_before_the_first_step_is_kept_with_the_run(work: Path, vitreous: Callable[..., Said]) -> None:
    for file in sorted((work / "sides" / "right").iterdir())[3:]:
        file.rename(work / "sides" / "left" / file.name)
    said = vitreous("train", "sides", *OPTIONS)
    assert said.code == 0 and "Before the first step. Labels: " in said.err
    found = vt.load("runs/sides-1").coach()
    assert found[0].kind == "labels" and f"Before the first step. {found[0]}" in said.err.replace("\n", " ")
    assert open_run(work / "runs" / "sides-1").facts["classifier"]["coach"][0]["kind"] == "labels"
