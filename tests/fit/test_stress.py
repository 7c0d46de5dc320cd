"""A stress test of a run: the plain accuracy is that of evaluate, each picture is decoded once, and sentences say what the table says."""

import json
import os
import shutil
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from small_network import Coloured, Told, coloured_picture, colourful

from vitreous import api
from vitreous.core.item import Item
from vitreous.data.corruptions import CORRUPTIONS
from vitreous.data.decode import open_upright
from vitreous.errors import DataError
from vitreous.fit import stress as module
from vitreous.fit.stress import VERSIONS, sampled, summary
from vitreous.tasks.classify.stress import Stress

pytest_plugins = ["shared_fixtures"]


@pytest.fixture(scope="module")
def tested(coloured: Coloured) -> Stress:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VITREOUS_CACHE", str(coloured.cache))
        return api.load(coloured.run.path).stress()


def made(accuracies: dict[str, list[float]], plain: float = 0.9, count: int = 200) -> Stress:
    """A test of `count` pictures in which so many answers are right; corruptions that are not named do no harm."""
    columns = [plain] + [value for name in CORRUPTIONS for value in accuracies.get(name, [plain] * 5)]
    right = np.stack([np.arange(count) < round(share * count) for share in columns], axis=1)
    return summary(right, np.full(right.shape, 0.9), np.arange(count), f"{count} test pictures", [], [])


def test_the_accuracy_on_the_pictures_as_they_are_is_that_of_evaluate(coloured: Coloured, tested: Stress) -> None:
    evaluation = api.load(coloured.run.path).evaluate()
    assert tested.plain.accuracy == evaluation.scores.accuracy and tested.plain.accuracy_interval == evaluation.scores.accuracy_interval
    assert tested.what == evaluation.what and tested.plain.lost == 0


def test_every_corruption_has_an_accuracy_at_each_strength(tested: Stress) -> None:
    assert [harm.name for harm in tested.harms] == list(CORRUPTIONS)
    for harm in tested.harms:
        assert len(harm.cells) == 5
        assert all(cell.accuracy_interval[0] <= cell.accuracy <= cell.accuracy_interval[1] for cell in harm.cells)
    assert tested.mean_accuracy == pytest.approx(np.mean([cell.accuracy for harm in tested.harms for cell in harm.cells]))
    assert tested.mean_accuracy_interval[0] < tested.mean_accuracy < tested.mean_accuracy_interval[1]


def test_it_is_the_same_every_time_and_in_any_engine(coloured: Coloured, tested: Stress) -> None:
    assert api.load(coloured.run.path).stress().to_json() == tested.to_json()
    other = api.load(coloured.run.path).stress(engine="onnxruntime")
    assert [h.accuracy for h in other.harms] == pytest.approx([h.accuracy for h in tested.harms], abs=0.02)  # a tie or so


