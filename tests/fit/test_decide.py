"""Deciding: what is chosen, what is stored and where, what is refused, and that nothing is lost on the way."""

import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from small_network import Coloured

from vitreous.core.item import Split
from vitreous.errors import DataError, RunError, UsageError
from vitreous.fit.decide import Wish, chosen, decide, forget
from vitreous.infer.engine import default_setting, run_batch, start_engine
from vitreous.infer.network import load_network
from vitreous.runs.contents import HELD_OUT_CSV, Contents, no_documents
from vitreous.runs.folder import RunFolder, open_run, verify
from vitreous.runs.tables import ItemRow, Predictions, items_from_csv, predictions_from_csv

pytest_plugins = ["shared_fixtures"]


@pytest.fixture
def run(coloured: Coloured, tmp_path: Path) -> RunFolder:
    shutil.copytree(coloured.run.path, tmp_path / "colours-1")
    return open_run(tmp_path / "colours-1")


def made_up(counts: dict[str, int], seed: int = 0, groups: dict[str, int] | None = None) -> Contents:
    """A run whose scores are Gaussian, of which nothing but these tables is there."""
    rng, labels = np.random.default_rng(seed), list(counts)

    def answers(part: str) -> Predictions:
        target = np.repeat(np.arange(len(labels)), list(counts.values()))
        odds = np.exp(rng.normal(0, 1, (len(target), len(labels))) + 2.5 * np.eye(len(labels))[target])
        paths = [f"{part}/{number}.jpg" for number in range(len(target))]
        return Predictions(paths, [labels[k] for k in target], labels, (odds / odds.sum(1, keepdims=True)).astype(np.float32))

    held, test = answers("held"), answers("test")
    items = [ItemRow(path, label=label, split=Split.TRAIN) for path, label in zip(held.paths, held.labels, strict=True)]
    facts = {"labels": labels, "groups": groups or {}, "held_out": {"what": "the pictures held out"}}
    return Contents("x-1", facts, {}, items, test, held)


def shares(contents: Contents, label: str, threshold: float) -> tuple[float, float]:
    """Missed of the class, and falsely alarmed of the others, by counting."""
    assert contents.held_out
    score = contents.held_out.probability[:, list(contents.held_out.classes).index(label)]
    own = np.array([each == label for each in contents.held_out.labels])
    return float((score[own] < threshold).mean()), float((score[~own] >= threshold).mean())


def test_the_figures_are_those_of_counting() -> None:
    contents = made_up({"scratch": 300, "fine": 700})
    decision = chosen(contents, Wish("scratch", max_miss=0.05, prevalence=0.1))
    missed, alarms = shares(contents, "scratch", float(decision.threshold or 0))
    figures = {name: each.value for name, each in decision.figures.items()}
    assert figures["miss_rate"] == pytest.approx(missed) and figures["false_alarm_rate"] == pytest.approx(alarms)
    assert figures["misses_per_1000"] == pytest.approx(100 * missed) and figures["false_alarms_per_1000"] == pytest.approx(900 * alarms)
    assert decision.bound is not None and missed < decision.bound <= 0.05 and decision.label == "scratch" and decision.prevalence == 0.1
    for each in decision.figures.values():
        assert each.value is not None and each.interval[0] <= each.value <= each.interval[1]
    text = "\n".join(decision.sentences)
    assert "100 of them 'scratch' (as asked)" in text and "300 of them" not in text and "With 95 % confidence at most 5 % of 'scratch'" in text


def test_without_a_prevalence_it_is_that_of_the_data() -> None:
    decision = chosen(made_up({"scratch": 300, "fine": 700}), Wish("scratch", max_false_alarms=0.05))
    assert decision.prevalence == pytest.approx(0.3) and "300 of them 'scratch' (as in the data)" in "\n".join(decision.sentences)
    assert decision.figures["false_alarm_rate"].value is not None and decision.figures["false_alarm_rate"].value <= 0.05


