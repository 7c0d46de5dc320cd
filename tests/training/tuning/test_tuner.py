"""A pretrained network learns on behind the probe: better where that can be seen, the same bits again, nothing lost when it is killed."""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from PIL import Image

pytest.importorskip("torch")
pytest.importorskip("safetensors")
sys.path.insert(0, str(Path(__file__).parents[2]))
sys.path.insert(0, str(Path(__file__).parent))
from deeper_network import CUTS, deeper_network, write_stripes
from small_network import Told

from vitreous.fit import methods, training
from vitreous.fit.improving import Improved, Start
from vitreous.fit.settings import TrainSettings
from vitreous.fit.training import train
from vitreous.infer.engine import default_setting, run_batch, start_engine
from vitreous.infer.network import load_network
from vitreous.layers.cuts import places_to_cut
from vitreous.layers.walk import read_walk
from vitreous.runs.folder import RunFolder, verify
from vitreous.runs.tables import predictions_from_csv
from vitreous.training.again import to_repeat, to_resume
from vitreous.training.method import Tuning, improver
from vitreous.training.tuning import measuring
from vitreous.training.tuning import tuner as module
from vitreous.training.tuning.planning import Chosen

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("deeper")]


def prepare(patch: pytest.MonkeyPatch) -> None:
    """The network with three sizes of maps in the place of the shipped one, and recipes that ask no clock."""
    patch.setattr(methods, "load_network", deeper_network)
    patch.setattr(training, "LEAST_PICTURES", 100)
    patch.setattr(module, "places_to_cut", lambda walk, values: CUTS[:2])
    patch.setattr(measuring, "native_bf16", lambda: False)  # else the faster of two formats is taken
    patch.setattr(module, "choose", lambda costs, seconds, most=6: Chosen(10, 3, len(costs.lines) > 1 or costs.all > 0, 1.0))


@pytest.fixture
def deeper(monkeypatch: pytest.MonkeyPatch) -> None:
    prepare(monkeypatch)


@pytest.fixture(scope="session")
def stripes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_stripes(tmp_path_factory.mktemp("striped") / "stripes", {"train": 160, "valid": 80, "test": 60})


def run(
    data: Path, runs: Path, told: Told | None = None, resumed: Path | None = None, phases: Sequence[Mapping[str, Any]] = (), **more: Any
) -> RunFolder:
    settings = TrainSettings(runs=str(runs), minutes=3, **more)
    return train(data, settings, told or Told(), improver=Tuning(settings.seed, phases), resumed=resumed)


