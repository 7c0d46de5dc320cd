"""Nine patches that excite a channel most beside nine pictures of what in them did it, for several channels: two on a line.

What did it is drawn as Zeiler and Fergus (2014) do: the gradient in red, green and blue as a colour, middle grey for 0. Each picture has
its own scale, as only where it lies matters; a few outliers may be beyond it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from vitreous.draw.lettering import drawable, letter_width, wrapped
from vitreous.draw.page import Page
from vitreous.draw.theme import LIGHT, SMALL, SMALLEST, TEXT, TITLE, Theme, new_figure
from vitreous.errors import UsageError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Picture = npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.floating]

# Inches.
_WIDTH, _MARGIN, _GAP, _BETWEEN, _APART = 12.8, 0.25, 0.05, 0.16, 0.4
_HEAD, _CAPTION = 0.5, 0.14
_ACROSS = 3
_OUTLIERS = 99.5


@dataclass(frozen=True, eq=False)
class Block:
    """A channel: its `name`, what is said of it, pairs of a patch uint8 [h, w, 3] and numbers [h, w, 3], and what is written under each."""

    name: str
    words: str
    pairs: Sequence[tuple[Picture, Numbers]]
    captions: Sequence[str]


def strongest_page(blocks: Sequence[Block], title: str, subtitle: str, theme: Theme = LIGHT) -> "Figure":
    """A page 1280 pixels wide.

    Raises:
        UsageError: there is nothing to draw.
    """
    if not blocks:
        raise UsageError("there is nothing to draw", "no channel that anything excites", "one or more")
    told = wrapped(drawable(title, 160), _WIDTH - 2 * _MARGIN, TITLE)
    lines = "\n".join(wrapped(drawable(line, 400), _WIDTH - 2 * _MARGIN, TEXT) for line in subtitle.split("\n"))
    top = _MARGIN + 0.27 * (told.count("\n") + 1) + 0.23 * (lines.count("\n") + 1) + 0.3
    column = (_WIDTH - 2 * _MARGIN - _APART) / 2
    tile = ((column - _BETWEEN) / 2 - (_ACROSS - 1) * _GAP) / _ACROSS
    caption = _CAPTION if any(text for block in blocks for text in block.captions) else 0.0
    rows = [blocks[start : start + 2] for start in range(0, len(blocks), 2)]
    heights = [_HEAD + max(-(-len(block.pairs) // _ACROSS) for block in row) * (tile + caption + _GAP) + 0.15 for row in rows]
    with new_figure(_WIDTH, top + sum(heights) + _MARGIN, theme) as figure:
        page = Page(figure, theme)
        page.write(_MARGIN, _MARGIN, told, TITLE, theme.ink, va="top", weight="bold")
        page.write(_MARGIN, _MARGIN + 0.1 + 0.27 * (told.count("\n") + 1), lines, TEXT, theme.muted, va="top", linespacing=1.45)
        for row, height in zip(rows, heights, strict=True):
            for number, block in enumerate(row):
                _block(page, block, (_MARGIN + number * (column + _APART), top), column, tile, caption)
            top += height
    page.finish()
    return figure


def evidence_colours(numbers: Numbers) -> Picture:
    """uint8 [h, w, 3] for numbers [h, w, 3]: 0 is grey, and all but a few lie within black and full colour."""
    finite = np.nan_to_num(numbers)
    most = float(np.percentile(np.abs(finite), _OUTLIERS)) or float(np.abs(finite).max())
    share = finite / most if most > 0 else np.zeros(numbers.shape)
    return np.rint(127.5 + 127.5 * np.clip(share, -1, 1)).astype(np.uint8)


def _block(page: Page, block: Block, corner: tuple[float, float], width: float, tile: float, caption: float) -> None:
    left, top = corner
    room = int(0.85 * width / letter_width(TEXT))  # bold letters are wider
    page.write(left, top + 0.12, drawable(block.name, room), TEXT, page.theme.ink, va="center", weight="bold")
    page.write(left, top + 0.33, drawable(block.words, int(width / letter_width(SMALL))), SMALL, page.theme.muted, va="center")
    second = left + _ACROSS * tile + (_ACROSS - 1) * _GAP + _BETWEEN
    for number, ((patch, numbers), text) in enumerate(zip(block.pairs, block.captions, strict=True)):
        row, column = divmod(number, _ACROSS)
        x, y = column * (tile + _GAP), top + _HEAD + row * (tile + caption + _GAP)
        _tile(page, patch, (left + x, y), tile)
        _tile(page, evidence_colours(numbers), (second + x, y), tile)
        if text:
            room = max(3, int(tile / letter_width(SMALLEST)))
            page.write(left + x + tile / 2, y + tile + 0.07, drawable(text, room), SMALLEST, page.theme.muted, ha="center", va="center")


def _tile(page: Page, colours: Picture, corner: tuple[float, float], side: float) -> None:
    """As large as fits into the square, in its middle."""
    tall, wide = colours.shape[:2]
    scale = side / max(tall, wide)
    width, height = wide * scale, tall * scale
    page.show(colours, (corner[0] + (side - width) / 2, corner[1] + (side - height) / 2), (width, height))
