"""A run measured again: on its own test pictures, which may have changed, and on other labelled pictures."""

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

sys.path.insert(0, str(Path(__file__).parents[1]))
from small_network import Coloured, Told, coloured_picture, colourful

from vitreous import api
from vitreous.core.item import Split
from vitreous.errors import DataError, RunError
from vitreous.fit.evaluation import answered, evaluate_stored, has_pictures
from vitreous.runs.contents import contents_of
from vitreous.runs.folder import RunFolder
from vitreous.runs.tables import Predictions, items_from_csv
from vitreous.tasks.classify.evaluate import Evaluation

pytest_plugins = ["shared_fixtures"]


def paths_of(run: RunFolder, part: Split) -> list[str]:
    return [row.path for row in items_from_csv(run.read("items.csv")) if row.split is part]


@pytest.fixture
def moved(coloured: Coloured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[api.Run, Path]:
    """The run with a copy of its data that may be changed; run.json, which is signed, keeps naming the old place."""
    data = tmp_path / "colours"
    shutil.copytree(coloured.data, data)
    run = api.load(coloured.run.path)
    facts = run._run.facts | {"data": run._run.facts["data"] | {"folder": str(data)}}
    monkeypatch.setattr(RunFolder, "facts", property(lambda self: facts))
    return run, data


def close(ours: Any, theirs: Any) -> bool:
    """Equal but for the last digits of numbers: answers came in batches of another size."""
    if isinstance(ours, dict):
        return ours.keys() == theirs.keys() and all(close(ours[key], theirs[key]) for key in ours)
    if isinstance(ours, list):
        return len(ours) == len(theirs) and all(map(close, ours, theirs))
    return bool(ours == pytest.approx(theirs, rel=1e-4)) if isinstance(ours, float) else bool(ours == theirs)


def test_the_comparison_can_fail() -> None:
    assert close({"a": [1.0, "x"]}, {"a": [1.00001, "x"]})
    assert not close({"a": [1.0]}, {"a": [1.01]}) and not close({"a": 1}, {"b": 1}) and not close([1], [1, 1]) and not close("a", "b")


def plain(evaluation: Evaluation) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(json.dumps(evaluation.to_json(), allow_nan=False))
    return value


def test_the_figures_are_those_that_were_stored_at_training(coloured: Coloured) -> None:
    again, stored = plain(api.load(coloured.run.path).evaluate()), coloured.run.facts["metrics"]
    assert stored["num_images"] >= 9
    drawn = {key for key in stored if key.endswith("_interval")} | {"classes"}
    for key in stored.keys() - drawn - {"remarks"}:
        assert close(again[key], stored[key]), key
    assert close([{k: v for k, v in each.items() if "interval" not in k} for each in again["classes"]],
                 [{k: v for k, v in each.items() if "interval" not in k} for each in stored["classes"]])  # fmt: skip
    assert again["accuracy_interval"] == stored["accuracy_interval"]
    assert set(stored["remarks"]) <= set(again["remarks"])


def test_the_intervals_are_those_that_were_stored_at_training(coloured: Coloured) -> None:
    again, stored = plain(api.load(coloured.run.path).evaluate()), coloured.run.facts["metrics"]
    for key in stored:
        if key.endswith("_interval"):
            assert close(again[key], stored[key]), key
    assert close(again["classes"], stored["classes"])


def test_a_picture_that_changed_is_left_out_and_named(moved: tuple[api.Run, Path]) -> None:
    run, data = moved
    first, second, *rest = paths_of(run._run, Split.TEST)
    coloured_picture(np.random.default_rng(77), "red").save(data / first)
    (data / second).unlink()
    result = plain(run.evaluate())
    reasons = {each["image"]: each["reason"] for each in result["left_out"]}
    assert reasons[first] == "the file has changed since the training" and "no such file" in reasons[second]
    assert result["num_images"] == len(rest)
    assert f"1 test picture changed since the training and left out: {first}" in result["remarks"]


def test_training_pictures_that_changed_are_named_and_the_figures_stay(moved: tuple[api.Run, Path]) -> None:
    run, data = moved
    first, second, *_ = paths_of(run._run, Split.TRAIN)
    coloured_picture(np.random.default_rng(78), "red").save(data / first)
    (data / second).unlink()
    result = plain(run.evaluate())
    assert f"2 training or validation pictures changed or gone since the training: {first}, {second}" in result["remarks"]
    assert result["accuracy"] == run.metrics["accuracy"] and result["left_out"] == []


def test_a_picture_with_one_flipped_bit_has_changed(moved: tuple[api.Run, Path]) -> None:
    run, data = moved
    first = paths_of(run._run, Split.TEST)[0]
    content = bytearray((data / first).read_bytes())
    content[-1] ^= 1  # in the checksum of the end marker: the picture itself still reads
    (data / first).write_bytes(content)
    assert first in {each["image"] for each in plain(run.evaluate())["left_out"]}


def test_a_file_that_was_only_touched_has_not_changed(moved: tuple[api.Run, Path]) -> None:
    run, data = moved
    for file in data.glob("*/*"):
        os.utime(file)
    result = plain(run.evaluate())
    assert result["left_out"] == [] and not any("since the training" in remark for remark in result["remarks"])


def test_without_the_data_it_is_said_where_they_were(moved: tuple[api.Run, Path]) -> None:
    run, data = moved
    shutil.rmtree(data)
    with pytest.raises(DataError, match=f"the data of the run are gone: {data}: bring the folder back, or give another"):
        run.evaluate()


def test_with_every_test_picture_gone_it_is_an_error(moved: tuple[api.Run, Path]) -> None:
    run, data = moved
    for path in paths_of(run._run, Split.TEST):
        (data / path).unlink()
    with pytest.raises(DataError, match=r"no picture is left to evaluate on: .* files left out, such as "):
        run.evaluate()


def test_another_labelled_folder_is_measured(coloured: Coloured, tmp_path: Path) -> None:
    folder = colourful(tmp_path / "new", {"red": 4, "green": 3, "blue": 5}, seed=99)
    result = plain(api.load(coloured.run.path).evaluate(folder))
    assert result["num_images"] == 12 and result["what"] == "12 labelled pictures" and result["accuracy"] > 0.5
    assert result["remarks"] == [] and result["out_of_fold"] == {}
    assert {each["label"]: each["num_images"] for each in result["classes"]} == {"blue": 5, "green": 3, "red": 4}


def test_pictures_that_were_trained_on_are_noticed_also_under_another_name(coloured: Coloured, tmp_path: Path) -> None:
    folder = colourful(tmp_path / "new", {"red": 3, "green": 3, "blue": 3}, seed=99)
    for number, path in enumerate([*paths_of(coloured.run, Split.TRAIN)[:2], *paths_of(coloured.run, Split.VALIDATION)[:1]]):
        shutil.copy(coloured.data / path, folder / path.split("/")[0] / f"renamed-{number}.png")
    result = plain(api.load(coloured.run.path).evaluate(folder))
    assert result["remarks"] == ["3 pictures of these were seen in training: the figures are too good"]


def test_the_tested_pictures_were_not_seen_in_training(coloured: Coloured, tmp_path: Path) -> None:
    for path in paths_of(coloured.run, Split.TEST):
        (tmp_path / "new" / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(coloured.data / path, tmp_path / "new" / path)
    assert plain(api.load(coloured.run.path).evaluate(tmp_path / "new"))["remarks"] == []


def test_of_a_divided_folder_only_the_test_part_is_used_and_it_is_said(coloured: Coloured, tmp_path: Path) -> None:
    for seed, part in enumerate(("train", "test")):
        colourful(tmp_path / "new" / part, {"red": 3, "blue": 3}, seed=80 + seed)
    result = plain(api.load(coloured.run.path).evaluate(tmp_path / "new"))
    assert result["num_images"] == 6 and "only the test part is used: 6 of 12 pictures" in result["remarks"]


def test_classes_that_the_model_does_not_know_are_left_out_by_name(coloured: Coloured, tmp_path: Path) -> None:
    folder = colourful(tmp_path / "new", {"red": 3, "blue": 3}, seed=99)
    shutil.copytree(folder / "red", folder / "pink<b>")
    result = plain(api.load(coloured.run.path).evaluate(folder))
    assert result["num_images"] == 6
    assert {each["reason"] for each in result["left_out"]} == {"the model does not know the class 'pink<b>'"}
    assert next(each for each in result["classes"] if each["label"] == "green")["recall"] is None


def test_only_unknown_classes_are_an_error_that_names_both_sides(coloured: Coloured, tmp_path: Path) -> None:
    folder = colourful(tmp_path / "new", {"red": 3}, seed=99)
    (folder / "red").rename(folder / "rouge")
    with pytest.raises(DataError, match="no picture has a class that the model knows: classes rouge; classes blue, green, red"):
        api.load(coloured.run.path).evaluate(folder)


def test_a_table_can_be_evaluated(coloured: Coloured, tmp_path: Path) -> None:
    folder = colourful(tmp_path / "new", {"red": 3, "blue": 3}, seed=99)
    lines = "".join(f"{path.relative_to(folder).as_posix()},{path.parent.name}\n" for path in folder.glob("*/*"))
    (folder / "t.csv").write_text("image,label\n" + lines)
    assert plain(api.load(coloured.run.path).evaluate(folder / "t.csv"))["num_images"] == 6


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("name", ["model.onnx", "items.csv", "predictions.csv", "use.py"])
@pytest.mark.parametrize(("damage", "word"), [(flip, "changed"), (Path.unlink, "missing")])
def test_a_changed_or_missing_file_of_the_run_is_named(
    name: str, damage: Callable[[Path], None], word: str, coloured: Coloured, tmp_path: Path
) -> None:
    copy = tmp_path / "copy-1"
    shutil.copytree(coloured.run.path, copy)
    damage(copy / name)
    with pytest.raises(RunError, match=f"copy-1 is not as it was written: {word}: {name}; restore it from a copy or train again"):
        api.load(copy).evaluate()


def test_a_changed_run_json_does_not_open(coloured: Coloured, tmp_path: Path) -> None:
    copy = tmp_path / "copy-1"
    shutil.copytree(coloured.run.path, copy)
    text = (copy / "run.json").read_text()
    (copy / "run.json").write_text(text.replace('"accuracy": ', '"accuracy": 1', 1))
    with pytest.raises(RunError, match=r"run\.json (was changed after it was written|cannot be read)"):
        api.load(copy)


def test_every_answer_is_kept_beside_the_figures(coloured: Coloured, tmp_path: Path) -> None:
    folder = colourful(tmp_path / "new", {"red": 4, "green": 3, "blue": 5}, seed=99)
    shutil.copy(folder / "red" / "red-000.png", folder / "red" / "copy.png")
    evaluation = api.load(coloured.run.path).evaluate(folder)
    predictions, groups = evaluation.predictions, evaluation.groups
    assert predictions is not None and groups is not None and len(predictions.paths) == len(groups) == 13
    assert np.mean(np.equal(predictions.predicted, predictions.labels)) == pytest.approx(evaluation.scores.accuracy)
    place = {path: number for number, path in enumerate(predictions.paths)}
    assert groups[place["red/copy.png"]] == groups[place["red/red-000.png"]] and len(set(groups.tolist())) == 12


def test_what_was_seen_of_each_picture_comes_with_its_answer(coloured: Coloured, tmp_path: Path) -> None:
    folder = colourful(tmp_path / "new", {"red": 2, "blue": 2}, seed=99)
    (folder / "red" / "broken.png").write_bytes(b"no picture")
    network = api.load(coloured.run.path).network
    found = answered(coloured.run, network, folder, "auto", Told())
    assert [item.relative for item in found.items] == ["blue/blue-000.png", "blue/blue-001.png", "red/red-000.png", "red/red-001.png"]
    assert found.width.tolist() == [48] * 4 and found.height.tolist() == [40] * 4 and found.thumbnail.shape == (4, 32, 32)
    assert [network.labels[number] for number in found.target] == ["blue", "blue", "red", "red"]
    assert [each.relative for each in found.left_out] == ["red/broken.png"] and len(set(found.key)) == 4


def test_stored_answers_give_the_figures_of_the_training(coloured: Coloured) -> None:
    again, stored = plain(evaluate_stored(coloured.run)), coloured.run.facts["metrics"]
    assert {key: again[key] for key in stored.keys() - {"remarks"}} == {key: stored[key] for key in stored.keys() - {"remarks"}}
    assert again["remarks"][0] == "these are the figures of the answers that the training stored"


def test_a_run_without_test_part_is_judged_by_what_was_held_out(moved: tuple[api.Run, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    run, data = moved
    assert has_pictures(run._run)
    contents = contents_of(run._run)
    none = Predictions([], [], contents.predictions.classes, contents.predictions.probability[:0])
    monkeypatch.setattr("vitreous.fit.evaluation.contents_of", lambda _: replace(contents, predictions=none, held_out=contents.predictions))
    value = plain(evaluate_stored(run._run))
    assert value["what"] == f"{len(contents.predictions.paths)} held-out pictures" and value["remarks"][0].startswith("there is no test part: ")
    monkeypatch.setattr("vitreous.fit.evaluation.contents_of", lambda _: replace(contents, predictions=none, held_out=None))
    shutil.rmtree(data)
    assert not has_pictures(run._run)
    with pytest.raises(DataError, match=r"the data of the run are gone \(.*\): the run has no stored answers: give a labelled folder"):
        evaluate_stored(run._run)


def test_it_is_said_that_the_figures_are_not_those_of_a_stored_decision(coloured: Coloured, monkeypatch: pytest.MonkeyPatch) -> None:
    facts = dict(coloured.run.facts)
    said = "the figures are those of the most probable class, not of the decision that is stored with the run"
    assert said not in evaluate_stored(coloured.run).remarks
    monkeypatch.setattr(RunFolder, "facts", property(lambda self: facts | {"decision": {"wish": "max_error"}}))
    assert said in evaluate_stored(coloured.run).remarks and said in api.load(coloured.run.path).evaluate().remarks
