"""The picture of a stress test: every corruption a plot, numbers at their places, all of it inside."""

from dataclasses import replace

import numpy as np
import pytest
from drawn_pictures import all_inside, pixels, texts

from vitreous.draw.stress import Curve, stress_picture
from vitreous.draw.theme import DARK, png
from vitreous.errors import UsageError

PLAIN = Curve("as is", "", ["0"], [0.9], [(0.85, 0.93)], [0.88])


def curve(name: str, accuracy: list[float]) -> Curve:
    intervals = [(max(0.0, value - 0.05), min(1.0, value + 0.05)) for value in accuracy]
    return Curve(name, "standard deviation, pixels", ["0.5", "1", "2", "4", "8"], accuracy, intervals, [0.8] * 5)


BLUR, NOISE = curve("Gaussian blur", [0.9, 0.8, 0.6, 0.3, 0.1]), curve("shot noise", [0.9, 0.9, 0.9, 0.9, 0.9])


def test_the_most_harmful_comes_first_and_each_title_states_what_is_left() -> None:
    figure = stress_picture([NOISE, BLUR], PLAIN, "blur harms most")
    assert [axes.get_title(loc="left") for axes in figure.axes[:2]] == ["Gaussian blur: falls to 10 %", "shot noise: stays at 90 %"]
    assert "blur harms most" in texts(figure) and all_inside(figure)


def test_points_stand_where_the_numbers_say_after_the_picture_as_it_is() -> None:
    axes = stress_picture([BLUR], PLAIN, "").axes[0]
    drawn = [np.asarray(line.get_ydata()).tolist() for line in axes.get_lines()]
    assert [0.9, 0.9, 0.8, 0.6, 0.3, 0.1] in drawn and [0.88, *[0.8] * 5] in drawn
    assert [label.get_text() for label in axes.get_xticklabels()] == ["as is", "0.5", "1", "2", "4", "8"]


@pytest.mark.slow
@pytest.mark.parametrize("count", [1, 4, 11])
def test_the_picture_is_1280_pixels_wide(count: int) -> None:
    curves = [replace(BLUR, name=f"corruption {number}") for number in range(count)]
    figure = stress_picture(curves, PLAIN, "title " * 40, DARK)
    assert pixels(png(figure)).shape[1] == 1280 and all_inside(figure)


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(UsageError, match="5 strengths, 4 accuracies, 5 intervals"):
        stress_picture([replace(BLUR, accuracy=[0.1] * 4)], PLAIN, "")
    with pytest.raises(UsageError, match="nothing to draw"):
        stress_picture([], PLAIN, "")
