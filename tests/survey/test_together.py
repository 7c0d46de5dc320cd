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


def test_the_table_of_pairs_is_symmetric_and_has_the_counts_on_its_diagonal(facts: Facts) -> None:
    assert facts.together is not None
    table, both = facts.together.table(facts.classes), facts.together.pairs["blue", "red"]
    assert table.tolist() == [[facts.classes["blue"], both], [both, facts.classes["red"]]]


def test_one_label_is_enough_and_one_that_no_picture_has_gets_no_bar(tmp_path: Path) -> None:
    table = several_pictures(tmp_path / "data", 24)
    names = [line.split(",")[0] for line in table.read_text().splitlines()[1:]]
    table.write_text("image,rare,red\n" + "".join(f"{name},0,{int(k < 9)}\n" for k, name in enumerate(names)))
    lines = api.look(table).lines()
    assert next(line for line in lines if line.split()[:1] == ["rare"]).split() == ["rare", "0"]
    assert not any("class" in line and "telling" not in line and "gives a class" not in line for line in lines)
    table.write_text("image,red\n" + "".join(f"{name},1\n" for name in names))
    lines = api.look(table).lines()
    assert any("every picture has a label" in line for line in lines) and not any("one class only" in line for line in lines)


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
