"""Two pictures side by side, lines between the places that belong together, and the outline of one in the other.

Lines end in dots and run through the colours of the classes, so that a single one can be followed; the outline has a mark at what is the upper left
corner of B.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from vitreous.draw.lettering import drawable, letter_width, wrapped
from vitreous.draw.page import Page
from vitreous.draw.theme import LIGHT, SMALL, TEXT, TITLE, Theme, new_figure
from vitreous.errors import UsageError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Floats = npt.NDArray[np.float64]
Pixels = npt.NDArray[np.uint8]

# Inches.
_WIDTH, _MARGIN, _GAP, _TALLEST, _NAME = 12.8, 0.3, 0.5, 7.0, 0.34
_COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00")
_ACROSS, _BETWEEN, _WORDS = 4, 0.25, 0.62
_LETTERS = 130  # of a line below the title
_HALO = 2.6  # points: around lines, so that they are seen on any picture


@dataclass(frozen=True, eq=False)
class Side:
    """`pixels` uint8 [h, w, 3] of a picture that has `size` (width, height) in full; `name` stands above it."""

    pixels: Pixels
    size: tuple[int, int]
    name: str


def match_page(
    a: Side, b: Side, places_a: Floats, places_b: Floats, corners: Floats | None, title: str, words: str, theme: Theme = LIGHT
) -> "Figure":
    """A page 1280 pixels wide. `places_a` and `places_b` [K, 2] belong together, `corners` [4, 2] outline b in a; all in pixels of the full pictures.

    Raises:
        UsageError: the places do not belong together one by one.
    """
    if len(places_a) != len(places_b):
        raise UsageError("these places do not belong together", f"{len(places_a)} and {len(places_b)}", "as many of both")
    told = wrapped(drawable(title, 300), _WIDTH - 2 * _MARGIN, 1.08 * TITLE)
    head = _MARGIN + 0.27 * (told.count("\n") + 1) + 0.34
    room = _WIDTH - 2 * _MARGIN - _GAP
    forms = [side.size[0] / side.size[1] for side in (a, b)]
    height = min(_TALLEST, room / sum(forms))
    widths = [min(height * form, 0.72 * room) for form in forms]
    heights = [width / form for width, form in zip(widths, forms, strict=True)]
    with new_figure(_WIDTH, head + _NAME + max(heights) + _MARGIN, theme) as figure:
        page = Page(figure, theme)
        page.write(_MARGIN, _MARGIN, told, TITLE, theme.ink, va="top", weight="bold")
        page.write(_MARGIN, head - 0.22, drawable(words, _LETTERS), TEXT, theme.muted, va="center")
        left = (_WIDTH - sum(widths) - _GAP) / 2
        spots = [(left, head + _NAME), (left + widths[0] + _GAP, head + _NAME)]
        for side, spot, width, tall in zip((a, b), spots, widths, heights, strict=True):
            page.show(np.ascontiguousarray(side.pixels), spot, (width, tall))
            page.write(spot[0], spot[1] - 0.12, drawable(side.name, max(5, int(width / letter_width(SMALL)))), SMALL, theme.muted, va="center")
        placed = [np.asarray(spot) + places * (width / side.size[0]) for side, spot, width, places in zip(
            (a, b), spots, widths, (places_a, places_b), strict=True)]  # fmt: skip
        if corners is not None:
            _outline(page, np.asarray(spots[0]) + corners * (widths[0] / a.size[0]), (*spots[0], widths[0], heights[0]))
            _outline(page, np.asarray(spots[1]) + np.array([(0, 0), (widths[1], 0), (widths[1], heights[1]), (0, heights[1])]), None)
        _lines(page, placed[0], placed[1])
    page.finish()
    return figure


@dataclass(frozen=True, eq=False)
class Outlined:
    """A picture in which something was found at `corners` [4, 2] in pixels of the full picture, and `words` below it."""

    side: Side
    corners: Floats | None
    words: str


def found_page(asked: Side, found: Sequence[Outlined], title: str, words: str, theme: Theme = LIGHT) -> "Figure":
    """A page 1280 pixels wide: the picture that was asked about, and those in which it was found, four in a row.

    Raises:
        UsageError: nothing was found.
    """
    if not found:
        raise UsageError("there is nothing to draw", "no picture in which something was found", "one or more")
    told = wrapped(drawable(title, 300), _WIDTH - 2 * _MARGIN, 1.08 * TITLE)
    head = _MARGIN + 0.27 * (told.count("\n") + 1) + 0.34
    field = (_WIDTH - 2 * _MARGIN - (_ACROSS - 1) * _BETWEEN) / _ACROSS
    cells = [Outlined(asked, None, "what was asked for"), *found]
    rows = [cells[start : start + _ACROSS] for start in range(0, len(cells), _ACROSS)]
    heights = [max(field * min(1.0, each.side.size[1] / each.side.size[0]) for each in row) for row in rows]
    with new_figure(_WIDTH, head + sum(heights) + len(rows) * (_NAME + _WORDS) + _MARGIN / 2, theme) as figure:
        page = Page(figure, theme)
        page.write(_MARGIN, _MARGIN, told, TITLE, theme.ink, va="top", weight="bold")
        page.write(_MARGIN, head - 0.22, drawable(words, _LETTERS), TEXT, theme.muted, va="center")
        top = head + _NAME
        for row, height in zip(rows, heights, strict=True):
            for across, each in enumerate(row):
                _found(page, each, (_MARGIN + across * (field + _BETWEEN), top), (field, height))
            top += height + _NAME + _WORDS
    page.finish()
    return figure


def _found(page: Page, each: Outlined, corner: tuple[float, float], field: tuple[float, float]) -> None:
    scale = min(field[0] / each.side.size[0], field[1] / each.side.size[1])
    width, height = each.side.size[0] * scale, each.side.size[1] * scale
    spot = corner[0] + (field[0] - width) / 2, corner[1] + (field[1] - height) / 2
    page.show(np.ascontiguousarray(each.side.pixels), spot, (width, height))
    page.write(corner[0], corner[1] - 0.12, drawable(each.side.name, int(field[0] / letter_width(SMALL))), SMALL, page.theme.ink, va="center")
    page.write(corner[0], corner[1] + field[1] + 0.1, wrapped(drawable(each.words, 90), 1.1 * field[0], SMALL), SMALL, page.theme.muted, va="top")
    if each.corners is not None:
        _outline(page, np.asarray(spot) + each.corners * scale, (*spot, width, height))


def _lines(page: Page, a: Floats, b: Floats) -> None:
    from matplotlib.patheffects import withStroke

    order = np.argsort(b[:, 1], kind="stable").tolist()
    for number, k in enumerate(order):
        (line,) = page.axes.plot(
            *zip(a[k], b[k], strict=True), color=_COLOURS[number % len(_COLOURS)], linewidth=1.3, marker="o", markersize=4, zorder=4
        )
        line.set_path_effects([withStroke(linewidth=_HALO, foreground="#ffffff", alpha=0.75)])


def _outline(page: Page, corners: Sequence[Sequence[float]] | Floats, within: tuple[float, float, float, float] | None) -> None:
    """Thick, white below dark, with a dot at the first corner; only what lies `within` x, y, width, height."""
    from matplotlib.patches import Polygon, Rectangle

    box = None
    if within is not None:
        box = Rectangle(within[:2], *within[2:], transform=page.axes.transData)
    for colour, width in (("#ffffff", 5.0), ("#d55e00", 2.6)):
        shape = page.axes.add_patch(
            Polygon(np.asarray(corners), closed=True, fill=False, edgecolor=colour, linewidth=width, zorder=3, joinstyle="round")
        )
        if box is not None:
            shape.set_clip_path(box)
    x, y = corners[0]
    for colour, size in (("#ffffff", 12), ("#d55e00", 8)):
        (mark,) = page.axes.plot([x], [y], marker="s", markersize=size, color=colour, zorder=3)
        if box is not None:
            mark.set_clip_path(box)
