"""One number of a network, by name and place: `stem[3,10,12]` is channel 3, row 10, column 12 of the value `stem`; `logits[7]` is flat.

The picture is [row, column, channel]. The first axis of a value, the number of pictures, is left out, as it is 1. A stage may be named
instead of a value; it stands for the value that it ends in.
"""

import re
from collections.abc import Mapping

from vitreous.core.text import plural, visible
from vitreous.errors import UsageError, nearest
from vitreous.inside.stages import stage_names
from vitreous.layers.walk import Walk
from vitreous.layers.window import Array

Place = tuple[int, ...]
FORM = "NAME[PLACE], such as stem[3,10,12] for channel 3, row 10, column 12"
_NUMBER = re.compile(r"(.*)\[([^\[\]]*)\]\s*", re.DOTALL)
_LONGEST = 80


def parse_number(text: str) -> tuple[str, Place]:
    """The name of a value and a place in it. A name alone has the place ().
    Raises UsageError where a place is not made of whole numbers.

    >>> parse_number("stem[3, 10, 12]")
    ('stem', (3, 10, 12))
    """
    match = _NUMBER.fullmatch(text)
    if not match:  # what shape it has is said when it is looked up
        return text.strip(), ()
    cells = [cell.strip() for cell in match[2].split(",")]
    if not all(re.fullmatch(r"-?[0-9]{1,9}", cell) for cell in cells):
        raise UsageError(f"{_short(text)!r} names no number", f"the place [{_short(match[2])}]", FORM)
    return match[1].strip(), tuple(map(int, cells))


def value_called(walk: Walk, values: Mapping[str, Array], name: str) -> str:
    """The value of this name, or the one that the stage of this name ends in. Raises UsageError with the nearest names."""
    if name in walk.inputs or name in walk.names:
        return name
    if name in walk.constants:
        shape = list(walk.constants[name].shape)
        raise UsageError(f"{visible(name)!r} is a weight", f"learned, shape {shape}, the same for every picture", "a value of this picture")
    known = stage_names(walk, values)
    if name in known:
        return known[name]
    needed = FORM if re.search(r"[\[\](),;]", name) or not name else ""
    raise UsageError(f"the network has no value {_short(name)!r}", "", needed, nearest(name[:_LONGEST], {*walk.inputs, *walk.names, *known}))


def full_place(name: str, value: Array, place: Place) -> Place:
    """The place with the axes that were left out. Raises UsageError where it lies outside of the value."""
    shape = without_batch(value.shape)
    shown = visible(name)
    if len(place) != len(shape):
        example = f"{shown}[{','.join(['0'] * len(shape))}]"
        raise UsageError(
            f"{_short(_text(shown, place))} is no number", f"{shown} has shape {list(shape)}", f"a place of {plural(len(shape), 'number')}", example
        )
    for number, size in zip(place, shape, strict=True):
        if not 0 <= number < size:
            raise UsageError(f"{_text(shown, place)} is no number", f"{shown} has shape {list(shape)}; {number} is outside 0..{size - 1}")
    return (0,) * (value.ndim - len(shape)) + place


def without_batch(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Without the axis of pictures, of which there is one. It serves for a shape and for a place."""
    return shape[1:] if len(shape) > 1 else shape


def number_text(name: str, full: Place) -> str:
    """`stem[3,10,12]` of a full place."""
    return _text(visible(name), without_batch(full))


def _short(text: str) -> str:
    """What was typed, without the rest of what is too long for a line."""
    return visible(text if len(text) <= _LONGEST else text[:_LONGEST] + "…")


def _text(shown: str, place: Place) -> str:
    return f"{shown}[{','.join(map(str, place))}]" if place else shown
