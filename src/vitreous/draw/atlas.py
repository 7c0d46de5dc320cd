"""Feature maps as small pictures: the strongest of every stage on one page beside the picture that they are of, or all maps of one stage.

Every stage has its own scale, from −m to m with the largest number m that is shown of it; zero has the same colour everywhere.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from math import ceil, sqrt
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from vitreous.draw.lettering import drawable, letter_width, wrapped
from vitreous.draw.page import Page
from vitreous.draw.signed_colours import signed_colours
from vitreous.draw.theme import LIGHT, PIXELS_PER_INCH, SMALL, SMALLEST, TEXT, TITLE, Theme, ink_on, new_figure
from vitreous.errors import UsageError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Numbers = npt.NDArray[np.floating]

# Inches.
_WIDTH, _MARGIN, _NAMES, _GAP, _LETTERS, _PICTURE = 12.8, 0.25, 2.3, 0.06, 0.14, 2.2
_TALLEST = 150.0  # a larger picture is opened by few programs
_NAMED = 0.3  # the side of a map from which on there is room for its name
_MOST_IN_A_ROW = 16
# Of stages with more maps than the first number: as many in a row as the second, too small for names.
_CROWD, _MOST_IN_A_CROWD = 64, 40


@dataclass(frozen=True, eq=False)
class Strip:
    """Some maps [K, H, W] of a stage with their names [K]; `lines` say what the stage is. A map of one number is written out.

    `crossed` and `framed`: numbers of maps that are crossed out, and that stand in a frame, for what `lines` say of them.
    """

    name: str
    lines: Sequence[str]
    maps: Numbers
    names: Sequence[str]
    crossed: Collection[int] = ()
    framed: Collection[int] = ()

    @property
    def most(self) -> float:
        """The largest absolute number."""
        finite = np.abs(self.maps[np.isfinite(self.maps)])
        return float(finite.max()) if finite.size else 0.0


def atlas(picture: npt.NDArray[np.uint8], strips: Sequence[Strip], title: str, subtitle: str, theme: Theme = LIGHT) -> "Figure":
    """A page 1280 pixels wide: `picture` uint8 [H, W, 3] at its top, below it each strip in rows of 16 maps, of more than 64 maps in rows of 40.

    Raises:
        UsageError: there is no strip, or so much that the page would be 15,000 pixels tall.
    """
    if not strips:
        raise UsageError("there is nothing to draw", "no stages", "one or more")
    most = max(len(strip.maps) for strip in strips)
    columns = min(_MOST_IN_A_CROWD if most > _CROWD else _MOST_IN_A_ROW, most)
    side = min(1.1, (_WIDTH - 2 * _MARGIN - _NAMES) / columns - _GAP)
    room = _LETTERS if side > _NAMED else 0.0
    rows = [ceil(len(strip.maps) / columns) for strip in strips]
    heights = [max(0.74, count * (side + room + _GAP)) + 0.1 for count in rows]
    top = _MARGIN + _PICTURE + 0.25
    tall = top + sum(heights) + _MARGIN
    if tall > _TALLEST:
        arrived = f"{sum(len(strip.maps) for strip in strips):,} maps of {len(strips):,} stages, {tall * PIXELS_PER_INCH:,.0f} pixels tall"
        todo = "ask for fewer maps of each, for coarser stages, or for one stage"
        raise UsageError("that is too much for one picture", arrived, f"at most {_TALLEST * PIXELS_PER_INCH:,.0f} pixels", todo)
    with new_figure(_WIDTH, tall, theme) as figure:
        page = Page(figure, theme)
        _head(page, picture, title, subtitle)
        for strip, height in zip(strips, heights, strict=True):
            _name(page, strip, top)
            colours = signed_colours(strip.maps, strip.most, theme)
            for number, (plane, shown, name) in enumerate(zip(strip.maps, colours, strip.names, strict=True)):
                row, column = divmod(number, columns)
                corner = _MARGIN + _NAMES + column * (side + _GAP), top + row * (side + room + _GAP)
                _map(page, plane, shown, name if room else "", corner, side)
            top += height
    page.finish()
    return figure


def all_maps(picture: npt.NDArray[np.uint8], strip: Strip, title: str, subtitle: str, theme: Theme = LIGHT) -> "Figure":
    """A page 1280 pixels wide with every map of one stage, in their order."""
    count = len(strip.maps)
    columns = min(40, max(8, ceil(sqrt(1.3 * count))))
    side = (_WIDTH - 2 * _MARGIN) / columns - _GAP
    room = _LETTERS if side > _NAMED else 0.0
    top = _MARGIN + _PICTURE + 0.3
    with new_figure(_WIDTH, top + ceil(count / columns) * (side + room + _GAP) + _MARGIN, theme) as figure:
        page = Page(figure, theme)
        _head(page, picture, title, subtitle)
        _scale(page, strip.most, (_MARGIN + _PICTURE + 0.3, _MARGIN + _PICTURE - 0.2), 3.0)
        colours = signed_colours(strip.maps, strip.most, theme)
        for number, (plane, shown, name) in enumerate(zip(strip.maps, colours, strip.names, strict=True)):
            row, column = divmod(number, columns)
            corner = _MARGIN + column * (side + _GAP), top + row * (side + room + _GAP)
            _map(page, plane, shown, name if room else "", corner, side)
            if number in strip.crossed or number in strip.framed:
                _mark(page, corner, side, number in strip.crossed)
    page.finish()
    return figure


def _head(page: Page, picture: npt.NDArray[np.uint8], title: str, subtitle: str) -> None:
    """The picture, and beside it what was found."""
    tall, wide = picture.shape[:2]
    scale = _PICTURE / max(tall, wide)
    page.show(picture, (_MARGIN, _MARGIN), (wide * scale, tall * scale))
    left = _MARGIN + _PICTURE + 0.3
    room = _WIDTH - left - _MARGIN
    told = wrapped(drawable(title, 160), room, TITLE)
    lines = "\n".join(wrapped(drawable(line, 300), room, TEXT) for line in subtitle.split("\n"))
    page.write(left, _MARGIN, told, TITLE, page.theme.ink, va="top", weight="bold")
    page.write(left, _MARGIN + 0.1 + 0.27 * (told.count("\n") + 1), lines, TEXT, page.theme.muted, va="top", linespacing=1.5)


def _name(page: Page, strip: Strip, top: float) -> None:
    page.write(_MARGIN, top + 0.12, drawable(strip.name, int((_NAMES - 0.1) / letter_width(TEXT))), TEXT, page.theme.ink, va="center", weight="bold")
    for number, line in enumerate(strip.lines):
        page.write(_MARGIN, top + 0.29 + 0.15 * number, drawable(line, int(_NAMES / letter_width(8.0))), 8.0, page.theme.muted, va="center")
    _scale(page, strip.most, (_MARGIN, top + 0.26 + 0.15 * len(strip.lines)), _NAMES - 0.4)


def _scale(page: Page, most: float, corner: tuple[float, float], width: float) -> None:
    """A bar of the colours from −most to most, zero marked."""
    x, y = corner
    high = f"{most:.3g}"
    room = 0.08 + 0.085 * (len(high) + 1)
    bar = width - 2 * room
    page.show(signed_colours(np.linspace(-1, 1, 257)[None], 1.0, page.theme), (x + room, y), (bar, 0.1))
    page.axes.plot([x + width / 2] * 2, [y - 0.02, y + 0.12], color=page.theme.muted, linewidth=0.8, zorder=3)
    for at, text, side in ((x + room - 0.05, f"−{high}" if most else "", "right"), (x + room + bar + 0.05, high, "left")):
        page.write(at, y + 0.055, text, SMALLEST, page.theme.muted, ha=side, va="center_baseline")


def _map(page: Page, plane: Numbers, colours: npt.NDArray[np.uint8], name: str, corner: tuple[float, float], side: float) -> None:
    tall, wide = plane.shape
    scale = side / max(tall, wide)
    width, height = wide * scale, tall * scale
    page.show(colours, (corner[0] + (side - width) / 2, corner[1] + (side - height) / 2), (width, height))
    middle = corner[0] + side / 2
    if plane.size == 1 and side > 0.35:
        number = f"{plane.item():.3g}".replace("-", "−")
        points = min(SMALL, 72 * 0.85 * side / (0.64 * len(number)))
        page.write(middle, corner[1] + side / 2, number, points, ink_on(colours[0, 0] / 255), ha="center", va="center_baseline")
    if name:
        room = max(3, int(side / (0.85 * letter_width(SMALLEST))))
        page.write(middle, corner[1] + side + 0.08, drawable(name, room), SMALLEST, page.theme.muted, ha="center", va="center")


def _mark(page: Page, corner: tuple[float, float], side: float, crossed: bool) -> None:
    """A cross or a frame over the square of a map."""
    x, y = corner
    inset, width = 0.02 * side, max(1.0, 3 * side)
    left, right, upper, lower = x + inset, x + side - inset, y + inset, y + side - inset
    lines = [((left, right), (upper, lower)), ((left, right), (lower, upper))] if crossed else [_frame(left, right, upper, lower)]
    for across, down in lines:
        page.axes.plot(across, down, color=page.theme.wrong, linewidth=width, zorder=3, solid_joinstyle="miter")


def _frame(left: float, right: float, upper: float, lower: float) -> tuple[tuple[float, ...], tuple[float, ...]]:
    return (left, right, right, left, left), (upper, upper, lower, lower, upper)
