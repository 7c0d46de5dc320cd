"""Training on one class, and what predict and evaluate say of such a run."""

import csv
import io
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1]))
from stepped_network import stepped_network
from trained_run import Said

import vitreous as vt

pytest_plugins = ["shared_fixtures"]
Vitreous = Callable[..., Said]


def part(rng: np.random.Generator, scratched: bool = False) -> Image.Image:
    """A grey part with a grain and a soft pattern of its own; some with a white scratch."""
    pattern = Image.fromarray(rng.integers(0, 256, (6, 6), np.uint8)).resize((64, 64), Image.Resampling.BICUBIC)
    pixels = 80 + rng.normal(0, 6, (64, 64, 3)) + 0.3 * np.asarray(pattern, float)[..., None]
    if scratched:
        pixels[40:44, 8:56] = 250
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def parts(folder: Path, count: int, seed: int = 0, scratched: bool = False) -> Path:
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True)
    for number in range(count):
        part(rng, scratched).save(folder / f"{number:03}.png")
    return folder


@pytest.fixture
def stepped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vitreous.fit.one_class.training.load_network", stepped_network)


@pytest.fixture
def run(tmp_path: Path, stepped: None, vitreous: Vitreous) -> Path:
    parts(tmp_path / "parts" / "good", 60)
    said = vitreous("train", tmp_path / "parts", "--size", "64", "--runs", tmp_path / "runs")
    assert said.code == 0, said.err
    assert "Plan: one class only, 'good'" in said.err and "at most 5 % of good pictures are called odd" in said.err
    return tmp_path / "runs" / "parts-1"


def test_a_scratch_is_odd_and_its_place_is_said(run: Path, tmp_path: Path, vitreous: Vitreous) -> None:
    good, odd = parts(tmp_path / "new", 3, 5) / "000.png", parts(tmp_path / "bad", 1, 6, True) / "000.png"
    said = vitreous("predict", run, odd, "--map", tmp_path / "where.png")
    assert said.code == 0 and said.out.startswith("odd\t") and float(said.out.split("\t")[1]) > 1
    with Image.open(tmp_path / "where.png") as drawn:
        assert drawn.width > 600
    ordinary, strange = (json.loads(line) for line in vitreous("predict", run, good, odd, "--json").out.splitlines())
    assert not ordinary["odd"] and strange["odd"] and strange["as_odd"] <= ordinary["as_odd"]
    assert 0.55 < strange["place"][1] < 0.75
    rows = list(csv.DictReader(io.StringIO(vitreous("predict", run, good, odd, "--csv").out)))
    assert [row["label"] for row in rows] == ["ordinary", "odd"]


def test_use_py_says_the_same(run: Path, tmp_path: Path, vitreous: Vitreous) -> None:
    pytest.importorskip("onnxruntime")
    odd = parts(tmp_path / "bad", 1, 6, True) / "000.png"
    ours = vitreous("predict", run, odd).out.split()
    theirs = subprocess.run([sys.executable, run / "use.py", odd], capture_output=True, text=True, check=True).stdout.split()
    assert theirs[0] == ours[0] and float(theirs[1]) == pytest.approx(float(ours[1]), abs=2e-3)


def test_evaluate_says_how_well_good_and_others_are_told_apart(run: Path, tmp_path: Path, vitreous: Vitreous) -> None:
    parts(tmp_path / "labelled" / "good", 12, 7)
    parts(tmp_path / "labelled" / "scratch", 8, 8, True)
    value = json.loads(vitreous("evaluate", run, tmp_path / "labelled", "--json").out)
    assert value["area_under_roc"] > 0.95 and [each["label"] for each in value["labels"]] == ["good", "scratch"]
    assert value["remarks"] == []
    shutil.copy(tmp_path / "parts" / "good" / "000.png", tmp_path / "labelled" / "good" / "seen.png")
    said = vitreous("evaluate", run, tmp_path / "labelled").out
    assert "area under ROC" in said and said.endswith("1 picture of these was seen in training: the figures are too good.\n")


