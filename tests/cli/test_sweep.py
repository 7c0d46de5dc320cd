"""`vitreous train --sweep`: variants in one folder, gone on with where they were cut off, told by what they gave on pictures held out."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from trained_run import Said

from vitreous import api
from vitreous.errors import ModelError, StorageError
from vitreous.fit.settings import TrainSettings
from vitreous.fit.sweeping import carry_out
from vitreous.fit.variants import read_sweep
from vitreous.runs.folder import RunFolder, open_run

pytest_plugins = ["shared_fixtures"]
SCHEMAS = Path(__file__).parents[2] / "docs" / "reference" / "schemas"
Vitreous = Callable[..., Said]


def train_one(settings: TrainSettings) -> RunFolder:
    return open_run(api.train("photos", reporter=api.Quiet(), **settings.to_json()).folder)


def never(path: Path) -> RunFolder:
    raise AssertionError(f"{path} was to be gone on with")


@pytest.mark.slow
def test_the_same_call_trains_nothing_twice_and_ends_with_the_same_table(photos_here: Path, vitreous: Vitreous) -> None:
    first = vitreous("train", "photos", "--sweep", "seed=1,2")
    assert first.code == 0, first.err
    head, *rows, folder = first.out.splitlines()
    assert head.split()[:3] == ["seed", "validation", "accuracy"] and len(rows) == 2 and folder == "runs/photos-sweep-1"
    page = Path(folder, "sweep.html").read_text(encoding="utf-8")
    assert "Of 2 variants seed" in page and 'href="01-seed-1-1/report.html"' in page
    models = [open_run(f"{folder}/{name}").read("model.onnx") for name in ("01-seed-1-1", "02-seed-2-1")]
    again = vitreous("train", "photos", "--sweep", "seed=1,2")
    assert again.out == first.out and again.err.count("done before") == 2
    assert models == [open_run(f"{folder}/{name}").read("model.onnx") for name in ("01-seed-1-1", "02-seed-2-1")]
    jsonschema = pytest.importorskip("jsonschema")
    (value,) = vitreous("train", "photos", "--sweep", "seed=1,2", "--json").lines()
    jsonschema.validate(value, json.loads((SCHEMAS / "sweep.json").read_text(encoding="utf-8")))
    assert value["sweep"] == folder and [each["values"] for each in value["variants"]] in ([{"seed": 1}, {"seed": 2}], [{"seed": 2}, {"seed": 1}])
    assert vitreous("train", "photos", "--sweep", "seed=1,3").out.splitlines()[-1] == "runs/photos-sweep-2"


@pytest.mark.slow
def test_one_cut_off_goes_on_with_what_is_not_done(photos_here: Path) -> None:
    sweep, begun = read_sweep(["seed=1,2,3"], TrainSettings()), list[int]()

    def stopped_at_the_second(settings: TrainSettings) -> RunFolder:
        if settings.seed == 2:
            raise KeyboardInterrupt
        begun.append(settings.seed)
        return train_one(settings)

    def counted(settings: TrainSettings) -> RunFolder:
        begun.append(settings.seed)
        return train_one(settings)

    with pytest.raises(KeyboardInterrupt):
        carry_out(sweep, photos_here, stopped_at_the_second, never, print)
    folder, outcomes = carry_out(sweep, photos_here, counted, never, print)
    assert begun == [1, 2, 3] and folder == Path("runs/photos-sweep-1")
    assert all(each.score is not None and each.run is not None and each.run.finished for each in outcomes)
    assert [each.rank for each in outcomes] == sorted(each.rank for each in outcomes)


@pytest.mark.slow
def test_a_variant_that_fails_for_itself_is_left_behind_and_not_tried_again(photos_here: Path) -> None:
    sweep = read_sweep(["seed=1,2"], TrainSettings())

    def failing(settings: TrainSettings) -> RunFolder:
        if settings.seed == 1:
            raise ModelError("the training was stopped", "the loss is nan")
        return train_one(settings)

    _, outcomes = carry_out(sweep, photos_here, failing, never, print)
    assert [each.variant.values["seed"] for each in outcomes] == [2, 1] and "the loss is nan" in outcomes[1].failed
    _, again = carry_out(sweep, photos_here, never, never, print)
    assert [each.failed for each in again] == [each.failed for each in outcomes]


def test_what_fails_before_the_first_training_leaves_no_folder(photos_here: Path, vitreous: Vitreous) -> None:
    def full(settings: TrainSettings) -> RunFolder:
        raise StorageError("the disk is full")

    with pytest.raises(StorageError):
        carry_out(read_sweep(["seed=1,2"], TrainSettings()), photos_here, full, never, print)
    assert not list(Path("runs").iterdir())
    said = vitreous("train", "missing", "--sweep", "seed=1,2")
    assert said.code == 1 and said.out == "" and "cannot read missing" in said.err and not list(Path("runs").iterdir())


@pytest.mark.parametrize("wrong", [["--sweep", "sede=1,2"], ["--sweep", "seed=1,2", "--dry-run"], ["--sweep", "seed=1,2", "--seed", "7"]])
def test_wrong_use_is_one_line_and_begins_nothing(wrong: list[str], photos_here: Path, vitreous: Vitreous) -> None:
    said = vitreous("train", "photos", *wrong)
    assert said.code == 2 and said.out == "" and said.err.count("\n") == 1 and not Path("runs").exists()
