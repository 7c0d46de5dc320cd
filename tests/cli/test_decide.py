"""`vitreous decide` from the command line, and that predict and use.py obey what it has stored."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from small_network import Coloured
from trained_run import Said

pytest_plugins = ["shared_fixtures"]
SCHEMAS = Path(__file__).parents[2] / "docs" / "reference" / "schemas"
Vitreous = Callable[..., Said]


@pytest.fixture
def run(coloured: Coloured, tmp_path: Path) -> Path:
    return Path(shutil.copytree(coloured.run.path, tmp_path / "colours-1"))


def schema_errors(name: str, value: Any) -> list[str]:
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads((SCHEMAS / name).read_text(encoding="utf-8"))
    return [error.message for error in jsonschema.Draft202012Validator(schema).iter_errors(value)]


def costs(folder: Path) -> Path:
    (folder / "costs.csv").write_text("true,red,green,blue,unknown\nred,0,1,1,0.1\ngreen,1,0,1,0.1\nblue,1,1,0,0.1\n")
    return folder / "costs.csv"


def test_it_says_what_was_chosen_on_what_and_what_to_expect(run: Path, vitreous: Vitreous) -> None:
    said = vitreous("decide", run, "--class", "red", "--max-miss", "0.3", "--prevalence", "0.1")
    assert said.code == 0 and said.err.startswith("Stored in ")
    for part in (
        "The answer is 'red' where its probability is at least 0.",
        "With 95 % confidence at most 30 % of 'red'",
        "Of 1,000 pictures, 100 of them",
    ):
        assert part in said.out
    assert "test pictures, on which nothing was chosen" in said.out


def test_the_json_fits_the_schema_for_every_wish(run: Path, tmp_path: Path, vitreous: Vitreous) -> None:
    wishes = (
        ["--class", "red", "--max-miss", "0.3"],
        ["--class", "blue", "--max-false-alarms", "0.4"],
        ["--max-error", "0.6"],
        ["--costs", str(costs(tmp_path))],
        ["--none"],
    )
    for wish in wishes:
        said = vitreous("decide", run, *wish, "--json")
        (line,) = said.lines()
        assert said.code == 0 and said.err == "" and schema_errors("decide.json", line) == [], wish
    assert schema_errors("decide.json", {"wish": "luck"})


def test_too_few_pictures_exit_with_1_and_store_nothing(run: Path, vitreous: Vitreous) -> None:
    before = (run / "run.json").read_bytes()
    said = vitreous("decide", run, "--class", "red", "--max-miss", "0.01", "--json")
    assert said.code == 1 and said.out == "" and "299 are needed" in said.err and "the best that can be promised" in said.err
    assert (run / "run.json").read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "no wish"),
        (["--class", "rad", "--max-miss", "0.3"], "did you mean 'red'"),
        (["--class", "Red", "--max-miss", "0.3"], "did you mean 'red'"),
        (["--class", "\x1b[2J" + "x" * 300, "--max-miss", "0.3"], "there is: blue, green, red"),
        (["--class", "red", "--max-miss", "0.3", "--max-error", "0.1"], "--max-miss and --max-error"),
        (["--class", "red", "--max-miss", "x"], "not a valid float"),
        (["--class", "red", "--max-miss", "1"], "a share below 1 is needed"),
        (["--max-error", "1"], "a share below 1 is needed"),
        (["--class", "", "--max-miss", "0.3"], "an empty name"),
        (["--none", "--max-error", "0.1"], "--none with a wish"),
    ],
)
def test_wrong_use_is_said(arguments: list[str], said: str, run: Path, vitreous: Vitreous) -> None:
    result = vitreous("decide", run, *arguments)
    assert result.code == 2 and said in result.err and result.out == "" and "\x1b[2J" not in result.err


def test_a_missing_table_and_a_missing_run_are_said(run: Path, tmp_path: Path, vitreous: Vitreous) -> None:
    assert "there is no table" in vitreous("decide", run, "--costs", tmp_path / "none.csv").err
    said = vitreous("decide", tmp_path / "colours-7", "--max-error", "0.5")
    assert said.code == 1 and "there is no run" in said.err


def test_predict_obeys_and_none_undoes_it(run: Path, coloured: Coloured, vitreous: Vitreous) -> None:
    before = vitreous("predict", run, coloured.data, "--csv").out
    assert vitreous("decide", run, "--class", "red", "--max-miss", "0.2").code == 0
    threshold = json.loads((run / "run.json").read_text())["facts"]["decision"]["threshold"]
    lines = vitreous("predict", run, coloured.data, "--json").lines()
    for line in lines:
        assert schema_errors("predict.json", line) == [] and line["decided"] == "max_miss"
        own = next(each["confidence"] for each in line["answers"] if each["label"] == "red")
        if abs(own - threshold) > 1e-5:  # six digits in JSON
            assert (line["label"] == "red") == (own > threshold)
    assert any(line["label"] != line["answers"][0]["label"] for line in lines)
    assert vitreous("decide", run, "--none").code == 0 and vitreous("predict", run, coloured.data, "--csv").out == before
    assert "There was no decision." in vitreous("decide", run, "--none").out


def test_i_do_not_know_is_null_in_json_and_a_word_in_text(run: Path, coloured: Coloured, tmp_path: Path, vitreous: Vitreous) -> None:
    vitreous("decide", run, "--costs", costs(tmp_path))
    lines = vitreous("predict", run, coloured.data, "--json").lines()
    unknown = [line["image"] for line in lines if line["label"] is None]
    texts = [line.split("\t")[:2] for line in vitreous("predict", run, coloured.data).out.splitlines()]
    assert [image for image, label in texts if label == "unknown"] == unknown and 0 < len(unknown) < len(lines)
    assert all(schema_errors("predict.json", line) == [] for line in lines)


@pytest.mark.slow
def test_use_py_beside_the_model_obeys_too(run: Path, coloured: Coloured, tmp_path: Path, vitreous: Vitreous) -> None:
    pytest.importorskip("onnxruntime")
    pictures = sorted(str(path) for path in coloured.data.glob("*/*.png"))
    for wish in (["--class", "green", "--max-miss", "0.2"], ["--costs", str(costs(tmp_path))], ["--max-error", "0.3"]):
        assert vitreous("decide", run, *wish).code == 0, wish
        env = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VITREOUS_CACHE")}
        done = subprocess.run([sys.executable, "-I", run / "use.py", *pictures], env=env, capture_output=True, text=True, check=True)
        ours = [line.split("\t")[1:] for line in vitreous("predict", run, *pictures, "--engine", "openvino-f32").out.splitlines()]
        theirs = [line.split("\t") for line in done.stdout.splitlines()]
        assert [label for label, _ in theirs] == [label for label, _ in ours]
        # engines sum in another order: 1e-6 of a probability, and 1e-4 is the last digit that is printed
        assert [float(sure) for _, sure in theirs] == pytest.approx([float(sure) for _, sure in ours], abs=2e-4)
