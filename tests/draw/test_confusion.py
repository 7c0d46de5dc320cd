"""The confusion matrix, against tables counted by hand."""

import numpy as np
import pytest
from drawn_pictures import all_inside, pixels, texts

from vitreous.draw.confusion import confusion, finding, shades
from vitreous.draw.theme import DARK, LIGHT, png, rgb
from vitreous.errors import UsageError

UGLY = ["$5 $\\alpha$", "\U0001f457", "فستان", "连衣裙", "<b>&amp;", "a\x1b[31m\nb", "x" * 300, "", " ", "_^{}", "שמלה", "\udcff"]


def test_the_title_states_the_finding() -> None:
    assert finding(np.array([[9, 4, 0], [1, 9, 2], [0, 3, 9]]), ["dress", "t-shirt", "hat"]) == "dress is taken for t-shirt 4 times"
    assert finding(np.array([[9, 0], [1, 9]]), ["dress", "class 7"]) == "“class 7” is taken for dress once"
    assert finding(np.diag([400, 600]), ["a", "b"]) == "all 1,000 answers are right"
    assert finding(np.zeros((2, 2), int), ["a", "b"]) == "no pictures"


def test_axes_are_named_and_every_count_is_written() -> None:
    table = np.array([[35, 2, 0], [1, 28, 3], [4, 0, 17]])
    shown = texts(confusion(table, ["dress", "pants", "shirt"]))
    assert {"true class", "dress", "pants", "shirt", "shirt is taken for dress 4 times"} <= set(shown)
    assert any(text.startswith("answer") for text in shown)
    assert sorted(text for text in shown if text.isdigit()) == sorted(["35", "2", "1", "28", "3", "4", "17"])


def test_a_title_of_ones_own_replaces_the_finding() -> None:
    shown = texts(confusion(np.eye(2, dtype=int), ["a", "b"], "cost: $1 to $2"))
    assert "cost: $1 to $2" in shown and "all 2 answers are right" not in shown


def test_a_larger_share_is_nearer_to_its_hue_and_rows_count_for_themselves() -> None:
    table = np.array([[80, 20, 0], [0, 8, 2], [0, 0, 0]])
    colours = shades(table, LIGHT)
    assert np.allclose(colours[0, 1], colours[1, 2])  # 20 of 100 as 2 of 10
    assert np.allclose(shades(np.diag([3, 4]), LIGHT)[0, 0], rgb(LIGHT.right))
    assert np.allclose(colours[2], rgb(LIGHT.grid))
    wrong = rgb(LIGHT.wrong)
    assert np.linalg.norm(colours[0, 1] - wrong) < np.linalg.norm(colours[0, 2] - wrong)


def test_a_picture_shows_the_hue_in_the_place_of_the_right_answers() -> None:
    seen = pixels(png(confusion(np.diag([3, 4]), ["a", "b"])))
    blue = np.all(np.abs(seen.astype(int) - (255 * rgb(LIGHT.right)).round()) <= 1, axis=2)
    assert blue.mean() > 0.15
    assert not np.all(np.abs(pixels(png(confusion(np.eye(2, k=1, dtype=int), ["a", "b"]))) - 255 * rgb(LIGHT.right)) <= 1, axis=2).any()


def test_ugly_labels_are_drawn_as_they_are() -> None:
    table = np.eye(len(UGLY), dtype=int) * 7 + np.eye(len(UGLY), k=1, dtype=int)
    figure = confusion(table, UGLY, theme=DARK)
    assert png(figure)
    assert "$5 $\\alpha$" in texts(figure) and "a\\x1b[31m\\nb" in texts(figure) and all_inside(figure)


@pytest.mark.parametrize("classes", [1, 2, 30, pytest.param(100, marks=pytest.mark.slow)])
def test_any_number_of_classes_has_room(classes: int) -> None:
    rng = np.random.default_rng(classes)
    table = rng.integers(0, 30, (classes, classes)) + np.eye(classes, dtype=int) * 2000
    figure = confusion(table, [f"a rather long class name {k}" for k in range(classes)])
    assert all_inside(figure)
    assert max(figure.get_size_inches()) < 13
    counts = [text for text in texts(figure) if text.isdigit()]
    assert bool(counts) == (classes < 30)  # four digits do not fit into 30 columns


@pytest.mark.parametrize(
    "table, labels",
    [
        (np.eye(3, dtype=int), ["a", "b"]),
        (np.zeros((2, 3), int), ["a", "b"]),
        (np.zeros((0, 0), int), []),
        (np.eye(2), ["a", "b"]),
        (-np.eye(2, dtype=int), ["a", "b"]),
    ],
)
def test_what_is_no_confusion_matrix_is_refused(table: np.ndarray, labels: list[str]) -> None:
    with pytest.raises(UsageError):
        confusion(table, labels)
