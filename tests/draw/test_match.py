"""Pages of matches: lines end where they should, the outline is there, ugly names stay inside."""

import numpy as np
import pytest
from drawn_pictures import all_inside, texts

from vitreous.draw.match import Outlined, Side, found_page, match_page
from vitreous.draw.theme import DARK, LIGHT, Theme
from vitreous.errors import UsageError

PLACES = np.array([(10.0, 20.0), (300.0, 100.0), (50.0, 190.0)])
CORNERS = np.array([(20.0, 30.0), (500.0, -40.0), (380.0, 190.0), (0.0, 180.0)])


def side(width: int = 400, height: int = 200, name: str = "a.jpg") -> Side:
    return Side(np.full((max(1, height // 4), max(1, width // 4), 3), 90, np.uint8), (width, height), name)


def test_each_pair_of_places_has_a_line_between_the_pictures() -> None:
    figure = match_page(side(), side(200, 300), PLACES, PLACES / 2, CORNERS, "yes: b is in a", "3 places agree")
    lines = [line for line in figure.axes[0].lines if len(line.get_xdata()) == 2]
    assert len(lines) == 3
    (first,) = [line for line in lines if line.get_ydata()[0] == min(each.get_ydata()[0] for each in lines)]
    left, right = sorted(first.get_xdata())
    assert right - left > 4  # inches: from one picture to the other
    assert {"yes: b is in a", "3 places agree"} <= set(texts(figure)) and all_inside(figure)


def test_without_an_outline_nothing_is_outlined() -> None:
    none = match_page(side(), side(), PLACES[:0], PLACES[:0], None, "no", "nothing agrees")
    assert not none.axes[0].patches and not none.axes[0].lines


@pytest.mark.parametrize("theme", [LIGHT, DARK])
@pytest.mark.parametrize("sizes", [((20000, 30), (30, 20000)), ((1, 1), (9, 9))])
def test_any_form_and_any_name_stays_inside(theme: Theme, sizes: tuple[tuple[int, int], tuple[int, int]]) -> None:
    a, b = (side(*size, name="连衣裙$x_^{}\x1b" * 20) for size in sizes)
    assert all_inside(match_page(a, b, PLACES, PLACES, CORNERS * 1e6, "_^{}\udcff" * 40, "a" * 300, theme))


def test_what_was_found_stands_behind_what_was_asked() -> None:
    figure = found_page(side(name="asked.jpg"), [Outlined(side(name=f"{k}.jpg"), CORNERS, "turned 30°") for k in range(6)], "6 found", "outlined")
    shown = texts(figure)
    assert shown.index("asked.jpg") < shown.index("0.jpg") < shown.index("5.jpg") and all_inside(figure)


def test_nothing_found_and_unequal_places_are_said() -> None:
    with pytest.raises(UsageError, match="nothing to draw"):
        found_page(side(), [], "t", "w")
    with pytest.raises(UsageError, match="3 and 2"):
        match_page(side(), side(), PLACES, PLACES[:2], None, "t", "w")
