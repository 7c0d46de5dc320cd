"""How accuracy falls as pictures get worse: one small plot for each corruption, all on the same scale, the most harmful first."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

import numpy as np

from vitreous.core.text import percent
from vitreous.draw.lettering import drawable, wrapped
from vitreous.draw.theme import LIGHT, SMALL, SMALLEST, TITLE, Theme, new_figure
from vitreous.errors import UsageError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Interval = tuple[float, float]

# Inches. The width is 1280 pixels.
_WIDTH, _HEIGHT_OF_ROW, _HEADS = 12.8, 2.35, 1.3
_COLUMNS = 4


@dataclass(frozen=True)
class Curve:
    """One corruption: its name, what its strengths measure, each of them as text without the unit, from mild to harsh; and at each the
    accuracy, 0 to 1, its 95 % interval and the mean confidence of the answers."""

    name: str
    quantity: str
    strengths: Sequence[str]
    accuracy: Sequence[float]
    intervals: Sequence[Interval]
    confidence: Sequence[float]


def stress_picture(curves: Sequence[Curve], plain: Curve, title: str, theme: Theme = LIGHT) -> "Figure":
    """A figure of 1280 pixels in width; `plain` has one strength, the pictures as they are.

    Raises:
        UsageError: a curve has not as many values of each kind, or there is none.
    """
    _check([*curves, plain])
    if not curves:
        raise UsageError("there is nothing to draw", "no corruption", "one or more")
    columns = min(_COLUMNS, len(curves))
    rows = ceil(len(curves) / columns)
    with new_figure(_WIDTH, rows * _HEIGHT_OF_ROW + _HEADS, theme) as figure:
        figure.suptitle(wrapped(drawable(title, 300), _WIDTH - 1, TITLE), x=0.12 / _WIDTH, ha="left", fontsize=TITLE, weight="bold")
        every = figure.subplots(rows, columns, sharey=True, squeeze=False).ravel()
        for axes, curve in zip(every, sorted(curves, key=lambda each: float(np.mean(each.accuracy))), strict=False):
            _draw(axes, curve, plain, theme)
        for axes in every[len(curves) :]:
            axes.set_axis_off()
        for axes in every[::columns]:
            axes.set_yticks((0, 0.25, 0.5, 0.75, 1), ("0", "25", "50", "75", "100 %"))
        every[0].set_ylabel("accuracy")
        handles, names = every[0].get_legend_handles_labels()
        figure.legend(handles, names, loc="outside lower left", ncols=3, frameon=False, fontsize=SMALL)
    return figure


def _draw(axes: "Axes", curve: Curve, plain: Curve, theme: Theme) -> None:
    """Strengths are set evenly apart; place 0 is the picture as it is."""
    places = np.arange(1 + len(curve.accuracy))
    accuracy, confidence = [*plain.accuracy, *curve.accuracy], [*plain.confidence, *curve.confidence]
    low, high = np.array([*plain.intervals, *curve.intervals], dtype=float).T
    axes.axhline(plain.accuracy[0], color=theme.muted, linewidth=1, linestyle=(0, (1, 2)))
    axes.fill_between(places, low, high, color=theme.right, alpha=0.2, linewidth=0, label="95 % interval")
    axes.plot(places, accuracy, color=theme.right, marker="o", markersize=4.5, linewidth=2, label="accuracy", clip_on=False, zorder=3)
    axes.plot(places, confidence, color=theme.wrong, linestyle="--", linewidth=1.5, label="mean confidence of the answers", clip_on=False)
    how = "falls to" if accuracy[-1] < accuracy[0] else "stays at"
    axes.set_title(drawable(f"{curve.name}: {how} {percent(accuracy[-1])}"), fontsize=SMALL + 0.5)
    axes.set_ylim(0, 1.02)
    axes.set_xlim(-0.2, places[-1] + 0.2)
    axes.set_xticks(places, ["as is", *map(drawable, curve.strengths)])
    axes.tick_params(axis="x", labelsize=SMALLEST + 1.5)
    axes.set_xlabel(drawable(curve.quantity), fontsize=SMALLEST + 1.5)
    axes.tick_params(length=0)
    axes.grid(axis="y")
    axes.spines[:].set_visible(False)


def _check(curves: Sequence[Curve]) -> None:
    for curve in curves:
        lengths = {len(values) for values in (curve.strengths, curve.accuracy, curve.intervals, curve.confidence)}
        if len(lengths) != 1 or 0 in lengths:
            arrived = f"{len(curve.strengths)} strengths, {len(curve.accuracy)} accuracies, {len(curve.intervals)} intervals"
            raise UsageError(f"{drawable(curve.name)!r} cannot be drawn", arrived, "as many of each, one or more")
