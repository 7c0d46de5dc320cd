"""Numbers that somebody gives, held to the limits within which they make sense."""

from math import isfinite
from numbers import Real

from vitreous.core.text import visible
from vitreous.errors import UsageError

_LONGEST = 80  # of a value that is repeated


def number_within(what: str, value: float, least: float, most: float) -> float:
    """`value` as a float. Raises UsageError unless it is a number from `least` to `most`, both included.

    >>> number_within("momentum", 0.9, 0, 0.9999)
    0.9
    """
    if not _is_number(value) or not least <= value <= most:
        raise UsageError(what, _arrived(value), f"a number from {least:g} to {most:,g}")
    return float(value)


def number_above(what: str, value: float, least: float, most: float) -> float:
    """The same for a number that must be larger than `least`."""
    if not _is_number(value) or not least < value <= most:
        raise UsageError(what, _arrived(value), f"a number larger than {least:g} and at most {most:,g}")
    return float(value)


def whole_within(what: str, value: int, least: int, most: int) -> int:
    """The same for a whole number, both limits included."""
    if not _is_number(value) or value != int(value) or not least <= value <= most:
        raise UsageError(what, _arrived(value), f"a whole number from {least:,} to {most:,}")
    return int(value)


def _is_number(value: object) -> bool:
    try:
        return isinstance(value, Real) and not isinstance(value, bool) and isfinite(value)
    except OverflowError:  # a whole number beyond any float
        return False


def _arrived(value: object) -> str:
    return visible(repr(value)[:_LONGEST])
