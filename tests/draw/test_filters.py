"""Pages of kernels: mid grey is zero, each kernel has its caption, each row its heading."""

import numpy as np
import pytest
from drawn_pictures import all_inside, pixels, texts

from vitreous.draw.filters import Kernel, Row, filter_page, matrix_page
from vitreous.draw.theme import DARK, LIGHT, Theme, png
from vitreous.errors import UsageError


def test_in_colour_zero_is_mid_grey_and_the_ends_are_black_and_white() -> None:
    kernel = np.zeros((3, 1, 3))
    kernel[1], kernel[2] = 2.0, -2.0
    seen = pixels(png(filter_page("t", "s", [Row("", [Kernel(kernel, "0", 2.0)])])))
    # 0.3 inches from the left a column of three cells of 0.43 inches
    column = seen[:, 35]
    assert {tuple(colour) for colour in column.tolist()} >= {(128, 128, 128), (255, 255, 255), (0, 0, 0)}


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_ugly_names_and_numbers_are_drawn(theme: Theme) -> None:
    rows = [Row("$x$\x1b连衣裙" * 30, [Kernel(np.full((2, 5), np.nan), "_^{}\udcff" * 40, 0.0), Kernel(np.full((1, 1, 3), np.inf), "", 1.0)])]
    assert all_inside(filter_page("t" * 500, "x\ny" * 100, rows, theme))
    figure = matrix_page("t", "s", np.full((2, 3, 4000), np.nan), ["连衣裙" * 50, "<b>", ""], ["before", "after"], theme)
    assert all_inside(figure) and pixels(png(figure)).shape[1] == 1280


def test_names_moments_and_the_scale_are_written() -> None:
    shown = texts(matrix_page("t", "s", np.array([[[1.0, -2.0]], [[0.0, 0.5]]]), ["dress"], ["before", "after"]))
    assert "dress" in shown and "before: 2 columns, from −2 to 2" in shown and "after: 2 columns, from −2 to 2" in shown
    assert {"heading", "7"} <= set(texts(filter_page("t", "s", [Row("heading", [Kernel(np.ones((3, 3)), "7", 1.0)])])))


def test_nothing_to_draw_is_said() -> None:
    for draw in (lambda: filter_page("t", "s", [Row("", [])]), lambda: matrix_page("t", "s", np.zeros((1, 0, 0)), [], ["now"])):
        with pytest.raises(UsageError, match="nothing to draw"):
            draw()
