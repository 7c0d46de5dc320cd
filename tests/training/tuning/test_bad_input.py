"""What may go wrong around a tuning: data that change under it, a disk that is nearly full, pictures too few to judge by, minutes too few."""

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("safetensors")
sys.path.insert(0, str(Path(__file__).parents[2]))
sys.path.insert(0, str(Path(__file__).parent))
from deeper_network import CUTS, deeper_network, write_stripes
from small_network import Told

from vitreous import api
from vitreous.errors import DataError
from vitreous.fit import methods, training
from vitreous.fit.improving import Improved, Start
from vitreous.fit.settings import TrainSettings
from vitreous.fit.training import train
from vitreous.runs.folder import RunFolder, verify
from vitreous.training.method import Tuning
from vitreous.training.tuning import frozen, planning
from vitreous.training.tuning import tuner as module
from vitreous.training.tuning.planning import Chosen

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def deeper(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The network that can be cut in the place of the shipped one, one phase of few epochs that asks no clock."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(methods, "load_network", deeper_network)
    monkeypatch.setattr(training, "LEAST_PICTURES", 100)
    monkeypatch.setattr(module, "places_to_cut", lambda walk, values: CUTS[:1])
    monkeypatch.setattr(module, "choose", chosen)


def chosen(costs: Any, seconds: float, most: int) -> Chosen:
    return Chosen(6, min(3, most), len(costs.lines) > 1 or costs.all > 0, 1.0)


def tuned(data: Path, told: Told, during: Callable[[], object] = lambda: None, **more: Any) -> RunFolder:
    """A run; `during` is called when the tuning begins."""

    class Begun:
        def improve(self, start: Start) -> Improved:
            during()
            return Tuning(0).improve(start)

    return train(data, TrainSettings(runs="runs", minutes=3, **more), told, improver=Begun())


def test_labels_corrected_under_a_running_tuning_are_said_and_cost_nothing() -> None:
    data, told = write_stripes(Path("stripes"), {"train": 120, "test": 20}), Told()

    def correct() -> None:
        for place in ("train", "test"):
            for file in sorted((data / place / "across").iterdir())[:3]:
                file.rename(data / place / "down" / f"moved-{file.name}")
        sorted((data / "train" / "down").iterdir())[0].unlink()

    run = tuned(data, told, correct)
    verify(run)
    assert "While it learned, 7 pictures came, went or got another label; it used them as they were when it began." in told.text
    assert "To learn from them as they are now: vitreous train --again runs/stripes-1" in told.text
    assert run.facts["data"]["pictures"] == 140 and "Tuning 1" in told.text


def test_data_that_are_gone_altogether_cost_nothing_either() -> None:
    data, told = write_stripes(Path("stripes"), {"train": 120, "test": 20}), Told()
    run = tuned(data, told, lambda: shutil.rmtree(data))
    verify(run)
    assert "The data can no longer be read" in told.text and "Tuning 1" in told.text


def test_a_class_renamed_or_removed_after_a_tuning_is_learned_again() -> None:
    data = write_stripes(Path("stripes"), {"train": 120, "test": 20})
    for place in ("train", "test"):
        (data / place / "flat").mkdir()
        for file in sorted((data / place / "across").iterdir())[::3]:
            file.rename(data / place / "flat" / file.name)
    first = tuned(data, Told())
    for place in ("train", "test"):
        (data / place / "flat").rename(data / place / "even")
    told = Told()
    again = api.again(first.path, reporter=told)
    assert "a new label: even; no more: flat" in told.text and again.labels == ["across", "down", "even"]
    for place in ("train", "test"):
        shutil.rmtree(data / place / "even")
    told = Told()
    assert api.again(again.folder, reporter=told).labels == ["across", "down"] and "no more: even" in told.text
    for place in ("train", "test"):
        shutil.rmtree(data / place / "down")
    with pytest.raises(DataError, match="across"):
        api.again(again.folder, reporter=Told())
    assert sorted(os.listdir("runs")) == ["stripes-1", "stripes-2", "stripes-3"]


def test_a_nearly_full_disk_gives_fewer_views_and_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    data, told = write_stripes(Path("stripes"), {"train": 120, "test": 20}), Told()
    a_view = frozen.bytes_of_a_view(120, (12, 8, 8))
    monkeypatch.setattr(frozen, "free_bytes", lambda path: 5 * a_view)
    run = tuned(data, told)
    assert "2 views of each picture where there would be time for 3: half of what is free on the disk holds no more" in told.text
    assert "6 epochs of 2 views" in told.text
    monkeypatch.setattr(frozen, "free_bytes", lambda path: 3 * a_view)
    told = Told()
    run = tuned(data, told)
    assert "No room on the disk to tune from summed on: 0.0 GB at least." in told.text and run.finished


def test_a_validation_part_too_small_to_judge_by_is_said_aloud_and_in_the_report() -> None:
    data, told = write_stripes(Path("stripes"), {"train": 120, "valid": 10, "test": 20}), Told()
    run = api.train(data, minutes=3, runs="runs", reporter=told)
    few = "10 validation pictures are too few to choose or judge by (60 would do): that is done by cross-validation of the training part."
    assert few in told.text and "judged on 3-fold cross-validation of 120 training pictures" in told.text
    page = (run.folder / "report.html").read_text()
    assert "10 validation pictures are too few to choose or judge by" in page
    assert "Judged on 3-fold cross-validation of 120 training pictures." in page or not run._run.facts["classifier"].get("phases")


def test_minutes_too_few_for_one_phase_are_said_with_how_many_would_do(monkeypatch: pytest.MonkeyPatch) -> None:
    data, told = write_stripes(Path("stripes"), {"train": 120, "test": 20}), Told()
    monkeypatch.setattr(module, "choose", planning.choose)
    run = train(data, TrainSettings(runs="runs", minutes=0.0001), told, improver=Tuning(0))
    assert run.finished and "0.0001 minutes are too few" in told.text
    assert "No tuning: 0 s are left of the minutes allowed, and it takes" in told.text and "--minutes 0." in told.text
