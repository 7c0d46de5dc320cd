"""One picture of an evaluation: the confusion matrix and, beside each of its rows, the recall of that class with its 95 % interval."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from vitreous.core.text import percent
from vitreous.draw.confusion import Table, check, draw_confusion, finding
from vitreous.draw.lettering import drawable, within_a_sentence, wrapped
from vitreous.draw.theme import LIGHT, SMALLEST, TEXT, TITLE, Theme, new_figure
from vitreous.errors import UsageError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from vitreous.draw.theme import FigureOrPart

Interval = tuple[float, float]

# Inches. The width is 1280 pixels; a row is as high as it can be, and at least as high as its name.
_WIDTH, _HEADS, _MATRIX_WIDTH, _RECALL_WIDTH = 12.8, 2.1, 6.2, 2.8
_ROW, _LEAST_ROW, _TALLEST = 0.8, 0.125, 20.0


def evaluation_picture(
    table: Table, labels: Sequence[str], recall_intervals: Sequence[Interval | None], title: str, theme: Theme = LIGHT
) -> "Figure":
    """A figure of 1280 pixels in width for `table`, int [K, K], row = true class, column = answer, of the classes `labels` [K].

    `recall_intervals` [K] are the 95 % intervals (low, high) of the recalls, 0 to 1; None for a class without pictures. `title` says what
    was measured and how good it is in all.

    Raises:
        UsageError: the table, the labels and the intervals do not fit each other.
    """
    check_intervals(table, labels, recall_intervals)
    rows = len(labels) * float(np.clip(6.5 / len(labels), _LEAST_ROW, _ROW))
    rows = min(max(rows, 2.4), _TALLEST)
    with new_figure(_WIDTH, rows + _HEADS, theme) as figure:
        figure.suptitle(wrapped(drawable(title, 300), _WIDTH - 1, TITLE), x=0.12 / _WIDTH, ha="left", fontsize=TITLE, weight="bold")
        draw_evaluation(figure, table, labels, recall_intervals, (_MATRIX_WIDTH, _RECALL_WIDTH, rows), theme)
    return figure


def draw_evaluation(
    figure: "FigureOrPart",
    table: Table,
    labels: Sequence[str],
    recall_intervals: Sequence[Interval | None],
    size: tuple[float, float, float],
    theme: Theme,
) -> None:
    """Draw both into a figure or a part of one; `size` in inches: width of the matrix, width of the recalls, height of both."""
    matrix_width, recall_width, height = size
    matrix, recalls = figure.subplots(1, 2, sharey=True, width_ratios=(matrix_width, recall_width))
    draw_confusion(matrix, table, labels, (matrix_width, height), theme)
    matrix.set_title(wrapped(finding(table, labels), matrix_width, TEXT))
    draw_recalls(recalls, table, recall_intervals, height / len(labels), theme)
    recalls.tick_params(axis="y", labelleft=False)
    recalls.set_title(wrapped(lowest_recall(table, labels), recall_width + 1, TEXT))


def draw_recalls(axes: "Axes", table: Table, intervals: Sequence[Interval | None], row: float, theme: Theme) -> None:
    """A point and its interval for each row of the matrix, of `row` inches in height, and the numbers where they fit."""
    count, right = table.sum(axis=1), table.diagonal()
    points = min(TEXT, 72 * 0.7 * row)
    axes.set_xlim(-0.01, 1.01)
    axes.set_xticks((0, 0.25, 0.5, 0.75, 1), ("0", "25", "50", "75", "100 %"))
    axes.grid(axis="x")
    axes.set_xlabel("recall with 95 % interval")
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    there = [k for k, interval in enumerate(intervals) if interval is not None and count[k]]
    low, high = np.array([intervals[k] for k in there], dtype=float).reshape(-1, 2).T
    thick = float(np.clip(72 * 0.12 * row, 1.0, 4.0))
    axes.hlines(there, low, high, color=theme.right, linewidth=thick, alpha=0.45, clip_on=False)
    axes.scatter(right[there] / count[there], there, s=(2.6 * thick) ** 2, color=theme.right, zorder=3, clip_on=False)
    if points < SMALLEST:
        return
    for k in range(len(count)):
        told = f"{percent(right[k] / count[k])}  {right[k]:,} of {count[k]:,}" if count[k] else "no pictures"
        axes.text(
            1.06, k, told, transform=axes.get_yaxis_transform(), va="center_baseline", fontsize=points, color=theme.ink if count[k] else theme.muted
        )


def lowest_recall(table: Table, labels: Sequence[str]) -> str:
    """Which class is missed most often, the first one of equals.

    >>> lowest_recall(np.array([[3, 1], [0, 4]]), ["dress", "skirt"])
    'recall is lowest for dress: 75 %'
    """
    count = table.sum(axis=1)
    recall = np.divide(table.diagonal(), count, out=np.ones(len(table)), where=count > 0)
    if not count.any():
        return "no pictures"
    worst = int(recall.argmin())
    if recall[worst] == 1:
        return "every picture is recognized"
    return f"recall is lowest for {within_a_sentence(labels[worst])}: {percent(recall[worst])}"


def check_intervals(table: Table, labels: Sequence[str], intervals: Sequence[Interval | None]) -> None:
    check(table, labels)
    if len(intervals) != len(labels):
        raise UsageError("the intervals do not fit the labels", f"{len(intervals)} intervals and {len(labels)} labels", "one for each, or None")
    for label, interval in zip(labels, intervals, strict=True):
        if interval is not None and not 0 <= interval[0] <= interval[1] <= 1:
            raise UsageError(f"the interval of {drawable(label)!r} is none", str(interval), "0 ≤ low ≤ high ≤ 1")
