"""Photos with what a model says of them: the answer, how sure it is, and the truth where it is known.

A wrong answer is marked in four ways, so one survives any printer and any eye: a cross, a frame, a hatched bar, and the truth in words.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PIL import Image

from vitreous.core.text import percent
from vitreous.draw.lettering import drawable, left_to_right, letter_width, wrapped
from vitreous.draw.theme import LIGHT, PIXELS_PER_INCH, SMALL, TEXT, TITLE, Theme, new_figure
from vitreous.errors import UsageError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from vitreous.draw.theme import FigureOrPart

# Inches: between photos, the lines below a photo, the margin of the figure.
GAP, CAPTION, TRUTH, MARGIN = 0.16, 0.40, 0.20, 0.16
_BAR = 0.07


@dataclass(frozen=True)
class Photo:
    """`picture` uint8 [H, W, 3], or [H, W] in grey; `confidence` from 0 to 1; `truth` None where it is not known."""

    picture: npt.NDArray[np.uint8]
    answer: str
    confidence: float
    truth: str | None = None

    def __post_init__(self) -> None:
        shape, kind = self.picture.shape, self.picture.dtype
        if kind != np.uint8 or not (len(shape) == 2 or (len(shape) == 3 and shape[2] == 3)) or 0 in shape:
            raise UsageError("this is no picture", f"{kind} {list(shape)}", "uint8 [height, width, 3] or [height, width]")
        if not 0 <= self.confidence <= 1:
            raise UsageError("this is no confidence", f"{self.confidence}", "a number from 0 to 1")

    @property
    def wrong(self) -> bool:
        return self.truth is not None and self.truth != self.answer


def photo_grid(photos: Sequence[Photo], columns: int = 4, title: str | None = None, theme: Theme = LIGHT, width: float = 8.0) -> "Figure":
    """A figure of `width` inches with the photos row by row. Every photo is shown whole, in a field that has the form of most of them.

    Raises:
        UsageError: there is no photo, or no column.
    """
    if not photos or columns < 1:
        raise UsageError("there is nothing to draw", f"{len(photos)} photos in {columns} columns", "at least one of each")
    head = 0.5 if title else MARGIN
    with new_figure(width, head + grid_height(photos, columns, width), theme) as figure:
        figure.set_layout_engine("none")  # every place is given
        draw_photo_grid(figure, photos, columns, (width, head), theme)
        if title:
            figure.text(
                MARGIN / width,
                1 - 0.16 / figure.get_figheight(),
                wrapped(drawable(title, 120), width, TITLE),
                va="top",
                fontsize=TITLE,
                weight="bold",
            )
    return figure


def grid_height(photos: Sequence[Photo], columns: int, width: float) -> float:
    """The height in inches that a grid of `width` inches takes, with the margin below it."""
    side = _column_width(columns, width)
    return ceil(len(photos) / columns) * (side / _form(photos) + _caption(photos) + GAP) - GAP + MARGIN


def draw_photo_grid(figure: "FigureOrPart", photos: Sequence[Photo], columns: int, size: tuple[float, float], theme: Theme) -> None:
    """Draw the grid into a figure or a part of one that is `size[0]` inches wide, from `size[1]` inches below its top."""
    width, top = size
    height = top + grid_height(photos, columns, width)
    axes = figure.add_axes((0, 0, 1, 1))  # in inches, from the upper left corner
    axes.set_axis_off()
    side = _column_width(columns, width)
    field = side / _form(photos)
    for number, photo in enumerate(photos):
        row, column = divmod(number, columns)
        corner = MARGIN + column * (side + GAP), top + row * (field + _caption(photos) + GAP)
        _draw_picture(axes, photo, corner, (side, field), theme)
        _draw_answer(axes, photo, (corner[0], corner[1] + field), side, theme)
    axes.set_xlim(0, width)
    axes.set_ylim(height, 0)
    axes.set_aspect("auto")


def _draw_picture(axes: "Axes", photo: Photo, corner: tuple[float, float], field: tuple[float, float], theme: Theme) -> None:
    from matplotlib.patches import Rectangle

    (x, y), (width, height) = corner, field
    tall, wide = photo.picture.shape[:2]
    scale = min(width / wide, height / tall)
    left, upper = x + (width - wide * scale) / 2, y + (height - tall * scale) / 2
    axes.add_patch(Rectangle(corner, width, height, facecolor=theme.panel, linewidth=0))
    picture = Image.fromarray(photo.picture).convert("RGB")
    pixels = max(1, round(2 * wide * scale * PIXELS_PER_INCH)), max(1, round(2 * tall * scale * PIXELS_PER_INCH))
    picture.thumbnail(pixels, Image.Resampling.LANCZOS)  # twice the size on the screen is enough
    axes.imshow(picture, extent=(left, left + wide * scale, upper + tall * scale, upper), zorder=2)
    if photo.wrong:
        axes.add_patch(Rectangle(corner, width, height, fill=False, edgecolor=theme.wrong, linewidth=4, joinstyle="miter", zorder=3))


def _draw_answer(axes: "Axes", photo: Photo, below: tuple[float, float], width: float, theme: Theme) -> None:
    from matplotlib.patches import Rectangle

    x, y = below
    colour = theme.wrong if photo.wrong else theme.right
    mark = "" if photo.truth is None else "✗ " if photo.wrong else "✓ "
    room = int(width / letter_width(TEXT)) - 8
    axes.text(x, y + 0.20, mark + left_to_right(drawable(photo.answer, max(6, room))), va="baseline", fontsize=TEXT, weight="bold", color=theme.ink)
    axes.text(x + width, y + 0.20, percent(photo.confidence), va="baseline", ha="right", fontsize=TEXT, color=theme.ink)
    bar = y + 0.27
    axes.add_patch(Rectangle((x, bar), width, _BAR, facecolor=theme.grid, linewidth=0))
    hatch = "/////" if photo.wrong else None
    axes.add_patch(Rectangle((x, bar), width * photo.confidence, _BAR, facecolor=colour, edgecolor=theme.background, linewidth=0, hatch=hatch))
    if photo.wrong and photo.truth is not None:
        room = int(width / letter_width(SMALL)) - 7
        axes.text(
            x, bar + _BAR + 0.15, "truth: " + left_to_right(drawable(photo.truth, max(6, room))), va="baseline", fontsize=SMALL, color=theme.ink
        )


def _column_width(columns: int, width: float) -> float:
    return (width - 2 * MARGIN - (columns - 1) * GAP) / columns


def _form(photos: Sequence[Photo]) -> float:
    """Width over height of the fields: that of the middle photo, between 2 : 3 and 2 : 1."""
    return float(np.clip(np.median([photo.picture.shape[1] / photo.picture.shape[0] for photo in photos]), 2 / 3, 2.0))


def _caption(photos: Sequence[Photo]) -> float:
    return CAPTION + (TRUTH if any(photo.wrong for photo in photos) else 0.0)
