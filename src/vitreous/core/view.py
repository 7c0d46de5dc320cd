"""Which part of a picture a network sees, and at what size.

crop   the short side is scaled to `short_side` pixels, then the central square of `size` pixels is taken
whole  the whole picture, squeezed to a square of `size` pixels
"""

from dataclasses import asdict, dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class View:
    """A rule from a picture of any size to a square of `size` pixels. `short_side` counts for a crop only."""

    kind: Literal["crop", "whole"]
    size: int
    short_side: int

    @classmethod
    def crop(cls, size: int, short_side: int | None = None) -> "View":
        return cls("crop", size, short_side or size)

    @classmethod
    def whole(cls, size: int) -> "View":
        return cls("whole", size, size)

    def box(self, width: int, height: int) -> tuple[float, float, float, float]:
        """The part that is seen, in pixels of a picture of this size: x0, y0, x1, y1."""
        if self.kind == "whole":
            return 0.0, 0.0, float(width), float(height)
        side = min(width, height) * self.size / self.short_side
        left, top = (width - side) / 2, (height - side) / 2
        return left, top, left + side, top + side

    def unseen(self, width: int, height: int) -> float:
        """The share of the picture's area that is not seen, 0 to 1."""
        x0, y0, x1, y1 = self.box(width, height)
        return max(0.0, 1 - (x1 - x0) * (y1 - y0) / (width * height))

    def __str__(self) -> str:
        if self.kind == "whole":
            return f"whole picture at {self.size} px"
        return f"central square at {self.size} px" + (f" of short side {self.short_side}" if self.short_side != self.size else "")

    @property
    def short(self) -> str:
        """A short name for tables, such as "crop 224 of 256"."""
        return f"{self.kind} {self.size}" + (f" of {self.short_side}" if self.kind == "crop" and self.short_side != self.size else "")

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "View":
        return cls(value["kind"], int(value["size"]), int(value["short_side"]))
