"""Which labels stand together, in a look at pictures with several of them."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from several_labels import several_pictures

from vitreous import api
from vitreous.core.presence import Presence
from vitreous.data.sources import read_source
from vitreous.errors import UsageError
from vitreous.report.look_page import look_page
from vitreous.survey import Facts
from vitreous.survey.together import together


@pytest.fixture
def facts(tmp_path: Path) -> Facts:
    return api.look(several_pictures(tmp_path / "data", 24, split=["train", "train", "test"]))


def test_labels_pairs_and_pictures_without_any_are_counted(facts: Facts) -> None:
    told = [Presence.read(item.label).present for item in read_source(facts.folder / "labels.csv").items]
    assert facts.together is not None
    assert facts.classes == {label: sum(label in each for each in told) for label in ("blue", "red")}
    assert facts.together.pairs == {("blue", "red"): sum(len(each) == 2 for each in told)}
    assert facts.together.without == sum(not each for each in told) and facts.together.most == 2
    assert sum(facts.splits[part].get("red", 0) for part in facts.splits) == facts.classes["red"]


def test_text_json_and_page_tell_them(facts: Facts) -> None:
    text, page = "\n".join(facts.lines()), look_page(facts).decode()
    assert "24 pictures with 2 labels" in text and "blue + red" in text and "no label; at most 2 in one" in text
    assert facts.to_json()["together"]["pairs"][0]["labels"] == ["blue", "red"]
    assert "Labels that stand together" in page and "none of the labels" in page


def test_unknown_cells_are_counted_and_one_label_each_stands_with_nothing() -> None:
    labels = np.array(["a;b", "?a", "", "c"], object)
    found = together(labels, ("a", "b", "c"))
    assert found is not None and (found.unknown, found.without, found.most) == (1, 2, 2)
    assert together(labels, None) is None


def test_the_task_can_be_asked_for(tmp_path: Path) -> None:
    table = several_pictures(tmp_path / "data", 24)
    assert api.look(table, task="classify").together is None
    with pytest.raises(UsageError, match="there is no task"):
        api.look(table, task="detect")
