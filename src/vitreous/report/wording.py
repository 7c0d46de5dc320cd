"""How figures and names from files are put into the sentences of a page and of a card."""

import re
import unicodedata
from collections.abc import Sequence

from vitreous.core.text import percent, visible

LONGEST_NAME = 60
_WORD = re.compile(r"[^\W\d_]\w*([-.]\w+)*")  # a word or a name of one piece; a number alone would be read as one of the sentence's
_LEFT_TO_RIGHT = "\u200e"  # keeps the words around a label in Arabic or Hebrew in their order (Unicode, UAX 9)


def percent_with_interval(share: float | None, interval: Sequence[float] | None, digits: int = 0) -> str:
    """
    >>> percent_with_interval(0.865, (0.8246, 0.8974), 1)
    '86.5 % [82.5, 89.7]'
    """
    if share is None or interval is None:
        return percent(share, digits)
    low, high = interval
    return f"{percent(share, digits)} [{100 * low:.{digits}f}, {100 * high:.{digits}f}]"


def figure(value: float | None, interval: Sequence[float] | None = None) -> str:
    """A figure that is no share, with its interval.

    >>> figure(0.0371, (0.0, 0.0555)), figure(None)
    ('0.037 [0.000, 0.056]', '–')
    """
    if value is None:
        return "–"
    return f"{value:.3f} [{interval[0]:.3f}, {interval[1]:.3f}]" if interval else f"{value:.3f}"


def shortened(text: str, most: int = LONGEST_NAME) -> str:
    """Text from a file in one line of at most `most` characters; what is too long loses its middle, as ends tell names apart.

    >>> shortened("a_very_long_name_of_a_class_17", 15)
    'a_very_…lass_17'
    """
    shown = visible(text)
    if len(shown) <= most:
        return shown
    back = (most - 1) // 2
    return shown[: most - 1 - back] + "…" + shown[-back:]


def named(label: str, most: int = 40) -> str:
    """A label or a name for the middle of a sentence, in quotes where it could be read as more than one word, or as a number.

    >>> named("t-shirt"), named("class 7"), named("7"), named("photos-1")
    ('t-shirt', '“class 7”', '“7”', 'photos-1')
    """
    shown = shortened(label, most)
    quoted = shown if _WORD.fullmatch(shown) else f"“{shown}”"
    turns = any(unicodedata.bidirectional(character) in ("R", "AL") for character in shown)
    return f"{_LEFT_TO_RIGHT}{quoted}{_LEFT_TO_RIGHT}" if turns else quoted


def readable(text: str) -> str:
    """Text that may come from a file, made safe to show; the mark that `named` puts around a label stays.

    >>> readable("a\\x1b[31mb")
    'a\\\\x1b[31mb'
    """
    return _LEFT_TO_RIGHT.join(map(visible, text.split(_LEFT_TO_RIGHT)))


def listed(labels: Sequence[str], most: int = 6) -> str:
    """
    >>> listed(["hat", "skirt"]), listed(list("abcd"), most=2)
    ('hat and skirt', 'a, b and 2 more')
    """
    names = [named(label) for label in labels[:most]]
    last = f"{len(labels) - most:,} more" if len(labels) > most else names.pop()
    return f"{', '.join(names)} and {last}" if names else last


def times(count: int) -> str:
    """
    >>> times(1), times(2), times(1200)
    ('once', 'twice', '1,200 times')
    """
    return {1: "once", 2: "twice"}.get(count, f"{count:,} times")
