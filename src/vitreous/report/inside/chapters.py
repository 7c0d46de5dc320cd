"""What is kept of the inside of a run's network: chapters of sentences and pictures, as JSON with the pictures in base64 (WebP)."""

import io
import json
from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from PIL import Image

from vitreous.draw.theme import DARK, LIGHT, Theme

VERSION = 1
# A report stays under 15 MB: this much for the pictures of all chapters, as base64.
MOST_LETTERS = 11_000_000
_WIDEST = 1920
_QUALITY = 82


@dataclass(frozen=True)
class Picture:
    """The same picture for light and dark pages, as data URIs; `text` says what it shows, for who cannot see it."""

    text: str
    light: str
    dark: str
    width: int
    height: int

    @property
    def letters(self) -> int:
        return len(self.light) + len(self.dark)


@dataclass(frozen=True)
class InsideChapter:
    """`lines` are sentences; `figures` lines of equal letters, such as a table; `missing` says why there is nothing, or not all."""

    title: str
    lines: Sequence[str] = ()
    pictures: Sequence[Picture] = ()
    figures: Sequence[str] = ()
    missing: str = ""


@dataclass(frozen=True)
class Inside:
    chapters: list[InsideChapter] = field(default_factory=list)

    def to_bytes(self) -> bytes:
        return json.dumps({"version": VERSION, "chapters": [asdict(each) for each in self.chapters]}).encode()


def inside_of(data: bytes | None) -> Inside:
    """Of the bytes of inside.json; no chapters of None. What another version wrote is not shown, and that is said."""
    if data is None:
        return Inside()
    try:
        value = json.loads(data)
        if value["version"] == VERSION:
            return Inside([_chapter(each) for each in value["chapters"]])
    except (KeyError, TypeError, ValueError):
        pass
    return Inside([InsideChapter("Made by another version", missing="vitreous report RUN --inside makes these chapters again")])


def picture_of(text: str, draw: Callable[[Theme], bytes]) -> Picture:
    """`draw` gives the bytes of a PNG file in a theme."""
    (light, size), (dark, _) = (_webp(draw(theme)) for theme in (LIGHT, DARK))
    return Picture(text, light, dark, *size)


def within_bounds(chapters: Sequence[InsideChapter]) -> Inside:
    """The chapters with as many of their pictures as there is room for, in order."""
    room, kept = MOST_LETTERS, list[InsideChapter]()
    for chapter in chapters:
        shown: list[Picture] = []
        for picture in chapter.pictures:
            if picture.letters > room:
                break
            room -= picture.letters
            shown.append(picture)
        left = len(chapter.pictures) - len(shown)
        missing = f"{left} more of these pictures would make the report too large; vitreous see shows them" if left else chapter.missing
        kept.append(InsideChapter(chapter.title, chapter.lines, shown, chapter.figures, missing))
    return Inside(kept)


def _chapter(value: dict[str, Any]) -> InsideChapter:
    pictures = [Picture(**picture) for picture in value["pictures"]]
    for picture in pictures:
        if not (picture.light.startswith("data:image/webp;base64,") and picture.dark.startswith("data:image/webp;base64,")):
            raise ValueError("a picture that is none")
    return InsideChapter(
        str(value["title"]), [str(line) for line in value["lines"]], pictures, [str(line) for line in value["figures"]], value["missing"]
    )


def _webp(png: bytes) -> tuple[str, tuple[int, int]]:
    """A data URI and the size in pixels."""
    image = Image.open(io.BytesIO(png)).convert("RGB")
    if image.width > _WIDEST:
        image = image.resize((_WIDEST, round(image.height * _WIDEST / image.width)), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    image.save(file, "WEBP", quality=_QUALITY, method=4)
    return f"data:image/webp;base64,{b64encode(file.getvalue()).decode()}", image.size
