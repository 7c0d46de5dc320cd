"""What a user may say about a network from elsewhere; whatever is left out is found out."""

from dataclasses import dataclass
from math import isfinite
from typing import Literal, get_args

from vitreous.errors import UsageError

Scale = Literal["0-1", "0-255", "-1-1"]
Layout = Literal["NCHW", "NHWC"]
Colours = Literal["rgb", "bgr"]

MOST_SIDE = 2048


@dataclass(frozen=True)
class ForeignOptions:
    """`size`: the side of the square picture, in pixels. `scale`: the range that pixels 0 to 255 are brought to; then `mean` is taken
    off and the rest divided by `std`, both in that range, one value or one for each colour. `output`: the tensor that holds the features.

    None means: find out. Raises UsageError for values that cannot be meant.
    """

    size: int | None = None
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None
    scale: Scale | None = None
    layout: Layout | None = None
    colours: Colours | None = None
    output: str | None = None
    licence: str | None = None

    def __post_init__(self) -> None:
        if self.size is not None and not 1 <= self.size <= MOST_SIDE:
            raise UsageError("--size", f"{self.size}", f"a number of pixels from 1 to {MOST_SIDE:,}")
        for name, given, known in (("scale", self.scale, Scale), ("layout", self.layout, Layout), ("colours", self.colours, Colours)):
            if given is not None and given not in get_args(known):
                raise UsageError(f"--{name}", repr(given), "one of " + ", ".join(get_args(known)))
        for name, values in (("mean", self.mean), ("std", self.std)):
            if values is not None and (len(values) not in (1, 3) or not all(isfinite(value) for value in values)):
                raise UsageError(f"--{name}", repr(values), "one number, or three: red, green, blue")
        if self.std is not None and min(self.std) <= 0:
            raise UsageError("--std", repr(self.std), "numbers above 0")
        for name, text in (("output", self.output), ("licence", self.licence)):
            if text is not None and (not text.strip() or "\0" in text):
                raise UsageError(f"--{name}", repr(text), "a text")

    @property
    def tells_normalization(self) -> bool:
        return not (self.mean is None and self.std is None and self.scale is None)
