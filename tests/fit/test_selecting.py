"""Which network, by measuring: the better one is taken, the table says of what, and no test picture is looked at."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from small_network import Told, colourful, small_model, small_network
from trained_run import Said

from vitreous import api
from vitreous.core.item import Split
from vitreous.errors import UsageError
from vitreous.fit import selecting
from vitreous.fit.selecting import Row, Selection, _chosen
from vitreous.fit.settings import TrainSettings
from vitreous.infer.network import Network
from vitreous.runs.tables import items_from_csv

pytest_plugins = ["shared_fixtures"]


def blind_model() -> bytes:
    """The small network with weights that see next to nothing."""
    from onnx import load_model_from_string, numpy_helper

    model = load_model_from_string(small_model())
    for weight in model.graph.initializer:
        if weight.name == "conv.weight":
            weight.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(weight) * np.float32(1e-6), "conv.weight"))
    return bytes(model.SerializeToString())


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("good.onnx").write_bytes(small_model())
    Path("blind.onnx").write_bytes(blind_model())
    monkeypatch.setattr(selecting, "_SECONDS", 0.01)
    return colourful(tmp_path / "photos", {"red": 30, "green": 30, "blue": 30})


def test_the_better_network_is_taken_and_the_run_says_why(data: Path) -> None:
    told = Told()
    run = api.train(data, net="blind.onnx,good.onnx", tune="none", reporter=told)
    found = run._run.facts["selection"]
    assert found["chosen"] == "good.onnx" and [row["name"] for row in found["networks"]] == ["good.onnx", "blind.onnx"]
    good, blind = found["networks"]
    assert good["loss"] < blind["loss"] and good["interval"][0] < good["accuracy"] < good["interval"][1]
    assert all(row["milliseconds"] > 0 and row["megabytes"] > 0 and row["licence"] for row in found["networks"])
    assert told.text.index("Trying blind.onnx, good.onnx on ") < told.text.index("Taken: good.onnx, the least log loss.")
    assert "← taken" in told.text and run._run.settings["net"] == "good.onnx"


def test_the_smallest_near_the_best_is_taken_where_that_is_asked_for(data: Path) -> None:
    told = Told()
    run = api.train(data, net="blind.onnx,good.onnx", fastest_within=100.0, tune="none", reporter=told)
    assert run._run.settings["net"] in ("good.onnx", "blind.onnx") and "the fastest within 100 points of good.onnx" in told.text


def test_what_was_looked_at_is_never_tested_on(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Selection] = []
    real = selecting.select

    def kept(*args: Any) -> Selection:
        seen.append(real(*args))
        return seen[-1]

    monkeypatch.setattr(selecting, "select", kept)
    run = api.train(data, net="blind.onnx,good.onnx", tune="none", reporter=Told())
    from vitreous.data.sources import read_source

    names = {read_source(data).items[number].relative for number in seen[0].sample}
    parts = {row.path: row.split for row in items_from_csv(run._run.read("items.csv"))}
    assert len(names) >= 40 and all(parts[name] is not Split.TEST for name in names)


def test_one_that_cannot_be_used_is_said_and_left_out(data: Path) -> None:
    Path("broken.onnx").write_bytes(b"no network")
    told = Told()
    run = api.train(data, net="broken.onnx,lenet,good.onnx", tune="none", reporter=told)
    assert run._run.settings["net"] == "good.onnx" and "broken.onnx is left out: " in told.text
    assert "lenet is left out: it learns from the pixels on" in told.text
    with pytest.raises(UsageError, match="no network can be tried"):
        api.train(data, net="broken.onnx,gone.onnx", reporter=Told())


def rows() -> list[Row]:
    return [
        Row("big", 800, 0.90, (0.88, 0.92), 0.30, 30.0, 40.0, "MIT"),
        Row("middle", 800, 0.895, (0.87, 0.91), 0.31, 10.0, 9.0, "MIT"),
        Row("small", 200, 0.85, (0.8, 0.9), 0.50, 12.0, 2.0, "MIT", "among the worse half"),
    ]


@pytest.mark.parametrize(
    ("asked", "taken"),
    [
        ({}, "big"),
        ({"smallest_within": 1.0}, "middle"),
        ({"smallest_within": 6.0}, "small"),
        ({"fastest_within": 6.0}, "middle"),
        ({"fastest_within": 0.0}, "big"),
    ],
)
def test_smallest_and_fastest_within_points_of_the_best(asked: dict[str, float], taken: str) -> None:
    assert _chosen(rows(), TrainSettings(net="auto", **asked))[0].name == taken


def test_the_table_is_aligned(data: Path) -> None:
    lines = Selection(tuple(rows()), "middle", "why", np.zeros(0, np.intp)).table()
    assert len({line.index("MIT") for line in lines[1:]}) == 1 and sum("← taken" in line for line in lines) == 1


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"smallest_within": 1.0}, "--smallest-within: --net none"),
        ({"net": "auto", "smallest_within": 1.0, "fastest_within": 1.0}, "both"),
        ({"net": "auto", "fastest_within": -1.0}, "points of accuracy"),
        ({"net": "auto", "fastest_within": float("nan")}, "points of accuracy"),
    ],
)
def test_what_cannot_be_meant_is_refused(asked: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        TrainSettings(**asked)


@pytest.mark.usefixtures("as_shipped")
def test_auto_tries_what_this_machine_has(photos_here: Path, vitreous: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selecting, "_SECONDS", 0.01)
    monkeypatch.setattr(api, "_cached_of_timm", list)
    said: Said = vitreous("train", "photos", "--net", "auto", "--tune", "none")
    assert said.code == 0 and "efficientnet-lite0" in said.err + said.out and "classical" in said.err + said.out and "Taken: " in said.err + said.out
    assert "--dry-run with --net auto" in vitreous("train", "photos", "--net", "auto", "--dry-run").err


def test_names_are_split_at_commas() -> None:
    assert TrainSettings(net="a.onnx, b.onnx,").several_nets == ["a.onnx", "b.onnx"]
    assert TrainSettings(net="auto").several_nets == ["auto"] and TrainSettings(net="a.onnx").several_nets == TrainSettings().several_nets == []
    assert isinstance(replace(small_network(), facts={}), Network)
