"""Kernels as small pictures: those of three colours in colour, mid grey for zero, others in the colours for signed numbers; and matrices."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from vitreous.draw.lettering import drawable, letter_width, wrapped
from vitreous.draw.page import Page
from vitreous.draw.signed_colours import signed_colours
from vitreous.draw.theme import LIGHT, SMALL, SMALLEST, TEXT, TITLE, Theme, new_figure
from vitreous.errors import UsageError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Numbers = npt.NDArray[np.floating]

# Inches.
_WIDTH, _MARGIN, _NAMES, _GAP, _CAPTION, _LARGEST = 12.8, 0.3, 1.7, 0.08, 0.17, 1.3
_LINE = 0.2


@dataclass(frozen=True, eq=False)
class Kernel:
    """Numbers [h, w], or [h, w, 3] for red, green and blue; `most` is the number at the end of the scale."""

    numbers: Numbers
    caption: str
    most: float


@dataclass(frozen=True, eq=False)
class Row:
    heading: str
    kernels: Sequence[Kernel]


def filter_page(title: str, subtitle: str, rows: Sequence[Row], theme: Theme = LIGHT) -> "Figure":
    """A page 1280 pixels wide, a line for each row.

    Raises:
        UsageError: there is nothing to draw.
    """
    if not any(row.kernels for row in rows):
        raise UsageError("there is nothing to draw", "no kernels", "one or more")
    names = _NAMES if any(row.heading for row in rows) else 0.0
    columns = max(len(row.kernels) for row in rows)
    side = min(_LARGEST, (_WIDTH - 2 * _MARGIN - names) / columns - _GAP)
    told, lines, top = _head(title, subtitle)
    heights = [side + _GAP + (_CAPTION if any(kernel.caption for kernel in row.kernels) else 0) for row in rows]
    with new_figure(_WIDTH, top + sum(heights) + _MARGIN, theme) as figure:
        page = Page(figure, theme)
        _write_head(page, told, lines)
        for row, height in zip(rows, heights, strict=True):
            page.write(_MARGIN, top + side / 2, drawable(row.heading, int(names / letter_width(SMALL))), SMALL, theme.ink, va="center")
            for number, kernel in enumerate(row.kernels):
                _kernel(page, kernel, (_MARGIN + names + number * (side + _GAP), top), side)
            top += height
    page.finish()
    return figure


def matrix_page(title: str, subtitle: str, matrices: Numbers, names: Sequence[str], moments: Sequence[str], theme: Theme = LIGHT) -> "Figure":
    """Matrices [T, M, D] below each other, all on one scale, with the `names` [M] of their rows."""
    if not matrices.size:
        raise UsageError("there is nothing to draw", "no numbers", "one or more")
    told, lines, top = _head(title, subtitle)
    tall = len(names) * _LINE
    left = min(_NAMES, 0.3 + letter_width(SMALL) * max(len(drawable(name, 40)) for name in names))
    finite = np.abs(matrices[np.isfinite(matrices)])
    most = float(finite.max()) if finite.size else 0.0
    wide = min(_WIDTH - 2 * _MARGIN - left, max(2.0, matrices.shape[2] * _LINE))
    with new_figure(_WIDTH, top + len(matrices) * (tall + 0.6) + _MARGIN, theme) as figure:
        page = Page(figure, theme)
        _write_head(page, told, lines)
        for moment, matrix in zip(moments, matrices, strict=True):
            heading = f"{moment}: " if len(moments) > 1 else ""
            scale = f"{heading}{matrix.shape[1]:,} columns, from −{most:.3g} to {most:.3g}"
            page.write(_MARGIN + left, top + 0.1, drawable(scale, 100), SMALL, theme.muted, va="center")
            top += 0.25
            page.show(signed_colours(matrix, most, theme), (_MARGIN + left, top), (wide, tall))
            for number, name in enumerate(names):
                shown = drawable(name, int(_NAMES / letter_width(SMALL)))
                page.write(_MARGIN + left - 0.1, top + (number + 0.5) * _LINE, shown, SMALL, theme.ink, ha="right", va="center")
            top += tall + 0.35
    page.finish()
    return figure


def _head(title: str, subtitle: str) -> tuple[str, str, float]:
    """Both in lines that fit, and where what is below them begins."""
    told = wrapped(drawable(title, 200), _WIDTH - 2 * _MARGIN, TITLE)
    lines = "\n".join(wrapped(drawable(line, 400), _WIDTH - 2 * _MARGIN, TEXT) for line in subtitle.split("\n"))
    return told, lines, _MARGIN + 0.27 * (told.count("\n") + 1) + 0.24 * (lines.count("\n") + 1) + 0.3


def _write_head(page: Page, told: str, lines: str) -> None:
    page.write(_MARGIN, _MARGIN, told, TITLE, page.theme.ink, va="top", weight="bold")
    page.write(_MARGIN, _MARGIN + 0.08 + 0.27 * (told.count("\n") + 1), lines, TEXT, page.theme.muted, va="top", linespacing=1.4)


def _kernel(page: Page, kernel: Kernel, corner: tuple[float, float], side: float) -> None:
    numbers = kernel.numbers
    if numbers.ndim == 3:
        share = numbers / kernel.most if kernel.most > 0 else np.zeros(numbers.shape)
        colours = np.rint(127.5 + 127.5 * np.clip(np.nan_to_num(share), -1, 1)).astype(np.uint8)
    else:
        colours = signed_colours(numbers, kernel.most, page.theme)
    scale = side / max(numbers.shape[:2])
    page.show(colours, corner, (numbers.shape[1] * scale, numbers.shape[0] * scale))
    if kernel.caption:
        room = max(3, int(side / (0.85 * letter_width(SMALLEST))))
        page.write(
            corner[0] + side / 2, corner[1] + side + 0.08, drawable(kernel.caption, room), SMALLEST, page.theme.muted, ha="center", va="center"
        )
