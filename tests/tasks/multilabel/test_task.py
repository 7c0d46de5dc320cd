"""What of the data can be learned as several labels, and what is said of the rest."""

from pathlib import Path

import numpy as np
import pytest

from vitreous.core.item import Item, Source, Split
from vitreous.errors import DataError, ModelError
from vitreous.tasks.multilabel.task import Multilabel
from vitreous.tasks.task import task_named

TASK = Multilabel()


def source(*labels: str, several: tuple[str, ...] = ("ace", "king"), split: list[Split | None] | None = None, columns: bool = False) -> Source:
    items = [Item(f"{i}.jpg", f"{i}.jpg", label, split[i] if split else None) for i, label in enumerate(labels)]
    return Source(Path("data"), "csv", items, [], [], "t.csv", several, columns)


def test_targets_are_one_zero_and_unknown() -> None:
    items = source("ace", "ace;king", "", "?ace;king").items
    np.testing.assert_array_equal(TASK.target(items, ["ace", "king"]), [[1, 0], [1, 1], [0, 0], [np.nan, 1]])


@pytest.mark.parametrize(
    ("labels", "why"),
    [
        (("ace;x", "ace;x", "x", "x"), "every picture of which it is known has it"),
        (("ace;x", "ace", "", ""), "only one picture has it"),
        (("ace;?x", "ace;?x", "?x", "?x"), "of no picture is it known"),
        (("ace", "ace", "", ""), "no picture has it"),
        (("ace;x", "ace;x", "x", ""), "has it not"),
    ],
)
def test_a_label_that_cannot_be_learned_is_left_out_with_its_reason_and_the_pictures_stay(labels: tuple[str, ...], why: str) -> None:
    made = TASK.learnable(source(*labels, several=("ace", "x")))
    assert made.labels == ["ace"] and len(made.items) == 4
    assert any(f"the label 'x' is left out of the model: {why}" in remark or why in remark for remark in made.remarks)


def test_a_label_in_test_only_is_left_out() -> None:
    parts = [Split.TRAIN, Split.TRAIN, Split.TRAIN, Split.TEST, Split.TEST]
    made = TASK.learnable(source("ace", "ace", "", "king", "king", split=parts))
    assert made.labels == ["ace"] and "no training picture has it" in made.remarks[0]


def test_a_label_in_one_row_names_what_may_have_been_meant() -> None:
    made = TASK.learnable(source("king", "king", "kign", "", several=("king", "kign")))
    assert made.labels == ["king"] and "did you mean 'king'?" in made.remarks[0]


def test_a_table_without_any_label_and_one_with_a_label_that_all_have_are_refused() -> None:
    with pytest.raises(DataError, match="no picture of 3 has any label"):
        TASK.learnable(source("", "", "", several=()))
    with pytest.raises(DataError, match="every picture of which it is known has it"):
        TASK.learnable(source("ace", "ace", several=("ace",)))


def test_for_other_data_unknown_labels_are_said_and_missing_columns_are_unknown() -> None:
    items, left_out, remarks = TASK.known_to(["ace", "king"], source("ace;ten", "", several=("ace", "ten"), columns=True))
    assert not left_out and any("'ten'" in remark for remark in remarks) and any("no column" in remark for remark in remarks)
    np.testing.assert_array_equal(TASK.target(items, ["ace", "king"]), [[1, np.nan], [0, np.nan]])
    cells, _, said = TASK.known_to(["ace", "king"], source("ace", "", several=("ace",)))
    assert not np.isnan(TASK.target(cells, ["ace", "king"])).any() and any("absent" in remark for remark in said)


def test_data_without_one_of_the_models_labels_are_refused() -> None:
    with pytest.raises(DataError, match="none of the labels that the model knows"):
        TASK.known_to(["ace"], source("ten", several=("ten",)))


def test_rare_labels_and_pictures_without_any_are_remarked() -> None:
    said = TASK.about_balance(source(*["ace"] * 30, "king", "").items)
    assert any("'king' stands in fewer than one picture in twenty" in remark for remark in said)
    assert any("1 picture has none" in remark for remark in said)


def test_labels_of_markup_and_control_codes_are_shown_safely() -> None:
    made = TASK.learnable(source("a", "a", "x\x1b[31m", "", several=("a", "x\x1b[31m")))
    assert "\x1b" not in " ".join(made.remarks)


def test_a_task_of_a_newer_version_is_refused() -> None:
    with pytest.raises(ModelError, match="not known"):
        task_named("detect")
