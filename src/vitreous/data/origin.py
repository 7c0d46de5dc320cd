"""What a picture file says of its own making: format, mode, and from its EXIF block (CIPA DC-008) camera, program and time.

Everything is text of bounded length from an untrusted file: never markup, never trusted, shown through `vitreous.core.text.visible`.
A damaged EXIF block counts as none, for the picture itself is whole.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from PIL import Image

_ORIENTATION, _MAKE, _MODEL, _SOFTWARE, _CHANGED = 0x0112, 0x010F, 0x0110, 0x0131, 0x0132
_EXIF_BLOCK, _TAKEN = 0x8769, 0x9003
_MOST_BYTES = 48
_TIME = re.compile(r"(\d{4})[:\-/](\d\d)[:\-/](\d\d)[ T](\d\d):(\d\d):(\d\d)")


@dataclass(frozen=True, slots=True)
class Origin:
    """`format` and `mode` by Pillow's names, before anything was converted; `orientation` 1 to 8; `camera` make and model; `taken` as
    YYYY-MM-DDTHH:MM:SS in the camera's own time. Empty where the file does not say."""

    format: str
    mode: str
    orientation: int = 1
    camera: str = ""
    software: str = ""
    taken: str = ""


def origin_of(image: Image.Image, mode: str) -> Origin:
    """Read from a loaded picture; `mode`: the one it had before it was decoded."""
    name = image.format or ""
    try:
        exif = image.getexif()
        if not exif:
            return Origin(name, mode)
        orientation = exif.get(_ORIENTATION, 1)
        more: Mapping[int, Any] = exif.get_ifd(_EXIF_BLOCK) if _EXIF_BLOCK in exif else {}
        camera, software = _camera(exif.get(_MAKE), exif.get(_MODEL)), _text(exif.get(_SOFTWARE))
        return Origin(name, mode, _orientation(orientation), camera, software, _time(more.get(_TAKEN)) or _time(exif.get(_CHANGED)))
    except Exception:  # whatever a parser raises on damaged tags
        return Origin(name, mode, _upright_at_least(image))


def _upright_at_least(image: Image.Image) -> int:
    """The orientation alone: other tags may be the damaged ones."""
    try:
        return _orientation(image.getexif().get(_ORIENTATION, 1))
    except Exception:
        return 1


def _orientation(value: object) -> int:
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _camera(make: object, model: object) -> str:
    """Make and model; the make is left out where the model begins with it, as "Canon" does in "Canon EOS 5D"."""
    first, second = _text(make), _text(model)
    brand = first.split(" ")[0].casefold()
    return second if brand and second.casefold().startswith(brand) else _cut(f"{first} {second}".strip())


def _text(value: object) -> str:
    """A text without zero bytes and doubled spaces, at most 48 bytes in UTF-8; empty for anything else."""
    if isinstance(value, bytes):
        value = value[: 4 * _MOST_BYTES].decode("utf-8", "replace")
    return _cut(" ".join(value[: 4 * _MOST_BYTES].split("\0")[0].split())) if isinstance(value, str) else ""


def _cut(text: str) -> str:
    return text.encode("utf-8", "replace")[:_MOST_BYTES].decode("utf-8", "ignore")


def _time(value: object) -> str:
    found = _TIME.match(_text(value))
    if found is None or not ("01" <= found[2] <= "12" and "01" <= found[3] <= "31"):
        return ""
    year, month, day, hour, minute, second = found.groups()
    return f"{year}-{month}-{day}T{hour}:{minute}:{second}"