@pytest.fixture(scope="module")
def once(stripes: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[RunFolder, Told]:
    with pytest.MonkeyPatch.context() as patch:
        prepare(patch)
        told = Told()
        return run(stripes, tmp_path_factory.mktemp("once"), told), told


def test_what_is_tuned_is_better_and_says_so(once: tuple[RunFolder, Told]) -> None:
    tuned, told = once
    verify(tuned)
    assert not (tuned.path / "state").exists() and not (tuned.path / "journal.jsonl").exists()
    phases = tuned.facts["classifier"]["phases"]
    assert [phase["cut"] for phase in phases] == CUTS[: len(phases)] and phases[0]["share"] > 0
    assert phases[0]["held_accuracy"][1] > phases[0]["held_accuracy"][0]
    assert "First model after" in told.text and "Tuning 1: better on 80 pictures held out: " in told.text
    assert "Expected: " in told.text and "Expected were " in told.text and "forecast" in tuned.facts
    history = [json.loads(line) for line in tuned.read("history.jsonl").splitlines()]
    schema = json.loads((Path(__file__).parents[3] / "docs" / "reference" / "schemas" / "history.json").read_text())
    for entry in history:
        jsonschema.validate(entry, schema)
    assert [entry["epoch"] for entry in history] == list(range(1, len(history) + 1)) and history[0]["phase"] == "1"


def test_the_file_gives_the_answers_that_were_measured(once: tuple[RunFolder, Told], stripes: Path) -> None:
    tuned, _ = once
    stored = predictions_from_csv(tuned.read("predictions.csv"), None)
    network = load_network(tuned.file("model.onnx"))
    pictures = np.stack([np.asarray(Image.open(stripes / path).resize((32, 32), Image.Resampling.BICUBIC)) for path in stored.paths])
    answers = run_batch(start_engine(network, default_setting(len(pictures)), ("probability",)), pictures)["probability"]
    assert np.abs(answers - stored.probability).max() < 0.02  # the policy's own decoding reduces a little otherwise
    assert (answers.argmax(1) == stored.probability.argmax(1)).mean() > 0.97


def test_only_what_lies_behind_the_deepest_cut_has_changed_after_one_phase(stripes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "places_to_cut", lambda walk, values: CUTS[:1])
    before, after = read_walk(deeper_network().data).constants, read_walk(run(stripes, tmp_path).read("model.onnx")).constants
    changed = {name for name in before.keys() & after.keys() if not np.array_equal(before[name], after[name])}
    assert {"three.weight", "three.bias"} <= changed and not changed & {"one.weight", "two.weight", "pw.weight", "bn.scale", "bn.mean"}


def test_repeated_it_gives_the_same_bits(once: tuple[RunFolder, Told], tmp_path: Path) -> None:
    tuned, _ = once
    data, _, recipe, phases, remarks = to_repeat(tuned.path)
    assert recipe is None and phases and not remarks
    again = run(data, tmp_path, phases=phases)
    assert again.read("model.onnx") == tuned.read("model.onnx") and again.read("predictions.csv") == tuned.read("predictions.csv")


def test_an_earlier_cut_for_which_no_time_is_left_is_not_even_measured(stripes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A timed step there takes seconds. Asked are: before the first cut, behind its measurement, before the second cut."""
    answers, measurements = iter([0.0, 0.0, 1e9]), list[Any]()
    monkeypatch.setattr(module._All, "at_least", lambda self, step: next(answers))
    monkeypatch.setattr(module, "measured", lambda phase: (measurements.append(phase.number), measuring.measured(phase))[1])
    told = Told()
    tuned = run(stripes, tmp_path, told)
    assert measurements == [0] and len(tuned.facts["classifier"]["phases"]) == 1 and "Tuning 2" not in told.text


def test_what_is_expected_to_follow_counts_for_the_end(stripes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred seconds for each phase, of which there are two: said is the end of the second."""
    monkeypatch.setattr(module, "choose", lambda costs, seconds, most=6: Chosen(2, 2, False, 100.0) if seconds > 30 else None)
    tuned = run(stripes, tmp_path)
    assert 200 < tuned.facts["forecast"]["seconds"] < 260
    monkeypatch.setattr(module, "choose", lambda costs, seconds, most=6: Chosen(2, 2, False, 100.0) if seconds > 100 else None)
    assert 100 < run(stripes, tmp_path).facts["forecast"]["seconds"] < 160


class Killed(Exception):
    pass


@pytest.mark.parametrize("after", [1, 2, 3, 4, 5])
def test_killed_at_any_state_it_goes_on_to_the_same_bits(after: int, once: tuple[RunFolder, Told], stripes: Path, tmp_path: Path) -> None:
    tuned, _ = once

    class Stopping:
        def improve(self, start: Start) -> Improved:
            kept = [0]

            def keep(classifier: Any, state: Mapping[str, bytes]) -> bool:
                done = start.work.keep(classifier, state)
                kept[0] += 1
                if kept[0] == after:
                    raise Killed
                return done

            return Tuning(0).improve(replace(start, work=replace(start.work, keep=keep)))

    with pytest.raises(Killed) as told:
        train(stripes, TrainSettings(runs=str(tmp_path), minutes=3), Told(), improver=Stopping())
    assert "--resume" in told.value.__notes__[0]
    (folder,) = tmp_path.iterdir()
    data, settings, unfinished = to_resume(folder)
    assert {"model.onnx", "items.csv"} <= unfinished.document.files.keys()
    gone_on = train(data, settings, Told(), resumed=folder, improver=improver(settings))
    assert gone_on.read("model.onnx") == tuned.read("model.onnx") and gone_on.read("predictions.csv") == tuned.read("predictions.csv")


def test_with_little_data_every_picture_is_held_out_in_turns(stripes: Path, tmp_path: Path) -> None:
    data = tmp_path / "few"
    for label in ("across", "down"):
        (data / label).mkdir(parents=True)
        for picture in sorted((stripes / "train" / label).iterdir()):
            (data / label / picture.name).symlink_to(picture)
    told = Told()
    tuned = run(data, tmp_path / "runs", told)
    assert "3-fold cross-validation" in tuned.facts["classifier"]["chosen_on"] or "what was best before stays" in told.text
    assert "Tuning 1, fold 3, epoch 1 of 10" in told.text


def test_a_network_that_learns_nothing_better_stays_as_it_was(stripes: Path, tmp_path: Path) -> None:
    rng, data = np.random.default_rng(0), tmp_path / "noise"
    for number in range(200):
        folder = data / ("train" if number < 160 else "test") / "ab"[number % 2]
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (36, 36, 3), np.uint8)).save(folder / f"{number}.png")
    told = Told()
    same = run(data, tmp_path / "runs", told)
    assert "nothing better" in told.text and not same.facts["classifier"].get("phases")
    before, after = read_walk(deeper_network().data).constants, read_walk(same.read("model.onnx")).constants
    assert all(
        np.array_equal(before[name], after[name]) for name in before.keys() & after.keys() if name.endswith("weight") and name != "head.weight"
    )


