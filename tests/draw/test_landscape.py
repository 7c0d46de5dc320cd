"""The landscape of a loss as a picture: what is steep is drawn by ratios, and what is no grid is refused."""

from collections.abc import Callable

import numpy as np
import pytest

from vitreous.draw.landscape import landscape
from vitreous.errors import UsageError

AXIS = np.linspace(-1, 1, 5)


@pytest.mark.parametrize(
    ("height", "scale"), [(lambda r: 1 + r, "linear"), (lambda r: np.exp(8 * r), "log"), (lambda r: r, "linear")], ids=["flat", "steep", "from 0"]
)
def test_a_steep_rise_is_drawn_by_ratios(height: Callable[[np.ndarray], np.ndarray], scale: str) -> None:
    loss = height(np.hypot(AXIS[:, None], AXIS))
    distances = np.linspace(0, 1, 6)
    rings = distances, np.repeat(height(distances)[:, None], 4, 1)
    figure = landscape(
        AXIS,
        AXIS,
        loss,
        "a loss",
        "",
        ("a", "b"),
        [],
        rings,
        2.3,
    )
    right = figure.axes[1]
    assert right.get_yscale() == scale
    low, high = right.get_ylim()
    assert low <= rings[1].min() and high > rings[1].max()


def test_what_is_no_grid_is_refused() -> None:
    with pytest.raises(UsageError, match=r"a landscape cannot be drawn: a loss \[5, 4\] over 5 × 5"):
        landscape(AXIS, AXIS, np.ones((5, 4)), "", "", ("", ""), [], None, None)
