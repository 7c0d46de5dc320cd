"""The chain rule for one number as a picture: on top the products that its gradient is the sum of, as maps or as a list of the largest; below
them the way to the loss, a line for each number, with its gradient as a bar.

Bars have a logarithmic axis, since gradients shrink and grow by powers of ten on their way; blue above zero, orange below, as everywhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, isfinite, log10
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from vitreous.draw.arithmetic import short
from vitreous.draw.lettering import drawable, letter_width, wrapped
from vitreous.draw.page import Page
from vitreous.draw.signed_colours import signed_colours
from vitreous.draw.theme import LIGHT, SMALL, TEXT, TITLE, Theme, new_figure
from vitreous.errors import UsageError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Numbers = npt.NDArray[np.floating]

# Inches.
_WIDTH, _MARGIN, _MAP, _SIGN, _LINE, _HEADING = 12.8, 0.3, 3.4, 0.6, 0.27, 0.3
_NAME, _FIGURE, _BAR = 3.5, 1.0, 2.6
_MOST_LINES = 150


@dataclass(frozen=True, eq=False)
class Plane:
    """Numbers [H, W] on a scale of their own, and what they are."""

    heading: str
    numbers: Numbers


@dataclass(frozen=True)
class Product:
    """One product of a list: "weight 0.3 × gradient −0.1"."""

    words: str
    amount: float


@dataclass(frozen=True)
class Link:
    """A number on the way: its name, the gradient in it, and how that comes about."""

    name: str
    gradient: float
    words: str


def chain(title: str, subtitle: str, planes: Sequence[Plane], products: Sequence[Product], links: Sequence[Link], theme: Theme = LIGHT) -> "Figure":
    """A page 1280 pixels wide: `planes` (slopes, gradients, their products) or `products`, then `links`.

    Raises:
        UsageError: there is nothing to draw.
    """
    if not links:
        raise UsageError("there is nothing to draw", "no numbers", "one or more")
    left_out = max(0, len(links) - _MOST_LINES)
    shown = [*links[: _MOST_LINES - 1], links[-1]] if left_out else list(links)
    told = wrapped(drawable(title, 200), _WIDTH - 2 * _MARGIN, TITLE)
    lines = "\n".join(wrapped(drawable(line, 400), _WIDTH - 2 * _MARGIN, TEXT) for line in subtitle.split("\n"))
    top = _MARGIN + 0.27 * (told.count("\n") + 1) + 0.24 * (lines.count("\n") + 1) + 0.3
    tall = _HEADING + _MAP + 0.35 if planes else len(products) * _LINE + 0.35 if products else 0.0
    with new_figure(_WIDTH, top + tall + 2 * _HEADING + len(shown) * _LINE + _MARGIN, theme) as figure:
        page = Page(figure, theme)
        page.write(_MARGIN, _MARGIN, told, TITLE, theme.ink, va="top", weight="bold")
        page.write(_MARGIN, _MARGIN + 0.08 + 0.27 * (told.count("\n") + 1), lines, TEXT, theme.muted, va="top", linespacing=1.4)
        if planes:
            _planes(page, planes, top)
        elif products:
            _products(page, products, top)
        _way(page, shown, top + tall, left_out)
    page.finish()
    return figure


def _planes(page: Page, planes: Sequence[Plane], top: float) -> None:
    left = _MARGIN
    for number, plane in enumerate(planes):
        if number:
            page.write(left + _SIGN / 2, top + _HEADING + _MAP / 2, "×="[number - 1], 1.4 * TITLE, page.theme.ink, ha="center", va="center")
            left += _SIGN
        finite = np.abs(plane.numbers[np.isfinite(plane.numbers)])
        most = float(finite.max()) if finite.size else 0.0
        scale = _MAP / max(plane.numbers.shape)
        high, wide = (side * scale for side in plane.numbers.shape)
        page.write(left, top + 0.1, drawable(plane.heading, int(_MAP / letter_width(SMALL)) + 4), SMALL, page.theme.ink, va="center")
        page.show(signed_colours(plane.numbers, most, page.theme), (left, top + _HEADING), (wide, high))
        page.write(left, top + _HEADING + high + 0.14, f"from −{short(most)} to {short(most)}", SMALL, page.theme.muted, va="center")
        left += _MAP


def _products(page: Page, products: Sequence[Product], top: float) -> None:
    most = max((abs(each.amount) for each in products if isfinite(each.amount)), default=0.0) or 1.0
    middle, reach = 8.6, 2.2
    page.axes.plot([middle] * 2, [top, top + len(products) * _LINE], color=page.theme.muted, linewidth=0.8)
    for number, each in enumerate(products):
        y = top + (number + 0.5) * _LINE
        page.write(_MARGIN, y, drawable(each.words, int((middle - reach - _MARGIN) / letter_width(SMALL))), SMALL, page.theme.ink, va="center")
        if isfinite(each.amount):
            end = middle + reach * each.amount / most
            _bar(page, middle, end, y, each.amount)
            at, side = (end + 0.06, "left") if each.amount >= 0 else (end - 0.06, "right")
            page.write(at, y, short(each.amount), SMALL, page.theme.ink, ha=side, va="center")


def _way(page: Page, links: Sequence[Link], top: float, left_out: int) -> None:
    """A line for each number; bars of |gradient| on one logarithmic axis."""
    sizes = [abs(each.gradient) for each in links if each.gradient and isfinite(each.gradient)]
    low, high = (floor(log10(min(sizes)) - 0.2), ceil(log10(max(sizes)) + 0.01)) if sizes else (-1, 0)
    low = max(low, high - 40)  # beyond it a bar says nothing
    left = _MARGIN + _NAME + _FIGURE
    step = max(1, ceil((high - low) / 5))
    page.write(
        _MARGIN,
        top + 0.12,
        "the way to the loss: each number has the strongest product of the one above it",
        TEXT,
        page.theme.ink,
        va="center",
        weight="bold",
    )
    top += _HEADING
    bottom = top + _HEADING + len(links) * _LINE
    for power in range(high, low - 1, -step):
        x = left + _BAR * (power - low) / (high - low)
        page.axes.plot([x] * 2, [top + _HEADING - 0.08, bottom], color=page.theme.grid, linewidth=0.8, zorder=0.5)
        page.write(x, top + 0.1, _power(power), SMALL, page.theme.muted, ha="center", va="center")
    page.write(left - 0.35, top + 0.1, "gradient", SMALL, page.theme.muted, ha="right", va="center")
    room = int((_WIDTH - _MARGIN - left - _BAR - 0.15) / letter_width(SMALL))
    for number, each in enumerate(links):
        y = top + _HEADING + (number + 0.5) * _LINE
        weight = "bold" if number in (0, len(links) - 1) else "normal"
        page.write(_MARGIN, y, drawable(each.name, int(_NAME / letter_width(SMALL)) + 2), SMALL, page.theme.ink, va="center", weight=weight)
        page.write(left - 0.1, y, short(each.gradient), SMALL, page.theme.ink, ha="right", va="center")
        if each.gradient and isfinite(each.gradient):
            end = left + _BAR * max(0.02, (log10(abs(each.gradient)) - low) / (high - low))
            _bar(page, left, end, y, each.gradient)
        words = f"({left_out:,} more numbers lie before it) {each.words}" if left_out and number == len(links) - 1 else each.words
        page.write(left + _BAR + 0.15, y, drawable(words, room), SMALL, page.theme.muted, va="center")


def _bar(page: Page, start: float, end: float, y: float, sign: float) -> None:
    from matplotlib.patches import Rectangle

    first, last = sorted((start, end))
    colour = page.theme.right if sign >= 0 else page.theme.wrong
    page.axes.add_patch(Rectangle((first, y - 0.08), max(last - first, 0.012), 0.16, facecolor=colour, linewidth=0, zorder=2))


def _power(power: int) -> str:
    """
    >>> _power(-3), _power(0), _power(-8)
    ('0.001', '1', '1e−8')
    """
    return f"{10.0**power:g}" if -4 <= power <= 3 else f"1e{power}".replace("-", "−")