def test_a_test_part_with_defects_is_judged_and_never_learned_from(tmp_path: Path, stepped: None, vitreous: Vitreous) -> None:
    data = tmp_path / "line"
    parts(data / "train" / "good", 50)
    parts(data / "test" / "good", 10, 1)
    parts(data / "test" / "scratch", 10, 2, True)
    said = vitreous("train", data, "--size", "64", "--runs", tmp_path / "runs", "--json")
    value = json.loads(said.out)
    assert said.code == 0 and value["metrics"]["area_under_roc"] > 0.95 and value["labels"] == ["ordinary", "odd"]


def test_what_needs_two_classes_says_so(run: Path, tmp_path: Path, vitreous: Vitreous) -> None:
    picture = next((tmp_path / "parts" / "good").iterdir())
    calls = (
        ("evaluate", run),
        ("evaluate", run, tmp_path / "parts", "--stress"),
        ("decide", run, "--max-error", "0.1"),
        ("drift", run, tmp_path / "parts"),
        ("report", run),
        ("predict", run, picture, "--sets", "0.9"),
        ("predict", run, picture, "--unknown", "0.001"),
        ("predict", run, tmp_path / "parts", "--map", tmp_path / "a.png"),
    )
    for call in calls:
        said = vitreous(*call)
        assert said.code in (1, 2) and said.err.startswith("error: ") and said.err.count("\n") == 1 and "internal" not in said.err, said.err


def test_too_few_copies_and_settings_for_several_classes_are_said(tmp_path: Path, stepped: None, vitreous: Vitreous) -> None:
    few = parts(tmp_path / "few" / "good", 5).parent
    same = parts(tmp_path / "same" / "good", 1).parent
    for number in range(1, 20):
        shutil.copy(same / "good" / "000.png", same / "good" / f"{number:03}.png")
    for folder, options, words in (
        (few, [], "'good' has 5 pictures; 8 are needed"),
        (same, ["--size", "64"], "20 pictures that are copies of 1 picture; pictures that differ"),
        (few, ["--net", "lenet"], "there is one class only"),
        (few, ["--size", "100"], "a multiple of 32"),
    ):
        said = vitreous("train", folder, "--runs", tmp_path / "runs", *options)
        assert said.code in (1, 2) and words in said.err and "internal" not in said.err, said.err
    assert not any((tmp_path / "runs").glob("*"))


def test_parts_before_a_fixed_camera_are_no_copies_of_each_other(tmp_path: Path, stepped: None, vitreous: Vitreous) -> None:
    rng = np.random.default_rng(1)
    outline = np.full((64, 64, 1), 60.0)
    outline[10:54, 14:50] = 170
    outline[18:26, 20:28] = outline[36:44, 34:42] = 30
    (tmp_path / "parts" / "good").mkdir(parents=True)
    for number in range(24):
        pixels = outline + rng.normal(0, 6, (64, 64, 3))
        Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(tmp_path / "parts" / "good" / f"{number:02}.png")
    shutil.copy(tmp_path / "parts" / "good" / "00.png", tmp_path / "parts" / "good" / "again.png")
    said = vitreous("train", tmp_path / "parts", "--size", "64", "--runs", tmp_path / "runs")
    assert said.code == 0 and "only equal files count as copies" in said.err, said.err
    assert "held out for the limit: 12, copies counted once" in said.err


def test_ten_pictures_keep_the_rate_that_they_can(tmp_path: Path, stepped: None, vitreous: Vitreous) -> None:
    data = parts(tmp_path / "ten" / "good", 10).parent
    said = vitreous("train", data, "--size", "64", "--runs", tmp_path / "runs")
    assert said.code == 0 and "5 held-out pictures can keep false alarms to 16.7 %" in said.err


def test_from_python_a_run_of_one_class_answers(run: Path, tmp_path: Path) -> None:
    opened = vt.load(run)
    answer = opened.predict(parts(tmp_path / "bad", 1, 6, True) / "000.png")
    assert answer.odd and answer.map.shape == (16, 16) and "one class, 'good'" in repr(opened)
    with pytest.raises(vt.VitreousError, match="it knows one class only"):
        opened.decide(max_error=0.1)
