"""The whole way from a folder to a run, with a small network: splits, seeds, caches, what is said and what is stored."""

import csv
import json
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1]))
from small_network import SIDE, Coloured, Told, coloured_picture, colourful

from vitreous.core.item import Split
from vitreous.data.decode import decode
from vitreous.errors import DataError, ModelError, StorageError, UsageError
from vitreous.fit import join as joining
from vitreous.fit import proving
from vitreous.fit.features import Gathered, _Pass
from vitreous.fit.link import Softmax
from vitreous.fit.settings import TrainSettings
from vitreous.fit.testing import FEW_TEST
from vitreous.fit.training import train
from vitreous.infer.engine import Setting, run_batch, start_engine
from vitreous.infer.network import Network, load_network
from vitreous.runs.folder import RunFolder, verify
from vitreous.runs.tables import ItemRow, items_from_csv, predictions_from_csv

pytest_plugins = ["shared_fixtures"]
pytestmark = pytest.mark.usefixtures("as_shipped")


def run(data: Path, told: Told | None = None, **settings: Any) -> RunFolder:
    return train(data, TrainSettings(runs=str(data.parent / "runs"), **settings), told or Told())


def rows(trained: RunFolder) -> dict[str, ItemRow]:
    return {row.path: row for row in items_from_csv(trained.read("items.csv"))}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return colourful(tmp_path / "photos", {"red": 12, "green": 12, "blue": 12})


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many pictures each pass over the data decodes."""
    counts: list[int] = []
    real = _Pass.run

    def counted(self: _Pass) -> Gathered:
        result = real(self)
        counts.append(result.decoded)
        return result

    monkeypatch.setattr(_Pass, "run", counted)
    return counts


def test_a_training_leaves_a_finished_run_with_every_file(coloured: Coloured) -> None:
    assert coloured.run.path == coloured.data.parent / "runs" / "colours-1" and coloured.run.finished
    assert set(coloured.run.document.files) == {"model.onnx", "items.csv", "predictions.csv", "held_out.csv", "use.py"}
    verify(coloured.run)
    assert {path.name for path in coloured.run.path.iterdir()} - {".lock"} == {"run.json", *coloured.run.document.files}


def test_the_model_answers_as_it_was_measured(coloured: Coloured) -> None:
    network = load_network(coloured.run.path / "model.onnx")
    stored = predictions_from_csv(coloured.run.read("predictions.csv"))
    assert stored.classes == network.labels == ["blue", "green", "red"] and len(stored.paths) >= 9
    shown = np.stack([decode(str(coloured.data / path), [network.view]).views[0] for path in stored.paths])
    answers = run_batch(start_engine(network, Setting("openvino", "f32", 1, 1)), shown)["probability"]
    np.testing.assert_allclose(answers, stored.probability, atol=1e-4)
    accuracy = float((answers.argmax(1) == [network.labels.index(label) for label in stored.labels]).mean())
    assert coloured.run.facts["metrics"]["accuracy"] == pytest.approx(accuracy) and 0.5 < accuracy < 1


def test_every_picture_is_in_one_part_in_the_shares_that_are_promised(coloured: Coloured) -> None:
    table = rows(coloured.run)
    assert len(table) == 60
    for part, share in ((Split.TRAIN, 0.70), (Split.VALIDATION, 0.15), (Split.TEST, 0.15)):
        for label in ("red", "green", "blue"):
            assert sum(row.split is part and row.label == label for row in table.values()) == pytest.approx(20 * share, abs=1.01)
    assert all((row.width, row.height) == (48, 40) and row.key for row in table.values())


def test_the_pictures_that_the_view_was_chosen_on_are_not_tested_on(coloured: Coloured) -> None:
    table = rows(coloured.run)
    assert len(coloured.sample) >= 15 and all(table[path].split is not Split.TEST for path in coloured.sample)


def test_what_is_said_begins_with_the_plan_and_ends_with_how_it_went(coloured: Coloured) -> None:
    told = coloured.told
    assert told.sentences[0].startswith("Plan: one label out of 3, 60 pictures: features of small (pretrained, frozen)")
    for beginning in ("Engine: ", "Run: ", "View: ", "Accuracy ", "Done in "):
        assert sum(sentence.startswith(beginning) for sentence in told.sentences) == 1, beginning
    assert told.sentences[-1].startswith("Done in ")
    assert "stays unseen" in told.text and "95 % interval" in told.text
    assert set(told.stages) >= {"features"}


def test_run_json_stores_what_was_decided_and_on_what(coloured: Coloured) -> None:
    facts = coloured.run.facts
    assert facts["task"] == "classify" and facts["data"]["folder"] == str(coloured.data) and facts["data"]["split"]["train"] >= 40
    assert facts["classifier"]["strength"] > 0 and facts["classifier"]["temperature"] > 0 and len(facts["classifier"]["path"]) >= 3
    assert {"python", "numpy", "openvino", "vitreous"} <= set(facts["versions"]) and facts["machine"]["cores"] >= 1
    assert facts["number_format"] in ("f32", "bf16") and facts["data_fingerprint"] and coloured.run.settings["seed"] == 5
    json.dumps(facts, allow_nan=False)


@pytest.mark.slow
def test_the_same_seed_gives_the_same_bytes_with_a_fresh_and_with_a_warm_cache(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, decoded: list[int]
) -> None:
    first = run(data, seed=1)
    assert sum(decoded) == sum(1 for _ in data.glob("*/*"))  # every file once, whatever the number of views
    decoded.clear()
    warm = run(data, seed=1)
    assert sum(decoded) == 0
    monkeypatch.setenv("VITREOUS_CACHE", str(tmp_path / "another-cache"))
    fresh = run(data, seed=1)
    for name in ("model.onnx", "items.csv", "predictions.csv", "use.py"):
        assert first.read(name) == warm.read(name) == fresh.read(name), name
    assert [each.path.name for each in (first, warm, fresh)] == ["photos-1", "photos-2", "photos-3"]
    assert first.facts["metrics"] == fresh.facts["metrics"]


@pytest.mark.slow
def test_another_seed_gives_another_split_and_decodes_only_what_no_view_has_seen(data: Path, decoded: list[int]) -> None:
    first = run(data, seed=0)
    decoded.clear()
    other = run(data, seed=1)
    assert first.read("items.csv") != other.read("items.csv")
    assert sum(decoded) < sum(1 for _ in data.glob("*/*"))


@pytest.mark.slow
def test_without_a_cache_the_training_is_the_same(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = run(data)
    (tmp_path / "file").touch()
    monkeypatch.setenv("VITREOUS_CACHE", str(tmp_path / "file"))
    assert run(data).read("model.onnx") == first.read("model.onnx")


@pytest.mark.slow
def test_a_flipped_byte_in_the_pack_changes_no_model(data: Path, own_cache: Path) -> None:
    first = run(data)
    for file in (own_cache / "packs").glob("*/*.rows"):
        content = bytearray(file.read_bytes())
        content[1000] ^= 16
        file.write_bytes(content)
    assert run(data).read("model.onnx") == first.read("model.onnx")


def split_folders(folder: Path, counts: dict[str, int]) -> Path:
    for seed, (part, count) in enumerate(counts.items()):
        colourful(folder / part, {"red": count, "green": count}, seed)
    return folder


@pytest.mark.slow
def test_given_splits_are_used_as_they_are(tmp_path: Path) -> None:
    told = Told()
    trained = run(split_folders(tmp_path / "photos", {"train": 15, "Val": 5, "TEST": 8}), told)
    for path, row in rows(trained).items():
        expected = {"train": Split.TRAIN, "Val": Split.VALIDATION, "TEST": Split.TEST}[path.split("/")[0]]
        assert row.split is expected
    assert trained.facts["metrics"]["num_images"] == 16 and trained.facts["split"]["given"]


@pytest.mark.slow
def test_only_train_and_test_given_is_chosen_on_a_part_of_train_and_said(tmp_path: Path) -> None:
    told = Told()
    trained = run(split_folders(tmp_path / "photos", {"train": 15, "test": 8}), told)
    assert "No validation part is given: whatever must be chosen is chosen on a part held out from training." in told.sentences
    assert {row.split for row in rows(trained).values()} == {Split.TRAIN, Split.TEST}
    assert trained.facts["classifier"]["chosen_on"] == "5-fold cross-validation of 30 training pictures"


@pytest.mark.slow
def test_without_a_test_part_the_figures_are_out_of_fold_and_called_so(tmp_path: Path) -> None:
    trained = run(split_folders(tmp_path / "photos", {"train": 15, "val": 5}))
    metrics = trained.facts["metrics"]
    assert metrics["what"] == "30 training pictures, out of fold" and metrics["num_images"] == 30
    assert "there is no test part" in metrics["remarks"][0]
    assert predictions_from_csv(trained.read("predictions.csv")).paths == []


@pytest.mark.slow
def test_a_copy_of_a_training_picture_in_the_test_part_is_said_with_the_figure_without_it(tmp_path: Path) -> None:
    folder = split_folders(tmp_path / "photos", {"train": 15, "test": 8})
    shutil.copy(folder / "train" / "red" / "red-000.png", folder / "test" / "red" / "copy.png")
    told = Told()
    trained = run(folder, told)
    assert "1 test image belongs together with a training or validation image: test/red/copy.png with train/red/red-000.png." in told.sentences
    (remark,) = [each for each in trained.facts["metrics"]["remarks"] if "without" in each]
    assert remark.startswith("1 test picture also in training or validation (or nearly); without them accuracy ") and "on 16 pictures" in remark


def table(folder: Path, columns: list[str], lines: list[list[str]]) -> Path:
    with (folder / "photos.csv").open("w", newline="") as file:
        csv.writer(file).writerows([columns, *lines])
    return folder / "photos.csv"


def by_patient(data: Path, pictures: int) -> tuple[RunFolder, dict[str, set[Split | None]]]:
    """A run on a table that names for each picture one of the patients, who have so many pictures each; and where each patient went."""
    files = sorted(data.glob("*/*.png"))
    patients = {file.relative_to(data).as_posix(): f"p{number // pictures}" for number, file in enumerate(files)}
    source = table(data, ["image", "label", "patient"], [[path, path.split("/")[0], patient] for path, patient in patients.items()])
    trained = train(source, TrainSettings(runs=str(data.parent / "runs"), group="patient"), Told())
    sides: dict[str, set[Split | None]] = {}
    for path, row in rows(trained).items():
        sides.setdefault(patients[path], set()).add(row.split)
    return trained, sides


@pytest.mark.slow
@pytest.mark.parametrize("pictures", [2, 6])
def test_a_table_with_groups_keeps_each_group_on_one_side(pictures: int, data: Path) -> None:
    trained, sides = by_patient(data, pictures)
    assert len(sides) == 36 / pictures and all(len(side) == 1 for side in sides.values()) and trained.settings["group"] == "patient"


def test_groups_of_several_pictures_still_have_a_test_part(data: Path) -> None:
    _, sides = by_patient(data, 4)
    assert {part for side in sides.values() for part in side} == set(Split)


@pytest.mark.slow
def test_a_table_with_splits_is_used_as_it_is(data: Path) -> None:
    files = sorted(data.glob("*/*.png"))
    given = {file: ("train", "val", "test")[number % 3] for number, file in enumerate(files)}
    source = table(data, ["image", "label", "split"], [[f.relative_to(data).as_posix(), f.parent.name, given[f]] for f in files])
    trained = train(source, TrainSettings(runs=str(data.parent / "runs")), Told())
    for file in files:
        expected = {"train": Split.TRAIN, "val": Split.VALIDATION, "test": Split.TEST}[given[file]]
        assert rows(trained)[file.relative_to(data).as_posix()].split is expected


@pytest.mark.slow
def test_classes_with_few_test_pictures_get_an_out_of_fold_estimate_and_the_others_none(tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    for part, counts in (("train", {"red": 20, "green": 20}), ("test", {"red": FEW_TEST, "green": FEW_TEST - 1})):
        colourful(folder / part, counts, seed=len(part))
    metrics = run(folder).facts["metrics"]
    assert set(metrics["out_of_fold"]) == {"green"} and metrics["out_of_fold"]["green"]["count"] == 20
    assert metrics["out_of_fold"]["green"]["recall"] > 0.5
    assert any(remark.startswith("fewer than 20 test pictures: green;") for remark in metrics["remarks"])


def test_broken_files_are_left_out_listed_and_stored(data: Path) -> None:
    (data / "red" / "broken.jpg").write_bytes(b"\xff\xd8\xff no picture")
    (data / "red" / "empty.png").touch()
    told = Told()
    trained = run(data, told)
    table = rows(trained)
    assert table["red/empty.png"].left_out == "zero bytes" and table["red/empty.png"].label == "red" and table["red/empty.png"].split is None
    assert "left out: red/empty.png: zero bytes" in told.sentences
    assert {each["image"] for each in trained.facts["metrics"]["left_out"]} == {"red/broken.jpg", "red/empty.png"}
    assert trained.facts["data"]["pictures"] == 36


@pytest.mark.slow
def test_a_class_of_broken_files_alone_is_an_error_that_names_it(data: Path) -> None:
    (data / "grey").mkdir()
    for number in range(3):
        (data / "grey" / f"{number}.jpg").write_bytes(b"broken")
    with pytest.raises(DataError, match="grey"):
        run(data)
    assert not list((data.parent / "runs").iterdir())


REFUSED: dict[str, tuple[Callable[[Path], object], str]] = {
    "no such folder": (lambda folder: None, "there is no such folder or file"),
    "empty folder": (lambda folder: folder.mkdir(), "cannot read .*photos"),
    "one class": (lambda folder: colourful(folder, {"red": 5}), "only one class was found, 'red' with 5 pictures"),
    "a class with one image": (lambda folder: colourful(folder, {"red": 5, "blue": 1}), "only one picture in class 'blue'"),
    "no part to learn from": (
        lambda folder: split_folders(folder, {"val": 5, "test": 5}),
        "no picture to learn from in the classes 'green', 'red', only in other parts",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_trained_on_is_refused_and_no_run_is_left(tmp_path: Path, case: str) -> None:
    make, message = REFUSED[case]
    make(tmp_path / "photos")
    with pytest.raises(DataError, match=message):
        run(tmp_path / "photos")
    assert not (tmp_path / "runs").exists() or not list((tmp_path / "runs").iterdir())


@pytest.mark.slow
def test_the_smallest_data_of_all_can_be_trained_on(tmp_path: Path) -> None:
    trained = run(colourful(tmp_path / "photos", {"red": 2, "blue": 2}))
    assert trained.finished and trained.facts["data"]["pictures"] == 4


@pytest.mark.slow
def test_very_uneven_classes_train(tmp_path: Path) -> None:
    trained = run(colourful(tmp_path / "photos", {"red": 60, "blue": 3, "green": 8}))
    assert trained.finished and trained.facts["labels"] == ["blue", "green", "red"]


@pytest.mark.slow
def test_ugly_names_come_through_whole(tmp_path: Path) -> None:
    folder, rng = tmp_path / "photos", np.random.default_rng(0)
    names = ["=cmd()", "<b>&amp;", "two\nlines", "🐱", "-x", "a'b\"c"]
    for name in names:
        (folder / name).mkdir(parents=True)
        for number in range(6):
            coloured_picture(rng, "red").save(folder / name / f"{name} {number}.png")
    trained = run(folder)
    assert sorted(trained.facts["labels"]) == sorted(names)
    assert load_network(trained.path / "model.onnx").labels == sorted(names)
    assert set(rows(trained)) == {f"{name}/{name} {number}.png" for name in names for number in range(6)}


@pytest.mark.slow
@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="names are text there")
def test_names_that_are_no_utf8_come_through(tmp_path: Path) -> None:
    folder = colourful(tmp_path / "photos", {"red": 8, "blue": 8})
    os.rename(folder / "red" / "red-000.png", os.fsencode(folder / "red") + b"/\xff.png")
    os.rename(folder / "blue", os.fsencode(folder) + b"/blau\xe4")
    trained = run(folder)
    verify(trained)
    assert "blau\\xe4" in trained.facts["labels"] and any("\udcff" in path for path in rows(trained))


@pytest.mark.slow
def test_with_too_few_minutes_no_views_are_compared_and_it_is_said(data: Path) -> None:
    told = Told()
    trained = run(data, told, minutes=0.01)
    assert trained.facts["views"] == [] and "0.01 minutes are too few to compare views" in told.text


@pytest.mark.slow
def test_with_many_minutes_larger_views_are_tried_and_the_file_takes_the_size_chosen(data: Path) -> None:
    trained = run(data, minutes=30)
    tried = {each["view"]["size"] for each in trained.facts["views"]}
    assert tried == {SIDE, round(SIDE * 9 / 7 / 32) * 32}
    chosen = trained.facts["preprocessing"]["view"]
    assert load_network(trained.path / "model.onnx").facts["view"] == chosen


@pytest.mark.slow
def test_a_model_that_does_not_answer_as_measured_is_not_saved(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = joining.join

    def wrong(backbone: Network, view: Any, probe: Any, labels: list[str], facts: dict[str, Any]) -> Network:
        return real(backbone, view, replace(probe, link=Softmax(probe.link.temperature * 3)), labels, facts)

    monkeypatch.setattr(joining, "join", wrong)
    with pytest.raises(ModelError, match="does not give the answers that were measured"):
        run(data)
    assert not list((data.parent / "runs").iterdir())


@pytest.mark.slow
def test_an_interrupted_training_leaves_no_run_and_its_work_is_not_lost(data: Path, decoded: list[int]) -> None:
    class Impatient(Told):
        def progress(self, stage: str, done: int, total: int) -> None:
            if stage == "features" and done == 30:
                raise KeyboardInterrupt

    for file in data.glob("*/*"):
        os.utime(file, (1_700_000_000, 1_700_000_000))
    with pytest.raises(KeyboardInterrupt):
        run(data, Impatient())
    assert not list((data.parent / "runs").iterdir())
    decoded.clear()
    assert run(data).finished and sum(decoded) < 25


def test_a_place_that_cannot_be_written_is_said_before_anything_is_decoded(data: Path, decoded: list[int], tmp_path: Path) -> None:
    (tmp_path / "taken").touch()
    with pytest.raises(StorageError, match=r"cannot write .*taken"):
        train(data, TrainSettings(runs=str(tmp_path / "taken")), Told())
    assert not decoded


def test_an_expression_for_groups_that_finds_nothing_is_wrong_use(data: Path) -> None:
    with pytest.raises(UsageError, match="finds nothing"):
        run(data, group="(patient[0-9]+)")


@pytest.mark.slow
def test_pictures_of_every_kind_train_together(tmp_path: Path) -> None:
    folder, rng = tmp_path / "photos", np.random.default_rng(0)
    for label in ("red", "blue"):
        (folder / label).mkdir(parents=True)
        for number, (mode, suffix) in enumerate([("RGB", "jpg"), ("L", "png"), ("P", "gif"), ("CMYK", "jpg"), ("RGBA", "png"), ("1", "bmp")] * 2):
            picture: Image.Image = coloured_picture(rng, label)
            picture.convert(mode).save(folder / label / f"{number}.{suffix}")
    assert run(folder).facts["data"]["pictures"] == 24


@pytest.mark.slow
def test_bf16_is_given_up_aloud_where_it_changes_answers(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proving, "keeps_answers", lambda exact, fast: (False, "changes 9 of 10 answers"))
    told = Told()
    trained = run(data, told, engine="openvino-bf16")
    assert "bf16 changes 9 of 10 answers against fp32: fp32 is used." in told.sentences
    assert trained.facts["number_format"] == "f32" and load_network(trained.path / "model.onnx").number_format == "f32"


@pytest.mark.slow
def test_bf16_is_stored_with_the_run_where_it_is_used(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[int] = []
    real = proving.keeps_answers

    def counted(exact: np.ndarray, fast: np.ndarray) -> tuple[bool, str]:
        compared.append(len(exact))
        assert exact.shape == fast.shape and not np.isnan(fast).any()
        return True, real(exact, fast)[1]

    monkeypatch.setattr(proving, "keeps_answers", counted)
    trained = run(data, engine="openvino-bf16")
    validation = trained.facts["data"]["split"]["validation"]
    assert compared == [validation]
    assert trained.facts["number_format"] == "bf16" and load_network(trained.path / "model.onnx").number_format == "bf16"


def test_copies_of_one_picture_under_two_labels_are_too_little_to_train_on(data: Path) -> None:
    first = next(data.glob("*/*.png"))
    for file in data.glob("*/*.png"):
        if file != first:
            file.write_bytes(first.read_bytes())
    with pytest.raises(DataError, match=r"too little to train on: all .* belong together"):
        run(data)