def test_a_loss_that_is_no_number_costs_a_phase_and_nothing_else(stripes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = module.TuningRecipe
    monkeypatch.setattr(module, "TuningRecipe", lambda *args, **kwargs: real(*args, **kwargs | {"rate": 1e30}))
    told = Told()
    run(stripes, tmp_path, told)
    assert "Tuning 1 diverged" in told.text or "nothing better" in told.text


def test_too_few_minutes_are_said_with_how_many_it_takes(stripes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "choose", lambda costs, seconds, most: None)
    told = Told()
    finished = run(stripes, tmp_path, told)
    assert "No tuning: " in told.text and "it takes" in told.text and finished.finished
    forecast = finished.facts["forecast"]
    assert forecast["low"] <= forecast["accuracy"] <= forecast["high"] and told.text.index("No tuning: ") < told.text.index("Expected: ")


def test_no_picture_is_touched_where_the_engine_is_too_slow_for_the_views(stripes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class OnASlowEngine(Tuning):
        def improve(self, start: Start) -> Improved:
            return super().improve(replace(start, setting=replace(start.setting, rate=0.5)))

    monkeypatch.setattr(module, "frozen", lambda *given: pytest.fail("pictures went through the network"))
    told = Told()
    finished = train(stripes, TrainSettings(runs=str(tmp_path), minutes=3), told, improver=OnASlowEngine(0))
    assert "No tuning: " in told.text and "it takes 864 s" in told.text and finished.finished  # 240 pictures, two views, 0.9 of a pass each


def test_few_pictures_are_not_tuned_on(stripes: Path, tmp_path: Path) -> None:
    data = tmp_path / "few"
    for label in ("across", "down"):
        (data / label).mkdir(parents=True)
        for picture in sorted((stripes / "train" / label).iterdir())[:40]:
            (data / label / picture.name).symlink_to(picture)
    told = Told()
    run(data, tmp_path / "runs", told)
    assert "No tuning: about 56 training pictures are too few to gain by it (100 may be enough)." in told.text


def test_it_is_cut_where_the_maps_are_narrow() -> None:
    walk = read_walk(deeper_network().data)
    values = {name: value for name, value in walk.values({"image": np.zeros((1, 32, 32, 3), np.uint8)}).items() if value.ndim}
    assert places_to_cut(walk, values) == CUTS


def test_the_settings_can_switch_it_off(monkeypatch: pytest.MonkeyPatch) -> None:
    assert improver(TrainSettings(tune="none")) is None and improver(TrainSettings()) is not None
    monkeypatch.setattr("vitreous.training.method.find_spec", lambda name: None)
    assert improver(TrainSettings()) is None
