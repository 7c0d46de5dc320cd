"""The arithmetic of one number as a picture: tables of numbers in colours (a patch, its kernel, their products), and below them how the
sum grows part by part to the result.

Numbers and products have one scale in all tables of their kind; zero has the colour of the page's panels.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from vitreous.draw.lettering import drawable, letter_width, wrapped
from vitreous.draw.signed_colours import signed_colours
from vitreous.draw.theme import LIGHT, SMALL, SMALLEST, TEXT, TITLE, Theme, ink_on, new_figure
from vitreous.errors import UsageError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Numbers = npt.NDArray[np.floating]

# Inches.
_WIDTH, _MARGIN, _SIGN, _CELL, _HEAD, _BAR = 12.8, 0.3, 0.45, 0.62, 0.3, 0.34
_ROW_NAMES = 2.9
# Tables up to this width have the sum beside them, wider ones below.
_NARROW = 7.0


@dataclass(frozen=True, eq=False)
class Grid:
    """A table of numbers [R, C] and its heading; what is no number (NaN) is padding. `marked`: row and column of the one that decides."""

    heading: str
    numbers: Numbers
    marked: tuple[int, int] | None = None


@dataclass(frozen=True, eq=False)
class GridRow:
    """Tables side by side with a sign before each but the first, such as × and =. `rows` [R] name the rows of all of them."""

    name: str
    grids: Sequence[Grid]
    signs: Sequence[str] = ()
    rows: Sequence[str] = ()


@dataclass(frozen=True)
class Part:
    """A part of the sum. `total`: it is not added, it is where the sum stands."""

    name: str
    amount: float
    total: bool = False


def arithmetic(title: str, subtitle: str, rows: Sequence[GridRow], parts: Sequence[Part], theme: Theme = LIGHT) -> "Figure":
    """A page 1280 pixels wide: the rows of tables, then the parts from the first to the last.

    Raises:
        UsageError: there is nothing to draw.
    """
    if not rows and not parts:
        raise UsageError("there is nothing to draw", "no tables and no sum", "one of them")
    cell = _cell(rows)
    across = max((_row_width(row, cell) for row in rows), default=0.0)
    heights = [_HEAD + (0.25 if row.name else 0) + max(len(grid.numbers) for grid in row.grids) * _high(row, cell) + 0.25 for row in rows]
    told = wrapped(drawable(title, 200), _WIDTH - 2 * _MARGIN, TITLE)
    lines = "\n".join(wrapped(line, _WIDTH - 2 * _MARGIN, TEXT) for line in subtitle.split("\n"))
    head = _MARGIN + 0.27 * (told.count("\n") + 1) + 0.24 * (lines.count("\n") + 1) + 0.25
    beside = 0 < across <= _NARROW
    foot = len(parts) * _BAR + 0.35 if parts else 0.0
    tall = max(sum(heights), foot) if beside else sum(heights) + foot
    scales = _scales(rows)
    with new_figure(_WIDTH, head + tall + _MARGIN, theme) as figure:
        figure.set_layout_engine("none")  # every place is given
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set_axis_off()
        axes.set_xlim(0, _WIDTH)
        axes.set_ylim(figure.get_figheight(), 0)
        axes.text(_MARGIN, _MARGIN, told, va="top", fontsize=TITLE, weight="bold", color=theme.ink)
        axes.text(_MARGIN, _MARGIN + 0.06 + 0.27 * (told.count("\n") + 1), lines, va="top", fontsize=TEXT, color=theme.muted, linespacing=1.4)
        top = head
        for row, height in zip(rows, heights, strict=True):
            _grid_row(axes, row, top, cell, scales, theme)
            top += height
        if parts:
            place = (_MARGIN + across + 0.7, head + _HEAD) if beside else (_MARGIN, top + 0.1)
            _waterfall(axes, parts, place, theme)
    return figure


def _row_width(row: GridRow, cell: float) -> float:
    names, wide = (_ROW_NAMES, max(cell, 1.3)) if row.rows else (0.0, cell)
    return float(names + wide * sum(grid.numbers.shape[1] for grid in row.grids) + _SIGN * (len(row.grids) - 1))


def _cell(rows: Sequence[GridRow]) -> float:
    """The side of a cell, so that the widest row fits."""
    sides = [_CELL]
    for row in rows:
        across = sum(grid.numbers.shape[1] for grid in row.grids)
        names = _ROW_NAMES if row.rows else 0.0
        sides.append((_WIDTH - 2 * _MARGIN - names - _SIGN * (len(row.grids) - 1)) / across)
    return min(sides)


def _high(row: GridRow, cell: float) -> float:
    """The height of a cell: lower where rows are a list."""
    return min(cell, 0.3) if row.rows else cell


def _scales(rows: Sequence[GridRow]) -> list[float]:
    """The largest absolute number of each column of tables."""
    columns = max((len(row.grids) for row in rows), default=0)
    most = []
    for column in range(columns):
        numbers = np.concatenate([row.grids[column].numbers.ravel() for row in rows if column < len(row.grids)])
        finite = np.abs(numbers[np.isfinite(numbers)])
        most.append(float(finite.max()) if finite.size else 0.0)
    return most


def _grid_row(axes: "Axes", row: GridRow, top: float, cell: float, scales: Sequence[float], theme: Theme) -> None:
    if row.name:
        axes.text(_MARGIN, top + 0.1, drawable(row.name, 120), va="center", fontsize=TEXT, weight="bold", color=theme.ink)
        top += 0.25
    left, high = _MARGIN, _high(row, cell)
    if row.rows:
        room = int(_ROW_NAMES / letter_width(SMALL)) - 1
        for number, name in enumerate(row.rows):
            axes.text(left, top + _HEAD + (number + 0.5) * high, drawable(name, room), va="center", fontsize=SMALL, color=theme.ink)
        left += _ROW_NAMES
    for number, grid in enumerate(row.grids):
        if number:
            middle = top + _HEAD + len(grid.numbers) * high / 2
            axes.text(left + _SIGN / 2, middle, row.signs[number - 1], ha="center", va="center", fontsize=TITLE, color=theme.ink)
            left += _SIGN
        wide = max(cell, 1.3) if row.rows else cell
        width = wide * grid.numbers.shape[1]
        room = max(6, int((width + 0.8 * _SIGN) / letter_width(SMALL)))
        axes.text(left, top + 0.16, drawable(grid.heading, room), va="center", fontsize=SMALL, color=theme.muted)
        _grid(axes, grid, (left, top + _HEAD), (wide, high), scales[number], theme)
        left += width


def _grid(axes: "Axes", grid: Grid, corner: tuple[float, float], cell: tuple[float, float], most: float, theme: Theme) -> None:
    from matplotlib.patches import Rectangle

    (x, y), (wide, high) = corner, cell
    rows, columns = grid.numbers.shape
    colours = signed_colours(grid.numbers, most, theme)
    axes.imshow(colours, extent=(x, x + columns * wide, y + rows * high, y), aspect="auto", interpolation="nearest", zorder=1)
    axes.hlines(y + high * np.arange(1, rows), x, x + columns * wide, color=theme.background, linewidth=1.2, zorder=2)
    axes.vlines(x + wide * np.arange(1, columns), y, y + rows * high, color=theme.background, linewidth=1.2, zorder=2)
    longest = max(len(short(number)) for number in grid.numbers.ravel().tolist())
    points = min(SMALL, 72 * 0.6 * high, 72 * 0.94 * wide / (0.64 * longest))
    for i, j in np.ndindex(rows, columns):
        middle = x + (j + 0.5) * wide, y + (i + 0.5) * high
        if not np.isfinite(grid.numbers[i, j]):
            axes.text(*middle, "pad", ha="center", va="center_baseline", fontsize=min(points, SMALLEST), color=theme.muted, zorder=3)
        elif points >= 4.5:
            ink = ink_on(colours[i, j] / 255)
            axes.text(*middle, short(float(grid.numbers[i, j])), ha="center", va="center_baseline", fontsize=points, color=ink, zorder=3)
    if grid.marked:
        i, j = grid.marked
        axes.add_patch(Rectangle((x + j * wide, y + i * high), wide, high, fill=False, edgecolor=theme.ink, linewidth=2.2, zorder=4))


def _waterfall(axes: "Axes", parts: Sequence[Part], corner: tuple[float, float], theme: Theme) -> None:
    """Each part begins where the one before it ended; totals begin at zero."""
    from matplotlib.patches import Rectangle

    edge, top = corner
    ends, starts, at = [], [], 0.0
    for part in parts:
        starts.append(0.0 if part.total else at)
        at = part.amount if part.total else at + part.amount
        ends.append(at)
    finite = [number for number in (*starts, *ends, 0.0) if np.isfinite(number)]
    low, high = min(finite), max(finite)
    span = (high - low) or 1.0
    names = min(4.2, max(1.2, 0.15 + letter_width(SMALL) * max(len(drawable(part.name, 44)) for part in parts)))
    left, width = edge + names, _WIDTH - _MARGIN - edge - names - 0.8

    def x(number: float) -> float:
        return left + width * (number - low) / span

    bottom = top + len(parts) * _BAR
    axes.plot([x(0)] * 2, [top - 0.05, bottom], color=theme.muted, linewidth=0.8, zorder=1)
    for number, (part, start, end) in enumerate(zip(parts, starts, ends, strict=True)):
        y = top + number * _BAR
        weight = "bold" if part.total else "normal"
        axes.text(edge, y + _BAR / 2, drawable(part.name, 44), va="center", fontsize=SMALL, color=theme.ink, weight=weight)
        if not np.isfinite(end):
            continue
        first, last = sorted((x(start), x(end)))
        colour = theme.muted if part.total else theme.right if part.amount >= 0 else theme.wrong
        axes.add_patch(Rectangle((first, y + 0.07), max(last - first, 0.012), _BAR - 0.14, facecolor=colour, linewidth=0, zorder=2))
        sign = "" if part.total or part.amount < 0 else "+"
        axes.text(last + 0.06, y + _BAR / 2, sign + short(part.amount), va="center", fontsize=SMALL, color=theme.ink, weight=weight)
        if number + 1 < len(parts) and not parts[number + 1].total:
            axes.plot([x(end)] * 2, [y + _BAR - 0.07, y + _BAR + 0.07], color=theme.muted, linewidth=0.8, zorder=1)


def short(number: float) -> str:
    """At most three figures, with a true minus.

    >>> short(-0.123456), short(123.4), short(0.00001), short(-0.0)
    ('−0.123', '123', '1e-05', '0')
    """
    return f"{number + 0.0:.3g}".replace("-", "−", 1) if number < 0 else f"{number + 0.0:.3g}"