def test_each_picture_is_decoded_once(coloured: Coloured, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: Counter[bytes] = Counter()
    original = open_upright

    def counted(data: bytes, *arguments: Any) -> Any:
        opened[data] += 1
        return original(data, *arguments)

    monkeypatch.setattr(module, "open_upright", counted)
    result = api.load(coloured.run.path).stress()
    assert len(opened) == result.num_images and set(opened.values()) == {1}


def test_it_says_what_it_does_and_how_far_it_is(coloured: Coloured) -> None:
    told = Told()
    result = api.load(coloured.run.path).stress(reporter=told)
    assert f"11 corruptions at 5 strengths on {result.what}" in told.text
    assert set(told.stages) == {"corrupted pictures"} and len(told.stages) == result.num_images


def test_another_folder_can_be_tested_and_a_broken_picture_is_left_out_by_name(coloured: Coloured, tmp_path: Path) -> None:
    folder = colourful(tmp_path / "new", {"red": 3, "blue": 2}, seed=99)
    (folder / "red" / "bad.png").write_bytes((folder / "red" / "red-000.png").read_bytes()[:200])
    result = api.load(coloured.run.path).stress(folder)
    assert result.what == "5 labelled pictures"
    assert [each.relative for each in result.left_out] == ["red/bad.png"] and "red/bad.png: " in repr(result)


def test_with_only_broken_pictures_it_is_an_error(coloured: Coloured, tmp_path: Path) -> None:
    (tmp_path / "new" / "red").mkdir(parents=True)
    (tmp_path / "new" / "red" / "bad.png").write_bytes(b"\x89PNG\r\n\x1a\n broken")
    with pytest.raises(DataError, match=r"no picture is left to test: 1 file left out, such as red/bad\.png"):
        api.load(coloured.run.path).stress(tmp_path / "new")


def test_a_test_picture_that_changed_is_left_out(coloured: Coloured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from vitreous.runs.folder import RunFolder

    shutil.copytree(coloured.data, tmp_path / "colours")
    run = api.load(coloured.run.path)
    facts = run._run.facts | {"data": run._run.facts["data"] | {"folder": str(tmp_path / "colours")}}
    monkeypatch.setattr(RunFolder, "facts", property(lambda self: facts))
    row = next(line.split(",")[0] for line in run._run.read("items.csv").decode().splitlines() if ",test," in line)
    coloured_picture(np.random.default_rng(77), "red").save(tmp_path / "colours" / row)
    assert [each.reason for each in run.stress().left_out] == ["the file has changed since the training"]


def items(counts: dict[str, int]) -> list[Item]:
    return [Item(f"/x/{label}/{n}", f"{label}/{n}", label) for label, count in counts.items() for n in range(count)]


@pytest.mark.parametrize("seed", range(5))
def test_a_sample_holds_each_class_by_its_share(seed: int) -> None:
    everything = items({"a": 600, "b": 300, "c": 90, "d": 10})
    chosen = sampled(everything, 500, seed)
    counts = Counter(item.label for item in chosen)
    assert len(chosen) == len(set(chosen)) == 500
    assert all(abs(counts[label] - share) <= 1 for label, share in {"a": 300, "b": 150, "c": 45, "d": 5}.items())
    assert chosen == sorted(chosen, key=everything.index) == sampled(everything, 500, seed)
    assert chosen != sampled(everything, 500, seed + 1)


def test_of_many_pictures_a_part_is_drawn_and_it_is_said(coloured: Coloured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_PICTURES", 5)
    result = api.load(coloured.run.path).stress()
    assert result.num_images == 5 and any(remark.startswith("5 of the ") and "drawn, from each class" in remark for remark in result.remarks)


def test_sentences_say_from_where_on_how_much_is_lost() -> None:
    found = made(
        {"Gaussian blur": [0.9, 0.87, 0.7, 0.55, 0.3], "JPEG": [0.9, 0.9, 0.9, 0.89, 0.78], "underexposure": [0.9, 0.5, 0.9, 0.9, 0.9]}
    ).findings()
    assert found[0].startswith("Accuracy is 0.900 [0.851, 0.934] on the pictures as they are, and 0.8")
    assert "Gaussian blur: from 2 px on one right answer in ten is lost, from 4 px on one right answer in three is lost, " in found[1]
    assert found[1].endswith("from 8 px on half of the right answers are lost.")
    assert "JPEG: from quality 5 on one right answer in ten is lost." in found
    assert not any(sentence.startswith("Underexposure") for sentence in found)  # it recovers: nothing holds from there on
    assert any(sentence.startswith("With motion blur, ") and sentence.endswith("twenty is lost at every strength.") for sentence in found)
    assert "It does not notice: with Gaussian blur at 8 px it is right in 30 % of the cases and 90 % sure." in found


def test_a_loss_within_chance_is_not_told() -> None:
    few = made({"Gaussian blur": [0.9, 0.9, 0.9, 0.9, 0.7]}, count=10)  # 2 of 9 right answers: p = 0.25
    assert not any(sentence.startswith("Gaussian blur:") for sentence in few.findings())


def test_the_chance_of_a_loss_is_mcnemars() -> None:
    before, after = np.array([True] * 8 + [False] * 2), np.array([False] * 5 + [True] * 4 + [False])
    # 5 turned wrong, 1 turned right: (6 + 1) / 2⁶
    assert module._chance(before, after) == pytest.approx(7 / 64)
    assert module._chance(before, before) == 1


def test_copies_widen_the_intervals() -> None:
    right = np.random.default_rng(0).random((100, 1 + len(VERSIONS))) < 0.7
    twice, group = np.repeat(right, 2, axis=0), np.repeat(np.arange(100), 2)
    alone = summary(twice, np.full(twice.shape, 0.9), np.arange(200), "", [], [])
    together = summary(twice, np.full(twice.shape, 0.9), group, "", [], [])
    for one, other in (
        (alone.plain.accuracy_interval, together.plain.accuracy_interval),
        (alone.mean_accuracy_interval, together.mean_accuracy_interval),
    ):
        assert np.ptp(other) > 1.3 * np.ptp(one)


@pytest.mark.slow
def test_the_interval_of_the_mean_holds_the_truth() -> None:
    rng, held = np.random.default_rng(1), 0
    for _ in range(1000):
        ease = rng.beta(4, 1, 100)  # pictures differ: the versions of one are alike
        low, high = module._mean_interval(rng.binomial(55, ease) / 55, np.arange(100))
        held += low <= 0.8 <= high
    assert 930 <= held <= 970


@pytest.mark.parametrize("right", [True, False])
def test_all_right_and_all_wrong_can_be_told(right: bool) -> None:
    result = made({}, plain=1.0 if right else 0.0, count=1)
    assert result.lines() and json.dumps(result.to_json(), allow_nan=False)
    assert result.mean_accuracy_interval[0 if right else 1] not in (0.0, 1.0)


def test_it_is_plain_json_and_a_page_without_markup_from_names(tested: Stress) -> None:
    value = json.loads(json.dumps(tested.to_json(), allow_nan=False))
    assert len(value["corruptions"]) == 11 and value["corruptions"][0]["strengths"][0]["strength"] == 0.5
    assert set(value) >= {"num_images", "accuracy", "accuracy_interval", "mean_corruption_accuracy", "findings", "left_out", "remarks"}
    assert tested._repr_html_().count("<tr>") == 12


def test_the_table_fits_into_80_columns(tested: Stress) -> None:
    assert max(len(line) for line in tested.lines() if line.startswith("  ")) <= 80


@pytest.mark.slow
def test_the_curves_are_drawn(tested: Stress) -> None:
    assert tested.picture().startswith(b"\x89PNG") and b"<svg" in tested.picture("svg", "dark")


@pytest.mark.slow
def test_memory_does_not_grow_with_the_pictures(coloured: Coloured, tmp_path: Path) -> None:
    waiting, most = 0, 0
    original_versions, original_add = module._versions, module._Answered.add

    def begun(*arguments: Any) -> Any:
        nonlocal waiting, most
        waiting += 1
        most = max(most, waiting)
        return original_versions(*arguments)

    def added(self: Any, *arguments: Any) -> None:
        nonlocal waiting
        original_add(self, *arguments)
        waiting -= 1

    folder = colourful(tmp_path / "new", {"red": 20, "blue": 20}, seed=98)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_versions", begun)
        patch.setattr(module._Answered, "add", added)
        api.load(coloured.run.path).stress(folder)
    assert most <= (os.cpu_count() or 1) + 3
