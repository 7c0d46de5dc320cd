"""The picture of a sum: every number is written, padding is marked, the bars end where the sum does."""

import numpy as np
import pytest
from drawn_pictures import all_inside, texts

from vitreous.draw.arithmetic import Grid, GridRow, Part, arithmetic
from vitreous.draw.theme import DARK, LIGHT, Theme, png
from vitreous.errors import UsageError

PATCH, KERNEL = np.array([[np.nan, 2.0], [3.0, -4.0]]), np.array([[1.0, 0.5], [-1.0, 0.25]])


def row(size: int = 2) -> GridRow:
    grids = [Grid("patch", np.resize(PATCH, (size, size))), Grid("kernel", np.resize(KERNEL, (size, size)))]
    return GridRow("channel 0", [*grids, Grid("products", np.resize(PATCH * KERNEL, (size, size)), (0, 1))], ("×", "="))


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_every_number_is_written_and_padding_is_said(theme: Theme) -> None:
    figure = arithmetic("y is −3", "Conv", [row()], [Part("channel 0", -3.0), Part("bias", 2.5), Part("y", -0.5, total=True)], theme)
    shown = texts(figure)
    assert shown.count("pad") == 2 and {"−4", "0.25", "−3", "+2.5", "−0.5", "×", "=", "channel 0", "y"} <= set(shown)
    assert all_inside(figure)


@pytest.mark.parametrize("size", [1, 3, pytest.param(16, marks=pytest.mark.slow)])
def test_tables_of_any_size_fit(size: int) -> None:
    assert all_inside(arithmetic("t" * 300, "s", [row(size)] * 3, [Part("n" * 99, 1e30), Part("m", np.nan), Part("y", 0.0, total=True)]))


def test_a_list_has_names_for_its_rows() -> None:
    figure = arithmetic("t", "s", [GridRow("", [Grid("number", np.arange(3.0)[:, None])], (), ["a[1]", "b[2]", "c[3]"])], [])
    assert {"a[1]", "c[3]", "2"} <= set(texts(figure)) and png(figure)


def test_nothing_to_draw_is_said() -> None:
    with pytest.raises(UsageError, match="nothing to draw"):
        arithmetic("t", "s", [], [])
