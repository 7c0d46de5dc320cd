"""Pictures as they are and as a training sees them: a row for each picture, the untouched one first."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from vitreous.draw.lettering import drawable, letter_width, wrapped
from vitreous.draw.page import Page
from vitreous.draw.theme import LIGHT, SMALL, TEXT, TITLE, Theme, new_figure
from vitreous.errors import UsageError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Inches.
_WIDTH, _MARGIN, _GAP, _APART, _HEADING = 12.8, 0.25, 0.08, 0.3, 0.26


def view_grid(
    views: npt.NDArray[np.uint8], names: Sequence[str], headings: Sequence[str], title: str, subtitle: str, theme: Theme = LIGHT
) -> "Figure":
    """A page 1280 pixels wide: `views` uint8 [rows, columns, H, W, 3], the first column set apart; `names` of the rows, `headings` of the columns.

    Raises:
        UsageError: there is nothing to draw, or a name or heading too few.
    """
    rows, columns = views.shape[:2]
    if not rows or not columns or len(names) != rows or len(headings) != columns:
        raise UsageError("there is nothing to draw", f"{rows} rows, {columns} columns", "one or more, each with its name")
    across = (_WIDTH - 2 * _MARGIN - _APART - max(0, columns - 2) * _GAP) / columns
    down = across * views.shape[2] / views.shape[3]
    told = wrapped(drawable(title, 160), _WIDTH - 2 * _MARGIN, TITLE)
    lines = "\n".join(wrapped(drawable(line, 400), _WIDTH - 2 * _MARGIN, TEXT) for line in subtitle.split("\n"))
    head = _MARGIN + 0.27 * (told.count("\n") + 1) + 0.24 * (lines.count("\n") + 1) + 0.3
    row = down + _GAP + _HEADING
    with new_figure(_WIDTH, head + _HEADING + rows * row + _MARGIN - _GAP, theme) as figure:
        page = Page(figure, theme)
        page.write(_MARGIN, _MARGIN, told, TITLE, theme.ink, va="top", weight="bold")
        page.write(_MARGIN, _MARGIN + 0.1 + 0.27 * (told.count("\n") + 1), lines, TEXT, theme.muted, va="top", linespacing=1.5)
        for column, heading in enumerate(headings):
            left = _MARGIN + column * (across + _GAP) + (_APART - _GAP if column else 0)
            page.write(left, head + 0.12, drawable(heading, 20), SMALL, theme.ink, va="center", weight="bold")
            for number in range(rows):
                page.show(views[number, column], (left, head + _HEADING + number * row), (across, down))
        for number, name in enumerate(names):
            room = int((across + 2 * _APART) / letter_width(SMALL))
            page.write(_MARGIN, head + _HEADING + number * row + down + 0.13, drawable(name, room), SMALL, theme.muted, va="center")
    page.finish()
    return figure