def test_copies_count_once() -> None:
    pictures = {f"held/{number}.jpg": number // 2 for number in range(100)}
    alone, in_pairs = (chosen(made_up({"a": 100, "b": 100}, groups=groups), Wish("a", max_miss=0.2)) for groups in ({}, pictures))
    assert "copies counted once" in repr(in_pairs) and "copies counted once" not in repr(alone)
    assert np.diff(in_pairs.figures["miss_rate"].interval) > np.diff(alone.figures["miss_rate"].interval)
    with pytest.raises(DataError, match=r"there are 50 pictures of 'a'"):
        chosen(made_up({"a": 100, "b": 100}, groups=pictures), Wish("a", max_miss=0.05))


@pytest.mark.parametrize(
    ("wish", "there", "needed", "best"),
    [
        (Wish("a", max_miss=0.02), "30 pictures of 'a'", "149 are needed, for which a training takes about 149 of them", "9.6 % (--max-miss 0.096)"),
        (Wish("a", max_false_alarms=0.001), "170 pictures that are not 'a'", "2,995 are needed", "1.8 % (--max-false-alarms 0.018)"),
        (Wish("a", max_miss=0), "30 pictures", "no finite number of pictures", "9.6 %"),
        (Wish("a", max_false_alarms=0), "170 pictures", "no finite number of pictures", "1.8 %"),
        (Wish(max_error=0.001), "200 pictures", "4,093 answers without a mistake", "the best that can be promised"),
        (Wish(max_error=0), "200 pictures", "no finite number of pictures", "the best that can be promised"),
    ],
)
def test_what_cannot_be_promised_is_said_with_what_is_needed_and_the_best(wish: Wish, there: str, needed: str, best: str) -> None:
    with pytest.raises(DataError) as error:
        chosen(made_up({"a": 30, "b": 170}), wish)
    for part in (there, needed, best):
        assert part in str(error.value)


def test_the_best_that_is_offered_is_promised() -> None:
    contents = made_up({"a": 30, "b": 170})
    assert chosen(contents, Wish("a", max_miss=0.096)).bound is not None
    assert chosen(contents, Wish("a", max_false_alarms=0.018)).bound is not None


def test_a_class_of_which_nothing_is_held_out_can_promise_nothing() -> None:
    with pytest.raises(DataError, match=r"there are 0 pictures of 'a'.*149 are needed; with these pictures nothing can be promised"):
        chosen(made_up({"a": 0, "b": 20}), Wish("a", max_miss=0.02))


def test_i_do_not_know_keeps_the_error_and_says_what_stays_unanswered() -> None:
    contents = made_up({"a": 400, "b": 400, "c": 400})
    decision = chosen(contents, Wish(max_error=0.05))
    assert contents.held_out and decision.threshold
    sure = contents.held_out.confidence >= decision.threshold
    wrong = np.array(contents.held_out.predicted) != np.array(contents.held_out.labels)
    assert decision.figures["unanswered"].value == pytest.approx(1 - sure.mean())
    assert decision.figures["error_rate"].value == pytest.approx(wrong[sure].mean()) and wrong[sure].mean() < 0.05 < wrong.mean()


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        (Wish(), "no wish"),
        (Wish("red", max_miss=0.1, max_error=0.1), "--max-miss and --max-error"),
        (Wish(max_miss=0.1), "--max-miss of which class\\?"),
        (Wish("rde", max_miss=0.1), "there is no class 'rde': did you mean 'red' or 'green'\\?"),
        (Wish("red", max_error=0.1), "--class with --max-error"),
        (Wish(max_error=0.1, prevalence=0.1), "--prevalence with --max-error"),
        (Wish("red", max_miss=2), "--max-miss: 2; a share from 0 to 1 is needed"),
        (Wish("red", max_false_alarms=float("nan")), "--max-false-alarms: nan"),
        (Wish("red", max_miss=0.1, prevalence=-1), "--prevalence: -1"),
    ],
)
def test_a_wish_that_cannot_be_meant_is_wrong_use(wish: Wish, said: str, run: RunFolder) -> None:
    with pytest.raises(UsageError, match=said):
        decide(run, wish, no_documents)


def test_a_training_keeps_answers_on_pictures_that_the_model_was_not_fitted_to(coloured: Coloured) -> None:
    held = predictions_from_csv(coloured.run.read(HELD_OUT_CSV))
    split = {row.path: row.split for row in items_from_csv(coloured.run.read("items.csv"))}
    assert len(held.paths) == coloured.run.facts["held_out"]["pictures"] == len(set(held.paths)) >= 40
    assert {split[path] for path in held.paths} == {Split.TRAIN, Split.VALIDATION}
    np.testing.assert_allclose(held.probability.sum(1), 1, atol=1e-5)
    right = np.mean(np.array(held.predicted) == np.array(held.labels))
    assert 0.5 < right < 1  # fitted to them, 24 features would know all of 42 pictures


