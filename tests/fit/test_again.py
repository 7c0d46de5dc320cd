"""Training once more on corrected data: known pictures keep their parts and are not read again, whatever was moved, added or taken away."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from small_network import coloured_picture, colourful
from trained_run import Said

import vitreous as vt
from vitreous.core.item import Item, Split
from vitreous.core.view import View
from vitreous.errors import RunError
from vitreous.fit.again import Before, before_of
from vitreous.infer import pipeline
from vitreous.infer.network import Network
from vitreous.runs.folder import open_run
from vitreous.runs.tables import ItemRow, Predictions, items_from_csv, predictions_from_csv

pytest_plugins = ["shared_fixtures"]


@pytest.fixture
def data(tmp_path: Path, as_shipped: Network, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Photos with a run, runs/photos-1; some of them under a wrong label."""
    monkeypatch.chdir(tmp_path)
    folder = colourful(tmp_path / "photos", {"red": 40, "blue": 40, "green": 40})
    for number in range(4):
        (folder / "red" / f"red-00{number}.png").rename(folder / "blue" / f"wrong-{number}.png")
    for file in folder.glob("*/*"):
        os.utime(file, (1_700_000_000, 1_700_000_000))
    vt.train(folder, runs="runs")
    return folder


def parts_of(run: Path | str) -> dict[str, Split | None]:
    return {row.key: row.split for row in items_from_csv(open_run(Path(run)).read("items.csv")) if row.key}


def test_known_pictures_keep_their_parts_and_are_not_decoded_again(
    data: Path, vitreous: Callable[..., Said], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = parts_of("runs/photos-1")
    for number in range(4):
        (data / "blue" / f"wrong-{number}.png").rename(data / "red" / f"right-{number}.png")
    (data / "green" / "green-000.png").unlink()
    rng = np.random.default_rng(9)
    for number in range(10):
        coloured_picture(rng, "green").save(data / "green" / f"new-{number}.png")
    decoded: list[str] = []
    original = pipeline.decode
    monkeypatch.setattr(pipeline, "decode", lambda path, *rest: (decoded.append(path), original(path, *rest))[1])
    said = vitreous("train", "--again", "runs/photos-1")
    assert said.code == 0, said.err
    assert "Since photos-1: 4 pictures with another label, 10 new, 1 gone." in said.err
    assert "photos-1, by the labels as they are now: " in said.err
    after = parts_of("runs/photos-2")
    assert all(after[key] == part for key, part in before.items() if key in after) and len(set(before) & set(after)) == 119
    new = [after[key] for key in set(after) - set(before)]
    assert len(new) == 10 and set(new) == set(Split)
    named = {Path(path).name for path in decoded}
    # those that prove the file at the end are decoded once more
    assert {f"new-{number}.png" for number in range(10)} <= named and len(decoded) <= 10 + 8
    facts = open_run(Path("runs/photos-2")).facts
    # where nothing is measured, a slow machine's 60 pictures a second are taken for what is not known: 10 of 129, against all of 120
    seconds = [open_run(Path(f"runs/photos-{number}")).facts["plan"]["seconds"] for number in (1, 2)]
    assert seconds[0] - seconds[1] > 1.5 and seconds[1] > 3
    assert facts["again"] == {"run": "photos-1", "relabelled": 4, "added": 10, "removed": 1, "new_labels": [], "gone_labels": []}
    assert facts["preprocessing"] == open_run(Path("runs/photos-1")).facts["preprocessing"] and not facts["split"]["given"]


def test_a_class_may_come_and_another_be_renamed(data: Path, vitreous: Callable[..., Said]) -> None:
    (data / "green").rename(data / "grass")
    rng = np.random.default_rng(9)
    (data / "grey").mkdir()
    for number in range(20):
        coloured_picture(rng, "red").convert("L").save(data / "grey" / f"{number}.png")
    said = vitreous("train", "--again", "runs/photos-1", "--name", "other")
    assert said.code == 0, said.err
    assert "Since photos-1: 40 pictures with another label, 20 new; a new label: grass, grey; no more: green." in said.err
    run = vt.load("runs/other-1")
    assert run.labels == ["blue", "grass", "grey", "red"]
    assert {row.split for row in items_from_csv(open_run(run.folder).read("items.csv")) if row.label == "grey"} == set(Split)


def test_without_a_change_strength_and_answers_are_the_same(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before, again = (predictions_from_csv(open_run(Path(run)).read("predictions.csv")) for run in ("runs/photos-1", vt.again("runs/photos-1").folder))
    assert "Since photos-1 nothing has changed." in capsys.readouterr().out
    assert before.paths == again.paths and np.abs(before.probability - again.probability).max() < 0.02
    strengths = [open_run(Path(f"runs/photos-{number}")).facts["classifier"]["strength"] for number in (1, 2)]
    assert strengths[0] == strengths[1] and len(open_run(Path("runs/photos-2")).facts["classifier"]["path"]) == 1


def test_a_copy_of_a_test_picture_goes_to_the_test_part() -> None:
    rows = {"a/1.png": ItemRow("a/1.png", "00", label="a", split=Split.TEST), "a/2.png": ItemRow("a/2.png", "01", label="a", split=Split.TRAIN)}
    answers = Predictions(["a/1.png"], ["a"], ["a", "b"], np.array([[0.9, 0.1]], np.float32))
    before = Before("x-1", View.crop(8), ["a", "b"], False, None, answers, rows, {row.key: row for row in rows.values()})
    items = [Item("", name, label) for name, label in (("a/1.png", "a"), ("a/2.png", "a"), ("b/near.png", "b"), ("b/moved.png", "b"))]
    placed = before.divided(items, ["00", "01", "02", "01"], np.array([0, 1, 0, 1]), 0, lambda item: (item.label,))
    assert [item.split for item in placed] == [Split.TEST, Split.TRAIN, Split.TEST, Split.TRAIN]
    assert before.right_now(items, ["00", "01", "02", "01"]) == (1, 1)
    changes = before.changes(items, ["00", "01", "02", "01"], ["a", "b"])
    assert (changes.relabelled, changes.added, changes.removed) == (1, 1, 0)


def test_what_cannot_be_begun_again_is_said(data: Path, vitreous: Callable[..., Said], tmp_path: Path) -> None:
    with pytest.raises(RunError):
        vt.again("runs/photos-7")
    assert "--minutes with --again" in vitreous("train", "--again", "runs/photos-1", "--minutes", "3").err
    assert "DATA and --again" in vitreous("train", data, "--again", "runs/photos-1").err
    data.rename(tmp_path / "elsewhere")
    said = vitreous("train", "--again", "runs/photos-1")
    assert said.code == 1 and "are gone" in said.err and said.err.count("\n") == 1
    assert before_of(open_run(Path("runs/photos-1"))).labels == ["blue", "green", "red"]
