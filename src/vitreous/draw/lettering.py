"""Text from files (labels, file names) as it can be drawn: safe, short, and only of characters that a font here has.

A character without a glyph becomes its name where it is a symbol, ‹jeans›, and its code point otherwise, ‹8fde›, so two labels
in a script without a font here stay two.
"""

import re
import textwrap
import unicodedata

from vitreous.core.text import visible
from vitreous.draw.fonts import has_glyph

# Without a glyph these show nothing: zero-width joiners, variation selectors and skin tones of emoji.
_SILENT = {0x200D, *range(0xFE00, 0xFE10), *range(0x1F3FB, 0x1F400)}
_WORD = re.compile(r"[^\W\d_]+(-[^\W\d_]+)*")
_LEFT_TO_RIGHT = "\u200e"


def drawable(text: str, most: int = 40) -> str:
    """The text in one line of at most `most` characters; what is too long loses its middle, as ends tell names apart.

    >>> drawable("a_very_long_name_of_a_class_17", 15)
    'a_very_…lass_17'
    """
    shown = "".join(c if c.isascii() or has_glyph(c) else _instead(c) for c in visible(text))
    if len(shown) <= most:
        return shown
    back = (most - 1) // 2
    return shown[: most - 1 - back] + "…" + shown[-back:]


def within_a_sentence(label: str, most: int = 24) -> str:
    """A label for the middle of an English sentence, in quotes if it is more than a word.

    >>> within_a_sentence("t-shirt"), within_a_sentence("class 7")
    ('t-shirt', '“class 7”')
    """
    shown = drawable(label, most)
    return left_to_right(shown if _WORD.fullmatch(shown) else f"“{shown}”")


def left_to_right(shown: str) -> str:
    """The same, so that a label in Arabic or Hebrew does not change the order of the words around it (Unicode, UAX 9)."""
    turns = any(unicodedata.bidirectional(c) in ("R", "AL") for c in shown)
    return f"{_LEFT_TO_RIGHT}{shown}{_LEFT_TO_RIGHT}" if turns else shown


def wrapped(text: str, inches: float, points: float) -> str:
    """The text in lines that are about `inches` long in letters of this size."""
    return textwrap.fill(text, max(12, int(inches / letter_width(points))))


def letter_width(points: float) -> float:
    """The width of a usual letter of DejaVu Sans of this size, in inches."""
    return 0.6 * points / 72


def _instead(character: str) -> str:
    if ord(character) in _SILENT:
        return ""
    if unicodedata.category(character) == "So":
        return f"‹{unicodedata.name(character, f'{ord(character):x}').lower()}›"
    return f"‹{ord(character):x}›"
