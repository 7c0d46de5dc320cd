"""The pictures of a folder that show what a picture shows, the surest first."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from vitreous.core.item import LeftOut, Source
from vitreous.core.reporter import Reporter
from vitreous.core.text import plural, visible
from vitreous.data.decode import Policy
from vitreous.draw.theme import LIGHT, PictureFormat, Theme, encoded
from vitreous.errors import DataError
from vitreous.extraction import extract, wanted_of
from vitreous.infer.engine import Setting
from vitreous.retrieval.matching.candidates import nearness
from vitreous.retrieval.matching.maps import Mapper
from vitreous.retrieval.matching.match import Match
from vitreous.retrieval.matching.matching import Query, matched
from vitreous.retrieval.matching.picture import open_picture

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CANDIDATES = 50
_LINES = 20


@dataclass(frozen=True, eq=False, repr=False)
class Matches:
    """`found`: a match for each picture of the folder that shows what `image` shows, the surest first; in each, a is that picture and b is
    `image`. Of `pictures` pictures the `looked_at` nearest ones were compared; `left_out` cannot be read or holds nothing to match."""

    image: str
    found: list[Match]
    looked_at: int
    pictures: int
    left_out: list[LeftOut] = field(default_factory=list)

    @property
    def sentence(self) -> str:
        """What was found."""
        return self._said(visible(self.image))

    @property
    def title(self) -> str:
        """The same with the name of the file alone."""
        return self._said(visible(os.path.basename(self.image) or self.image))

    def _said(self, image: str) -> str:
        nearest = f", of which the {self.looked_at:,} nearest were compared," if self.looked_at < self.pictures else ""
        count = f"{len(self.found):,}" if self.found else "none"
        return f"{count} of {plural(self.pictures, 'picture')}{nearest} show{'s' * (len(self.found) == 1)} what {image} shows"

    def lines(self) -> list[str]:
        rows = [f"{each.scored:>6}  {visible(each.a)}  {each.how}" for each in self.found[:_LINES]]
        if len(self.found) > _LINES:
            rows.append(f"and {len(self.found) - _LINES:,} more; --json names them all")
        left = [f"left out: {visible(each.relative)}: {each.reason}" for each in self.left_out[:5]]
        if len(self.left_out) > 5:
            left.append(f"left out: {plural(len(self.left_out) - 5, 'more file')}")
        return [self.sentence, *rows, *left]

    def picture(self, form: PictureFormat = "png", theme: Theme = LIGHT) -> bytes:
        """The picture that was asked about, and those found with its outline in them, as the bytes of a file.

        Raises UsageError where none was found."""
        return encoded(self._figure(theme), form)

    def _figure(self, theme: Theme) -> "Figure":
        from vitreous.retrieval.matching.drawing import drawn_folder

        return drawn_folder(self, theme)

    def to_json(self) -> dict[str, Any]:
        left_out = [{"image": each.relative, "reason": each.reason} for each in self.left_out]
        found = [each.to_json() for each in self.found]
        return {"image": self.image, "pictures": self.pictures, "looked_at": self.looked_at, "found": found, "left_out": left_out}

    def __len__(self) -> int:
        return len(self.found)

    def __repr__(self) -> str:
        return "\n".join(self.lines())

    def _repr_html_(self) -> str:
        return f"<pre>{escape(repr(self))}</pre>"


def matched_in(source: Source, asked: Query, setting: Setting, policy: Policy, reporter: Reporter, most: int = CANDIDATES) -> Matches:
    """Raises DataError where no picture of `source` can be read."""
    mapper: Mapper = asked.mapper
    wanted = wanted_of(mapper.network, None) if len(source.items) > most else None
    paths = {item.relative: item.path for item in source.items}
    left_out = list(source.left_out)
    order: Sequence[str] = list(paths)
    pictures = len(paths)
    if wanted is not None:
        features = extract(mapper.network, source, None, wanted, setting, policy, reporter)
        near = nearness(asked.picture, mapper.network, wanted, features.values)
        order = [features.paths[number] for number in np.argsort(-near, kind="stable")[:most]]
        left_out, pictures = features.left_out, len(features)
    found = []
    looked_at = 0
    for done, relative in enumerate(order):
        try:
            match = matched(open_picture(paths[relative], policy, relative), asked)
        except DataError as error:
            pictures -= 1
            left_out.append(LeftOut(relative, "; ".join(filter(None, (error.arrived, error.needed)))))
            continue
        looked_at += 1
        if match.same:
            found.append(match)
        reporter.progress("matching", done + 1, len(order))
    if not looked_at:
        first = left_out[0]
        arrived = f"{plural(len(left_out), 'file')} that cannot be matched, such as {visible(first.relative)}: {first.reason}"
        raise DataError("no picture of the folder can be matched", arrived)
    found.sort(key=lambda match: -match.score)
    return Matches(asked.picture.name, found, looked_at, pictures, left_out)
