"""`vitreous evaluate --picture`: from an evaluation to a file, and wrong names said before the work."""

import io
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from vitreous import api
from vitreous.cli import main
from vitreous.metrics.classification import evaluate
from vitreous.tasks.classify.evaluate import Evaluation


@pytest.fixture(scope="module")
def evaluation() -> Evaluation:
    target = np.repeat([0, 1], 6)
    right = np.array([1, 1, 1, 1, 1, 0] * 2, bool)
    probability = np.where((np.arange(2) == target[:, None]) == right[:, None], 0.9, 0.1)
    return Evaluation("12 test pictures", evaluate(probability, target, ["dress", "skirt"]), [], [], {})


@pytest.fixture
def a_run(monkeypatch: pytest.MonkeyPatch, evaluation: Evaluation) -> None:
    class Tested:
        data = Path("photos")
        network = SimpleNamespace(facts={"task": "classify"})

        def evaluate(self, data: Any, engine: str, reporter: Any) -> Evaluation:
            return evaluation

    monkeypatch.setattr(api, "load", lambda run: Tested())


def test_an_evaluation_becomes_a_picture_of_1280_pixels_in_either_format(evaluation: Evaluation) -> None:
    light, dark = (Image.open(io.BytesIO(api.evaluation_picture(evaluation, "png", look))) for look in ("light", "dark"))
    assert light.width == dark.width == 1280
    assert light.convert("L").getpixel((2, 2)) == 255 and dark.convert("L").getpixel((2, 2)) < 40
    assert ElementTree.fromstring(api.evaluation_picture(evaluation, "svg")).tag.endswith("svg")


@pytest.mark.usefixtures("a_run")
def test_the_command_writes_the_picture_and_leaves_standard_output_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(["evaluate", "run", "--json"]) == 0
    plain = capsys.readouterr().out
    assert exit_code(["evaluate", "run", "--json", "--picture", str(tmp_path / "a.PNG")]) == 0
    assert capsys.readouterr().out == plain
    assert [file.name for file in tmp_path.iterdir()] == ["a.PNG"]
    assert (tmp_path / "a.PNG").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("name", ["a.jpg", "a"])
def test_a_wrong_suffix_is_said_before_the_run_is_opened(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(["evaluate", str(tmp_path / "no run"), "--picture", str(tmp_path / name)]) == 2
    assert ".png or .svg" in capsys.readouterr().err


@pytest.mark.usefixtures("a_run")
def test_a_folder_that_is_not_there_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(["evaluate", "run", "--picture", str(tmp_path / "none" / "a.svg")]) == 1
    assert "cannot write" in capsys.readouterr().err


def exit_code(arguments: list[str]) -> object:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    return ended.value.code
