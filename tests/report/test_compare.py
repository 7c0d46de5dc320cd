"""Runs side by side: paired figures only on the same pictures, and what differs."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from made_contents import HOSTILE, made_contents, with_facts

from vitreous.core.item import Split
from vitreous.errors import UsageError
from vitreous.metrics.paired import paired
from vitreous.report import compare
from vitreous.report.alike import learned_from, shared_test
from vitreous.runs.contents import Contents
from vitreous.runs.tables import Predictions


def reversed_order(contents: Contents) -> Contents:
    told = contents.predictions
    turned = Predictions(list(told.paths)[::-1], list(told.labels)[::-1], told.classes, told.probability[::-1])
    return replace(contents, predictions=turned)


def test_the_same_pictures_in_another_order_are_the_same_test(tmp_path: Path) -> None:
    first, other = made_contents(tmp_path), made_contents(tmp_path, seed=1, name="photos-2")
    straight, _ = shared_test([first, other])
    turned, _ = shared_test([first, reversed_order(other)])
    assert straight and turned and straight.right(1) == turned.right(1) and straight.paths == turned.paths
    assert (straight.of_truth[1] == turned.of_truth[1]).all()


def test_the_paired_figures_are_those_of_the_metrics(tmp_path: Path) -> None:
    first, other = made_contents(tmp_path, sharpness=0.5), made_contents(tmp_path, seed=1, sharpness=3.0, name="photos-2")
    right = [np.array([a == b for a, b in zip(run.predictions.predicted, run.predictions.labels, strict=True)]) for run in (first, other)]
    expected = paired(right[1], right[0], np.arange(60))
    page = compare([first, other]).decode()
    assert f"{100 * expected.difference:+.1f} [" in page and f">{expected.only_first}</td>" in page
    assert f"photos-2 is right more often than photos-1, by {100 * expected.difference:.1f} points" in page


def test_two_equal_runs_show_no_difference(tmp_path: Path) -> None:
    page = compare([made_contents(tmp_path), made_contents(tmp_path)]).decode()
    assert "No difference can be told between “photos-1 (1)” and “photos-1 (2)”" in page
    assert "Settings, data and network are the same" in page and "Where they disagree" not in page


@pytest.mark.parametrize("how", ["another path", "another label", "another content", "fewer"])
def test_other_test_pictures_are_said_first_and_nothing_is_paired(how: str, tmp_path: Path) -> None:
    first, other = made_contents(tmp_path), made_contents(tmp_path, seed=1, name="photos-2")
    told = other.predictions
    paths, labels, rows = list(told.paths), list(told.labels), list(other.items)
    if how == "another path":
        paths[0] = "test/new.png"
    elif how == "another label":
        labels[0] = next(label for label in told.classes if label != labels[0])
    elif how == "another content":
        rows[0] = replace(rows[0], key="ff" * 16)
    count = 30 if how == "fewer" else 60
    other = replace(other, items=rows, predictions=Predictions(paths[:count], labels[:count], told.classes, told.probability[:count]))
    page = compare([first, other]).decode()
    assert page.index("The test pictures differ") < page.index("Figures</h2>") and "McNemar" not in page and "Where they disagree" not in page


def test_what_one_learned_from_and_another_is_tested_on_is_said(tmp_path: Path) -> None:
    first = made_contents(tmp_path)
    other = replace(made_contents(tmp_path, name="photos-2"), items=[replace(row, split=Split.TRAIN) for row in first.items])
    assert learned_from([first, other]) == [
        "photos-2 learned from 60 pictures that photos-1 is tested on: on the test of photos-1 it would look too good."
    ]


def test_what_differs_in_settings_and_network_is_listed(tmp_path: Path) -> None:
    first, other = made_contents(tmp_path), made_contents(tmp_path, seed=1, name="photos-2")
    other = with_facts(replace(other, settings=dict(other.settings) | {"minutes": 5.0, "name": "other"}), network={"network": "lenet"})
    page = compare([first, other]).decode()
    assert "--minutes" in page and "lenet" in page and "--engine" not in page and "--name" not in page


def test_the_disputed_pictures_are_those_farthest_apart(tmp_path: Path) -> None:
    first, other = made_contents(tmp_path, sharpness=0.5), made_contents(tmp_path, seed=1, sharpness=3.0, name="photos-2")
    shared, _ = shared_test([first, other])
    assert shared
    apart = {
        path: abs(one - two) for path, one, two, a, b in zip(shared.paths, *shared.of_truth, shared.right(0), shared.right(1), strict=True) if a != b
    }
    most = max(apart, key=lambda path: apart[path])
    page = compare([first, other]).decode()
    assert most in page[page.index("Where they disagree most") :].split("</li>\n")[0] or most in page


def test_runs_of_other_classes_and_hostile_labels_stand_side_by_side(tmp_path: Path) -> None:
    page = compare([made_contents(tmp_path / "a", HOSTILE), made_contents(tmp_path / "b", ("dress", "Dress"), name="\u202eb-1")]).decode()
    assert "<script>" not in page and "\u202e" not in page and "\x1b" not in page


def test_one_run_or_too_many_cannot_be_compared(tmp_path: Path) -> None:
    one = made_contents(tmp_path)
    for runs in ([one], [one] * 13):
        with pytest.raises(UsageError, match="2 to 12"):
            compare(runs)


def test_three_runs_are_set_against_the_first(tmp_path: Path) -> None:
    runs = [made_contents(tmp_path, seed=seed, sharpness=sharpness, name=f"r-{seed}") for seed, sharpness in ((0, 1.0), (1, 6.0), (2, -2.0))]
    page = compare(runs).decode()
    assert "Beside r-1" not in page and "Beside r-0: 1 is better, 1 is worse" in page