def test_the_decision_is_stored_and_the_weights_and_answers_stay(run: RunFolder, coloured: Coloured) -> None:
    import onnx

    before, facts, told = run.read("model.onnx"), dict(run.facts), []

    def documents(contents: Contents) -> dict[str, bytes]:
        told.append(contents.facts["decision"]["label"])
        return {"report.html": b"made again"}

    decision, after = decide(run, Wish("red", max_miss=0.3), documents)
    verify(open_run(run.path))
    assert after.facts == facts | {"decision": json.loads(json.dumps(decision.to_json()))} == open_run(run.path).facts
    assert told == ["red"] and after.read("report.html") == b"made again"
    old, new = onnx.load_model_from_string(before), onnx.load_model_from_string(after.read("model.onnx"))
    assert old.graph == new.graph and len(new.metadata_props) == len(old.metadata_props) + 1
    pictures = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3), np.uint8)
    networks = (load_network(coloured.run.file("model.onnx")), load_network(after.file("model.onnx")))
    one, other = (run_batch(start_engine(each, default_setting(3, "f32")), pictures)["probability"] for each in networks)
    np.testing.assert_array_equal(one, other)
    assert after.read("predictions.csv") == run.read("predictions.csv")


def test_a_second_decision_replaces_the_first_and_none_brings_back_the_bytes(run: RunFolder) -> None:
    before = run.read("model.onnx")
    _, first = decide(run, Wish("red", max_miss=0.3), no_documents)
    _, second = decide(first, Wish("blue", max_false_alarms=0.3), no_documents)
    assert second.facts["decision"]["label"] == "blue" and len(load_network(second.file("model.onnx")).decision or {}) > 0
    assert (load_network(second.file("model.onnx")).decision or {})["label"] == "blue"
    last = forget(second, no_documents)
    assert last.read("model.onnx") == before and "decision" not in last.facts and open_run(run.path).facts == last.facts
    assert forget(last, no_documents) == last


def test_what_is_not_promised_is_not_stored(run: RunFolder) -> None:
    before = run.document
    with pytest.raises(DataError):
        decide(run, Wish("red", max_miss=0.001), no_documents)
    assert open_run(run.path).document == before


def test_a_run_of_an_older_version_is_to_be_trained_again(run: RunFolder) -> None:
    from dataclasses import replace

    from vitreous.runs.next_state import replace_state

    kept: dict[str, bytes | Path] = {name: run.file(name) for name in run.document.files if name != HELD_OUT_CSV}
    replace_state(run.path, kept, replace(run.document))
    with pytest.raises(RunError, match=r"an older version trained it.*train again"):
        decide(open_run(run.path), Wish("red", max_miss=0.3), no_documents)


def test_a_damaged_table_is_named(run: RunFolder) -> None:
    run.file(HELD_OUT_CSV).write_bytes(run.read(HELD_OUT_CSV)[:-3])
    with pytest.raises(RunError, match=r"changed: held_out\.csv"):
        decide(run, Wish("red", max_miss=0.3), no_documents)


class PowerCut(BaseException):
    """Not an Exception, as a kill cannot be caught."""


@pytest.mark.slow
def test_a_power_cut_at_every_change_of_the_disk_leaves_the_old_decision_or_the_new(coloured: Coloured, tmp_path: Path, monkeypatch: Any) -> None:
    left, real = [0], {name: getattr(os, name) for name in ("write", "fsync", "replace", "unlink", "rmdir", "mkdir")}

    def counted(call: Callable[..., Any]) -> Callable[..., Any]:
        def step(*args: Any, **named: Any) -> Any:
            left[0] -= 1
            if left[0] < 0:
                raise PowerCut
            return call(*args, **named)

        return step

    outcomes = []
    for cut in range(0, 400, 2):
        shutil.copytree(coloured.run.path, tmp_path / f"x-{cut}")
        run, done = open_run(tmp_path / f"x-{cut}"), False
        with monkeypatch.context() as patch:
            for name, call in real.items():
                patch.setattr(os, name, counted(call))
            left[0] = cut
            try:
                decide(run, Wish("red", max_miss=0.3), no_documents)
                done = True
            except PowerCut:
                pass
        after = open_run(run.path)
        verify(after)
        stored = load_network(after.file("model.onnx")).decision
        assert (stored is not None) == ("decision" in after.facts)
        outcomes.append(stored is not None)
        shutil.rmtree(run.path)
        if done:
            break
    assert done and outcomes == sorted(outcomes) and outcomes.count(False) > 5 and outcomes.count(True) > 2
