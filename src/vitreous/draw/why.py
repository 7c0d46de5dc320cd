"""Why an answer: maps over the photo, each beside the curves of its two checks, and the training pictures that are nearest.

Blue speaks for the answer, orange against it, the stronger the surer; the photo below is pale and grey, so that no colour of its own is taken
for one of the map's. A frame marks the cell that speaks most for the answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from vitreous.draw.lettering import drawable, left_to_right, letter_width, wrapped
from vitreous.draw.page import Page
from vitreous.draw.signed_colours import signed_colours
from vitreous.draw.theme import LIGHT, SMALL, SMALLEST, TEXT, TITLE, Theme, new_figure, rgb
from vitreous.errors import UsageError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Floats = npt.NDArray[np.float64]
Pixels = npt.NDArray[np.uint8]

# Inches.
_WIDTH, _MARGIN, _PHOTO, _MAP, _GAP, _HEADING = 12.8, 0.25, 2.2, 2.75, 0.3, 0.62
_NEAR, _SMALL_TICK = 1.62, 7.5


@dataclass(frozen=True, eq=False)
class MapPanel:
    """A map [S, S] of the picture with `most` as the far end of its colours and the `box` of its strongest cell in pixels (x0, y0, x1, y1);
    `likeness` to the maps of networks with the `layers` last layers redrawn; the probability over the `share` of deleted and inserted parts,
    [T], beside random orders [R, T]. `name` and `verdict` stand above it."""

    name: str
    verdict: str
    numbers: Floats
    most: float
    box: tuple[float, float, float, float]
    layers: Sequence[int]
    likeness: Sequence[float]
    alike: float
    share: Floats
    deletion: Floats
    insertion: Floats
    random_deletion: Floats
    random_insertion: Floats


@dataclass(frozen=True, eq=False)
class NearPicture:
    """A training picture, None where it is gone, with the lines below it."""

    picture: Pixels | None
    lines: Sequence[str]


def why_picture(
    picture: Pixels, panels: Sequence[MapPanel], near: Sequence[NearPicture], title: str, subtitle: str, near_title: str, theme: Theme = LIGHT
) -> "Figure":
    """A page 1280 pixels wide: `picture` uint8 [S, S, 3], a row for each map, at the end the nearest training pictures.

    Raises:
        UsageError: there is no map.
    """
    if not panels:
        raise UsageError("there is nothing to draw", "no map", "one or more")
    top = _MARGIN + _PHOTO + 0.35
    row = _HEADING + _MAP + 0.35
    below = (_NEAR + 0.95) if near or near_title else 0.0
    with new_figure(_WIDTH, top + len(panels) * row + below + _MARGIN, theme) as figure:
        page = Page(figure, theme)
        _head(page, picture, title, subtitle)
        for number, panel in enumerate(panels):
            _row(page, figure, picture, panel, top + number * row)
        if below:
            _near(page, near, near_title, top + len(panels) * row)
    page.finish()
    return figure


def flip_picture(before: Pixels, after: Pixels, names: tuple[str, str, str], title: str, subtitle: str, theme: Theme = LIGHT) -> "Figure":
    """A page 1280 pixels wide: the picture, the change so magnified that its largest is as strong as can be, and the changed picture."""
    side = (_WIDTH - 2 * _MARGIN - 2 * _GAP) / 3
    told = wrapped(drawable(title, 160), _WIDTH - 2 * _MARGIN, TITLE)
    lines = "\n".join(wrapped(drawable(line, 300), _WIDTH - 2 * _MARGIN, TEXT) for line in subtitle.split("\n"))
    head = _MARGIN + 0.27 * (told.count("\n") + 1) + 0.24 * (lines.count("\n") + 1) + 0.3
    change = after.astype(np.float64) - before
    magnified = np.rint(127.5 + change * (127.5 / max(1.0, float(np.abs(change).max())))).astype(np.uint8)
    with new_figure(_WIDTH, head + side + 0.4 + _MARGIN, theme) as figure:
        page = Page(figure, theme)
        page.write(_MARGIN, _MARGIN, told, TITLE, theme.ink, va="top", weight="bold")
        page.write(_MARGIN, _MARGIN + 0.1 + 0.27 * (told.count("\n") + 1), lines, TEXT, theme.muted, va="top", linespacing=1.5)
        for number, (shown, name) in enumerate(zip((before, magnified, after), names, strict=True)):
            left = _MARGIN + number * (side + _GAP)
            page.show(shown, (left, head), (side, side))
            page.write(left, head + side + 0.2, drawable(name, int(side / letter_width(TEXT))), TEXT, theme.ink, va="center")
    page.finish()
    return figure


def over_photo(picture: Pixels, numbers: Floats, most: float, theme: Theme) -> Pixels:
    """The photo in pale grey under the colours of a map [S, S] of numbers from −most to most."""
    grey = (picture @ np.array([0.299, 0.587, 0.114]))[..., None] / 255
    ground = rgb(theme.background)
    pale = ground + (grey - ground) * 0.55
    strength = np.clip(np.abs(numbers) / most, 0, 1)[..., None] ** 0.7 * 0.8 if most > 0 else np.zeros((*numbers.shape, 1))
    colours = signed_colours(numbers, most, theme) / 255
    return np.asarray(np.rint(255 * np.clip(pale * (1 - strength) + colours * strength, 0, 1)), np.uint8)


def _head(page: Page, picture: Pixels, title: str, subtitle: str) -> None:
    page.show(picture, (_MARGIN, _MARGIN), (_PHOTO, _PHOTO))
    left = _MARGIN + _PHOTO + 0.3
    room = _WIDTH - left - _MARGIN
    told = wrapped(drawable(title, 160), room, TITLE)
    lines = "\n".join(wrapped(drawable(line, 300), room, SMALL) for line in subtitle.split("\n"))
    page.write(left, _MARGIN, told, TITLE, page.theme.ink, va="top", weight="bold")
    page.write(left, _MARGIN + 0.1 + 0.27 * (told.count("\n") + 1), lines, SMALL, page.theme.muted, va="top", linespacing=1.5)


def _row(page: Page, figure: "Figure", picture: Pixels, panel: MapPanel, top: float) -> None:
    page.write(_MARGIN, top + 0.14, drawable(panel.name, 60), TEXT, page.theme.ink, va="center", weight="bold")
    page.write(_MARGIN, top + 0.38, drawable(panel.verdict, 170), SMALL, page.theme.muted, va="center")
    corner = _MARGIN, top + _HEADING
    page.show(over_photo(picture, panel.numbers, panel.most, page.theme), corner, (_MAP, _MAP))
    _frame(page, panel.box, corner, _MAP / len(picture))
    wide = (_WIDTH - 2 * _MARGIN - _MAP - 0.15) / 3
    for number, draw in enumerate((_likeness, _deletion, _insertion)):
        left = _MARGIN + _MAP + number * wide + 0.62
        axes = figure.add_axes(_inches(page, left, top + _HEADING + 0.28, wide - 0.72, _MAP - 0.72))
        draw(axes, panel, page.theme)
        axes.tick_params(length=0, labelsize=_SMALL_TICK)
        axes.grid(axis="y")
        axes.spines[:].set_visible(False)


def _frame(page: Page, box: tuple[float, float, float, float], corner: tuple[float, float], scale: float) -> None:
    """Around the strongest cell, at least a tenth of an inch wide and within the photo; dark on light, so that it shows on any ground."""
    from matplotlib.patches import Rectangle

    x0, y0, x1, y1 = (number * scale for number in box)
    least = 0.12
    (x0, x1), (y0, y1) = ((min(a, (a + b - least) / 2), max(b, (a + b + least) / 2)) for a, b in ((x0, x1), (y0, y1)))
    x0, y0, x1, y1 = (float(np.clip(number, 0, _MAP)) for number in (x0, y0, x1, y1))
    for colour, width in (("#ffffff", 3.2), ("#000000", 1.4)):
        page.axes.add_patch(Rectangle((corner[0] + x0, corner[1] + y0), x1 - x0, y1 - y0, fill=False, edgecolor=colour, linewidth=width, zorder=4))


def _likeness(axes: "Axes", panel: MapPanel, theme: Theme) -> None:
    places = np.arange(len(panel.likeness) + 1)
    axes.axhspan(panel.alike, 1.05, color=theme.wrong, alpha=0.15, linewidth=0)
    axes.plot(places, [1.0, *panel.likeness], color=theme.right, marker="o", markersize=4.5, linewidth=2, clip_on=False, zorder=3)
    axes.set_ylim(-1.05, 1.05)
    axes.set_yticks((-1, 0, panel.alike, 1), ("−1", "0", f"{panel.alike:g}", "1"))
    axes.set_xticks(places, ["none", *map(str, panel.layers[:-1]), "all"])
    axes.set_xlabel("last layers redrawn", fontsize=_SMALL_TICK)
    axes.set_title(f"likeness without weights: {panel.likeness[-1]:+.2f}".replace("-", "−"), fontsize=SMALL)


def _deletion(axes: "Axes", panel: MapPanel, theme: Theme) -> None:
    _curve(axes, panel.share, panel.deletion, panel.random_deletion, theme.wrong, theme)
    axes.set_title(_areas("deletion", panel.share, panel.deletion, panel.random_deletion), fontsize=SMALL)
    axes.set_xlabel("marked parts deleted first", fontsize=_SMALL_TICK)


def _insertion(axes: "Axes", panel: MapPanel, theme: Theme) -> None:
    _curve(axes, panel.share, panel.insertion, panel.random_insertion, theme.right, theme)
    axes.set_title(_areas("insertion", panel.share, panel.insertion, panel.random_insertion), fontsize=SMALL)
    axes.set_xlabel("marked parts inserted first", fontsize=_SMALL_TICK)


def _curve(axes: "Axes", share: Floats, own: Floats, random: Floats, colour: str, theme: Theme) -> None:
    for each in random:
        axes.plot(share, each, color=theme.muted, linewidth=0.8, linestyle=(0, (2, 2)))
    axes.plot(share, own, color=colour, linewidth=2.2, zorder=3)
    most = max(float(own.max()), float(random.max()), 1e-6)
    axes.set_ylim(0, 1.05 * most)
    axes.set_xlim(0, 1)
    axes.set_xticks((0, 0.5, 1), ("0", "half", "all"))
    axes.set_ylabel("probability", fontsize=_SMALL_TICK)


def _areas(name: str, share: Floats, own: Floats, random: Floats) -> str:
    areas = [float(np.trapezoid(each, share)) for each in (own, random.mean(0))]
    return f"{name}: area {areas[0]:.3f}, random {areas[1]:.3f}"


def _near(page: Page, near: Sequence[NearPicture], title: str, top: float) -> None:
    page.write(_MARGIN, top + 0.14, drawable(title, 170), TEXT, page.theme.ink, va="center", weight="bold")
    for number, each in enumerate(near):
        corner = _MARGIN + number * (_NEAR + 0.12), top + 0.34
        if each.picture is None:
            page.show(np.broadcast_to(np.rint(255 * rgb(page.theme.panel)).astype(np.uint8), (2, 2, 3)).copy(), corner, (_NEAR, _NEAR))
            page.write(corner[0] + _NEAR / 2, corner[1] + _NEAR / 2, "gone", SMALL, page.theme.muted, ha="center", va="center")
        else:
            page.show(each.picture, corner, (_NEAR, _NEAR))
        for line, text in enumerate(each.lines):
            shown = left_to_right(drawable(text, int(_NEAR / letter_width(SMALLEST + 1.5))))
            page.write(
                corner[0], corner[1] + _NEAR + 0.13 + 0.15 * line, shown, SMALLEST + 1.5, page.theme.muted if line else page.theme.ink, va="center"
            )


def _inches(page: Page, left: float, top: float, width: float, height: float) -> tuple[float, float, float, float]:
    """A rectangle in inches from the upper left corner as shares of the figure from its lower left one."""
    return left / page.size[0], 1 - (top + height) / page.size[1], width / page.size[0], height / page.size[1]
