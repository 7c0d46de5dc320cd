"""The confusion matrix: a row for each true class, a column for each answer.

A cell is shaded by its share of the row, as 1/8 + 7/8 √share, so that a single mistake is seen: right answers, on the diagonal, in one
hue, mistakes in another. A row without pictures is grey. Counts are written where they fit, labels are thinned where they do not.
"""

from collections.abc import Sequence
from math import ceil
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from vitreous.draw.lettering import drawable, letter_width, within_a_sentence, wrapped
from vitreous.draw.theme import LIGHT, SMALLEST, TEXT, TITLE, Theme, ink_on, new_figure, rgb
from vitreous.errors import UsageError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Table = npt.NDArray[np.integer[Any]]

LONGEST_LABEL = 20
# Inches: the side of a cell of a small matrix, the side of a large matrix, what stands around it without the names.
_CELL, _SIDE, _AROUND = 0.72, 8.0, 0.9


def confusion(table: Table, labels: Sequence[str], title: str | None = None, theme: Theme = LIGHT) -> "Figure":
    """A figure of `table`, int [K, K], row = true class, column = answer, for the classes `labels` [K]; without a `title`, its finding.

    Raises:
        UsageError: the table is not square, holds something below 0, or does not fit the labels.
    """
    check(table, labels)
    side = min(_SIDE, max(3.0, _CELL * len(labels)))
    longest = max(len(drawable(label, LONGEST_LABEL)) for label in labels)
    width = side + _AROUND + longest * letter_width(TEXT)
    with new_figure(width, width - _AROUND / 2, theme) as figure:
        axes = figure.subplots()
        draw_confusion(axes, table, labels, (side, side), theme)
        axes.set_aspect("equal")
        stated = drawable(title, 200) if title is not None else finding(table, labels)
        figure.suptitle(wrapped(stated, width - 0.5, TITLE), x=0.12 / width, ha="left", fontsize=TITLE, weight="bold")
    return figure


def finding(table: Table, labels: Sequence[str]) -> str:
    """What the table says first: the confusion seen most often, the first one of equals.

    >>> finding(np.array([[9, 4], [1, 9]]), ["dress", "skirt"])
    'dress is taken for skirt 4 times'
    """
    mistakes = np.where(np.eye(len(labels), dtype=bool), 0, table)
    if not mistakes.any():
        total = int(table.sum())
        return f"all {total:,} answers are right" if total else "no pictures"
    true, answer = divmod(int(mistakes.argmax()), len(labels))
    count = int(mistakes[true, answer])
    often = "once" if count == 1 else f"{count:,} times"
    return f"{within_a_sentence(labels[true])} is taken for {within_a_sentence(labels[answer])} {often}"


def draw_confusion(axes: "Axes", table: Table, labels: Sequence[str], size: tuple[float, float], theme: Theme) -> None:
    """Draw the matrix into `axes`, which will be about `size` = (width, height) inches."""
    classes = len(labels)
    colours = shades(table, theme)
    cell = size[0] / classes, size[1] / classes
    axes.imshow(colours, aspect="auto", interpolation="nearest")
    write_classes(axes, labels, cell[1])
    _write_answers(axes, labels, cell[0])
    axes.set_ylabel("true class")
    axes.set_xlabel("answer (shade: share of the row)")
    axes.spines[:].set_visible(classes > 60)
    if classes <= 60:  # more lines between the cells would hide them
        between = np.arange(1, classes) - 0.5
        width = min(2.0, 20 * min(cell))
        axes.hlines(between, -0.5, classes - 0.5, color=theme.background, linewidth=width)
        axes.vlines(between, -0.5, classes - 0.5, color=theme.background, linewidth=width)
    _write_counts(axes, table, colours, cell)


def write_classes(axes: "Axes", labels: Sequence[str], room: float) -> None:
    """The names of the rows, each of which has `room` inches; every second, third … where they are too close."""
    places, points = _thinned(len(labels), room)
    axes.set_yticks(places, [drawable(labels[k], LONGEST_LABEL) for k in places], fontsize=points)
    axes.tick_params(axis="y", length=0 if len(places) == len(labels) else 3)


def shades(table: Table, theme: Theme) -> npt.NDArray[np.float64]:
    """The colour of each cell: float [K, K, 3], 0 to 1."""
    count = table.sum(axis=1, keepdims=True)
    share = np.divide(table, count, out=np.zeros(table.shape), where=count > 0)
    hue = np.where(np.eye(len(table), dtype=bool)[..., None], rgb(theme.right), rgb(theme.wrong))
    empty = 0.5 * (rgb(theme.background) + rgb(theme.panel))
    strength = np.where(table > 0, 0.125 + 0.875 * np.sqrt(share), 0.0)
    coloured = empty + (hue - empty) * strength[..., None]
    return np.where(count[..., None] > 0, coloured, rgb(theme.grid))


def check(table: Table, labels: Sequence[str]) -> None:
    """Raise UsageError unless `table` is a confusion matrix of these classes."""
    expected = (len(labels), len(labels))
    if table.shape != expected or not len(labels):
        raise UsageError(
            "the confusion matrix does not fit the labels", f"shape {table.shape} and {len(labels)} labels", "[K, K] and K labels, K ≥ 1"
        )
    if not np.issubdtype(table.dtype, np.integer) or table.min() < 0:
        raise UsageError("this is no confusion matrix", f"{table.dtype} values down to {table.min()}", "counts, which are whole and not below 0")


def _write_answers(axes: "Axes", labels: Sequence[str], room: float) -> None:
    names = [drawable(label, LONGEST_LABEL) for label in labels]
    if max(map(len, names)) * letter_width(TEXT) < 0.95 * room:
        axes.set_xticks(range(len(labels)), names, fontsize=TEXT)
        axes.tick_params(axis="x", length=0)
        return
    places, points = _thinned(len(labels), room)
    upright = room < 0.3
    axes.set_xticks(
        places, [names[k] for k in places], fontsize=points, rotation=90 if upright else 40, ha="center" if upright else "right",
        rotation_mode="default" if upright else "anchor",
    )  # fmt: skip
    axes.tick_params(axis="x", length=0 if len(places) == len(labels) else 3)


def _thinned(count: int, room: float) -> tuple[range, float]:
    """Which of `count` labels are written, and in what size, if each has `room` inches."""
    points = float(np.clip(0.8 * 72 * room, SMALLEST, TEXT))
    return range(0, count, ceil(1.15 * points / (72 * room))), points


def _write_counts(axes: "Axes", table: Table, colours: npt.NDArray[np.float64], cell: tuple[float, float]) -> None:
    longest = len(f"{table.max()}")
    points = min(TEXT + 1, 72 * 0.7 * cell[1], 72 * 0.85 * cell[0] / (0.64 * longest))
    if points < SMALLEST or len(table) > 60:
        return
    for i, j in np.argwhere(table):
        weight = "bold" if i == j else "normal"
        axes.text(j, i, str(table[i, j]), ha="center", va="center_baseline", fontsize=points, color=ink_on(colours[i, j]), weight=weight)
