"""What augmentation may do to a picture, and how much of it: a value with a text form, which the command line and settings share.

    auto                                  what is usual for pictures of this size
    none                                  nothing
    flip,crop=4,brightness=0.2            these and nothing else; without an amount, the usual one
    auto,no-flip                          the usual, with one switched off

Each of these keeps what most pictures mean. Not all pictures: a mirrored 2 is no 2, and a traffic sign lives by its colour;
`vitreous.training.augment.judge` finds out by measuring. Vertical flip and rotation are off unless they are named.
"""

from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from vitreous.core.text import visible
from vitreous.errors import UsageError, nearest

SMALL_SIDE = 64  # pixels: up to here a picture is shifted, above it is zoomed into
_MOST_ZOOM, _MOST_DEGREES = 4.0, 180.0


@dataclass(frozen=True, slots=True)
class Augmentation:
    """`flip`, `vertical_flip`: mirrored in half of the cases. `crop`: shifted by up to so many pixels in each direction, what lies beyond the
    edge mirrored. `zoom`: a part of the picture, of its form, enlarged by 1 to so much. `rotation`: degrees to either side. `brightness`,
    `contrast`, `colour`, `sharpness`: a factor from 1 − a to 1 + a, as Pillow's ImageEnhance has it, in steps of 1/64."""

    flip: bool = False
    vertical_flip: bool = False
    crop: int = 0
    zoom: float = 1.0
    rotation: float = 0.0
    brightness: float = 0.0
    contrast: float = 0.0
    colour: float = 0.0
    sharpness: float = 0.0

    def __post_init__(self) -> None:
        for name, (least, most) in _LIMITS.items():
            value = getattr(self, name)
            whole = name == "crop"
            if isinstance(value, bool) or not isinstance(value, int if whole else int | float) or not least <= value <= most:
                what = "whole number" if whole else "number"
                raise UsageError(f"augmentation: {name}={visible(repr(value)[:40])}", needed=f"a {what} from {least:g} to {most:g}")
        for name in ("flip", "vertical_flip"):
            if not isinstance(getattr(self, name), bool):
                raise UsageError(f"augmentation: {name}={visible(repr(getattr(self, name))[:40])}", needed="True or False")

    @classmethod
    def usual(cls, size: int) -> "Augmentation":
        """What is usual for pictures whose shorter side has `size` pixels: mirror, crop and colour, all of them mild."""
        mild = cls(flip=True, brightness=0.2, contrast=0.2, colour=0.2, sharpness=0.5)
        return replace(mild, crop=max(1, round(size / 8))) if size <= SMALL_SIDE else replace(mild, zoom=1.4)

    @property
    def moves(self) -> bool:
        """Whether places in the picture change, as boxes and masks must then too."""
        return self.flip or self.vertical_flip or self.crop > 0 or self.zoom > 1 or self.rotation > 0

    @property
    def text(self) -> str:
        """The text that `parse` reads as this.

        >>> Augmentation(flip=True, crop=4, brightness=0.2).text
        'flip,crop=4,brightness=0.2'
        """
        parts = []
        for field in fields(self):
            value = getattr(self, field.name)
            if value != field.default:
                parts.append(_spoken(field.name) + ("" if value is True else f"={value!r}"))
        return ",".join(parts) or "none"

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "Augmentation":
        """Raises UsageError for what `to_json` never writes."""
        for name in value:
            if name not in _NAMES:
                raise UsageError(f"unknown augmentation {visible(str(name))!r}", remedy=nearest(str(name), list(_NAMES)))
        return cls(**value)


_NAMES = tuple(field.name for field in fields(Augmentation))
_LIMITS: dict[str, tuple[float, float]] = {
    "crop": (0, 1024),
    "zoom": (1, _MOST_ZOOM),
    "rotation": (0, _MOST_DEGREES),
    "brightness": (0, 1),
    "contrast": (0, 1),
    "colour": (0, 1),
    "sharpness": (0, 1),
}
# Where the usual has none of them: an amount for a name given without one.
_ASKED_FOR = {"zoom": 1.4, "rotation": 15.0}


def parse(text: str, size: int) -> Augmentation:
    """The augmentation that a text means for pictures whose shorter side has `size` pixels. Raises UsageError, with the nearest name.

    >>> parse("auto,no-flip", 32).text
    'crop=4,brightness=0.2,contrast=0.2,colour=0.2,sharpness=0.5'
    """
    usual = Augmentation.usual(size)
    values: dict[str, Any] = {}
    words = [word.strip() for word in text.split(",")]
    for place, word in enumerate(words):
        if word in ("auto", "none"):
            if place:
                raise UsageError(f"augmentation {visible(text)!r}", f"{word} behind something else", f"{word} first, or not at all")
            values = usual.to_json() if word == "auto" else {}
            continue
        name, given, amount = (part.strip() for part in word.partition("="))
        off = name.startswith("no-")
        key = name.removeprefix("no-").replace("-", "_")
        if key not in _NAMES:
            known = ["auto", "none", *map(_spoken, _NAMES)]
            near = nearest(name.removeprefix("no-"), known)
            raise UsageError(f"unknown augmentation {visible(name)!r}", remedy=near or f"one of {', '.join(known)}")
        switch = key.endswith("flip")
        if given and (off or switch):
            raise UsageError(f"augmentation {visible(word)!r}", "an amount", f"{name} alone: it is on or off")
        if off:
            values.pop(key, None)
        else:
            values[key] = True if switch else _amount(key, amount) if given else _usual_amount(key, usual, size)
    return Augmentation(**values)


def _usual_amount(key: str, usual: Augmentation, size: int) -> float:
    return _ASKED_FOR.get(key) or getattr(usual, key) or max(1, round(size / 8))


def _amount(key: str, amount: str) -> float:
    try:
        return int(amount) if key == "crop" else float(amount)
    except ValueError:
        needed = "a whole number of pixels" if key == "crop" else "a number"
        raise UsageError(f"augmentation: {key}={visible(amount)}", needed=f"{needed}, such as {_spoken(key)}={4 if key == 'crop' else 1.4}") from None


def _spoken(name: str) -> str:
    return name.replace("_", "-")
