"""What was found of two pictures, as a value: the score, where B lies in A, and how that is said, drawn and given to programs."""

import os
from dataclasses import dataclass, field
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from vitreous.core.text import plural, visible
from vitreous.draw.theme import LIGHT, PictureFormat, Theme, encoded
from vitreous.retrieval.matching.homography import Floats, corners_of, is_mirrored, moved
from vitreous.retrieval.matching.picture import Picture
from vitreous.retrieval.matching.score import SAME

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_GRID = 64


@dataclass(frozen=True, eq=False, repr=False)
class Match:
    """Of pictures `a` and `b`, of `size_a` and `size_b` (width, height): `score`, the probability that they show the same, and `homography`
    [3, 3], which takes pixels of b to those of a, as (x, y, 1) up to a factor; None where they do not. Pixels are those of the upright pictures,
    (0, 0) the corner of the first one. `places_a` and `places_b` [K, 2]: cells that agree."""

    a: str
    b: str
    size_a: tuple[int, int]
    size_b: tuple[int, int]
    score: float
    homography: Floats | None
    places_a: Floats
    places_b: Floats
    A: Picture = field(repr=False)
    B: Picture = field(repr=False)

    @property
    def same(self) -> bool:
        """Whether both show the same object or place."""
        return self.score >= SAME

    @property
    def identical(self) -> bool:
        """Whether both files are equal, byte for byte."""
        return self.A.key == self.B.key

    @cached_property
    def corners(self) -> Floats | None:
        """Where in a the corners of b lie, [4, 2]: its upper left, upper right, lower right, lower left. They may lie outside of a."""
        return None if self.homography is None else moved(self.homography, corners_of(*self.size_b))

    @property
    def mirrored(self) -> bool:
        """Whether b shows it mirrored."""
        return self.homography is not None and is_mirrored(self.homography, *self.size_b)

    @property
    def turn(self) -> float:
        """By how many degrees b must be turned, clockwise, to lie as it does in a; of a mirrored one, after it was mirrored left to right."""
        if self.corners is None:
            return 0.0
        upper_left, upper_right = self.corners[0], self.corners[1]
        right = (upper_left - upper_right) if self.mirrored else (upper_right - upper_left)
        return float(np.rad2deg(np.arctan2(right[1], right[0])))

    @property
    def scale(self) -> float:
        """How large b is in a: a pixel of b takes so many pixels of a, along a side."""
        return float(np.sqrt(_area(self.corners) / (self.size_b[0] * self.size_b[1]))) if self.corners is not None else 0.0

    @property
    def share(self) -> float:
        """The share of a that b shows, 0 to 1."""
        return _share(self.homography, self.size_a, self.size_b) if self.homography is not None else 0.0

    @property
    def how(self) -> str:
        """How b lies in a, in words; empty where it does not."""
        if self.identical:
            return "the same file, byte for byte"
        if not self.same:
            return ""
        turned = f"turned {abs(self.turn):.0f}° {'clockwise' if self.turn >= 0 else 'anticlockwise'}" if abs(self.turn) >= 1 else "not turned"
        return ("mirrored, " if self.mirrored else "") + f"{turned}, scale {self.scale:.2f}, {100 * self.share:.0f} % of it"

    @property
    def scored(self) -> str:
        """The score in words: a probability that rounds to one is not certain, but for equal files."""
        if self.identical or 0.0005 <= self.score < 0.9995:
            return f"{self.score:.3f}"
        return "<0.001" if self.score < 0.5 else ">0.999"

    @property
    def sentence(self) -> str:
        """What was found."""
        return self._said(visible(self.a), visible(self.b))

    @property
    def title(self) -> str:
        """The same with the names of the files alone."""
        return self._said(*(visible(os.path.basename(name) or name) for name in (self.a, self.b)))

    def _said(self, a: str, b: str) -> str:
        if self.identical:
            return f"yes: {a} and {b} are {self.how}"
        if not self.same:
            return f"no: {a} and {b} do not show the same object or place (score {self.scored})"
        return f"yes: {b} is in {a} ({self.how}; score {self.scored})"

    def lines(self) -> list[str]:
        if self.corners is None:
            return [self.sentence]
        shown = " ".join(f"({x:.0f}, {y:.0f})" for x, y in self.corners)
        return [self.sentence, f"corners in {visible(self.a)}: {shown}; {plural(len(self.places_a), 'place')} agree"]

    def picture(self, form: PictureFormat = "png", theme: Theme = LIGHT) -> bytes:
        """Both pictures side by side, lines between what agrees, and the outline of b in a, as the bytes of a file."""
        return encoded(self._figure(theme), form)

    def _figure(self, theme: Theme) -> "Figure":
        from vitreous.retrieval.matching.drawing import drawn

        return drawn(self, theme)

    def to_json(self) -> dict[str, Any]:
        found = self.homography is not None and self.corners is not None
        return {
            "a": self.a,
            "b": self.b,
            "size_a": list(self.size_a),
            "size_b": list(self.size_b),
            "same": self.same,
            "score": self.score,
            "identical": self.identical,
            "mirrored": self.mirrored if found else None,
            "turn": self.turn if found else None,
            "scale": self.scale if found else None,
            "share": self.share if found else None,
            "homography": self.homography.tolist() if self.homography is not None else None,
            "corners": self.corners.tolist() if self.corners is not None else None,
            "agreeing": len(self.places_a),
        }

    def __repr__(self) -> str:
        return "\n".join(self.lines())

    def _repr_html_(self) -> str:
        from base64 import b64encode

        picture = b64encode(self.picture()).decode()
        return f"<p>{escape(self.sentence)}</p><img alt='where b lies in a' style='max-width:100%' src='data:image/png;base64,{picture}'>"


def _area(corners: Floats) -> float:
    x, y = corners.T
    return float(abs(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2)


def _share(H: Floats, a: tuple[int, int], b: tuple[int, int]) -> float:
    """Of a grid of points of a, those that lie in b."""
    steps = (np.arange(_GRID) + 0.5) / _GRID
    points = np.stack(np.meshgrid(steps * a[0], steps * a[1]), -1).reshape(-1, 2)
    back = moved(np.asarray(np.linalg.inv(H), np.float64), points)
    return float(np.mean(np.all((back >= 0) & (back <= b), 1)))
