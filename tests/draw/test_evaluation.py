"""The picture of an evaluation: recalls by hand, intervals at their places, one width."""

import numpy as np
import pytest
from drawn_pictures import all_inside, pixels, texts

from vitreous.draw.evaluation import evaluation_picture, lowest_recall
from vitreous.draw.theme import DARK, png
from vitreous.errors import UsageError

TABLE = np.array([[3, 1, 0], [0, 4, 0], [0, 0, 0]])
LABELS = ["dress", "skirt", "hat"]
INTERVALS = [(0.30, 0.95), (0.51, 1.0), None]


def test_recalls_are_told_beside_their_rows() -> None:
    figure = evaluation_picture(TABLE, LABELS, INTERVALS, "accuracy 0.875 on 8 pictures")
    shown = texts(figure)
    assert {"75 %  3 of 4", "100 %  4 of 4", "no pictures", "accuracy 0.875 on 8 pictures", "recall is lowest for dress: 75 %"} <= set(shown)
    assert "dress is taken for skirt once" in shown and all_inside(figure)


def test_points_and_intervals_stand_where_the_numbers_say() -> None:
    _, recalls = evaluation_picture(TABLE, LABELS, INTERVALS, "").axes
    lines, points = recalls.collections
    assert np.allclose([line[:, 0] for line in lines.get_segments()], INTERVALS[:2])
    assert np.allclose(points.get_offsets(), [(0.75, 0), (1.0, 1)])


def test_the_lowest_recall_leaves_out_what_does_not_occur() -> None:
    assert lowest_recall(np.array([[0, 0], [0, 2]]), ["a", "b"]) == "every picture is recognized"
    assert lowest_recall(np.zeros((2, 2), int), ["a", "b"]) == "no pictures"


@pytest.mark.parametrize("classes", [2, pytest.param(100, marks=pytest.mark.slow)])
def test_the_picture_is_1280_pixels_wide(classes: int) -> None:
    rng = np.random.default_rng(0)
    table = rng.integers(0, 3, (classes, classes)) + 40 * np.eye(classes, dtype=int)
    figure = evaluation_picture(table, [f"species_{k}_of_bird" for k in range(classes)], [(0.5, 0.9)] * classes, "title " * 40, DARK)
    assert pixels(png(figure)).shape[1] == 1280 and all_inside(figure)


@pytest.mark.parametrize("intervals", [[(0.1, 0.2)], [(0.5, 0.2), None, None], [(0.0, 1.5), None, None]])
def test_intervals_that_do_not_fit_are_refused(intervals: list[tuple[float, float] | None]) -> None:
    with pytest.raises(UsageError):
        evaluation_picture(TABLE, LABELS, intervals, "")


def test_no_picture_at_all_is_drawn_as_such() -> None:
    assert "no pictures" in texts(evaluation_picture(np.zeros((2, 2), int), ["a", "b"], [None, None], ""))
