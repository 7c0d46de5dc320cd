"""A part of a picture as a query: `--box x0,y0,x1,y1` in pixels of the upright picture at its full size.

The network sees a square around the box, as far as the picture reaches: squeezed to a square a dress is a skirt, and on a plain ground, or with its
edges drawn out, it is found less well than with what lies beside it (docs/decisions/0035-find.md).
"""

import io
import os
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from vitreous.core.text import visible
from vitreous.data.decode import THUMBNAIL, Policy, content_key, decode_bytes, open_upright, read_file
from vitreous.errors import DataError, UnreadableImage, UsageError

Box = tuple[float, float, float, float]
LEAST = 8  # pixels a side
_WHOLE = 1 << 20  # asked of a JPEG, it is decoded at its full scale


@dataclass(frozen=True, eq=False)
class Region:
    """`seen` uint8 [S, S, 3]: the square around the box; `thumbnail` uint8 [32, 32]; `key`: of the whole file; `box`, as far as it reaches."""

    seen: npt.NDArray[np.uint8]
    thumbnail: npt.NDArray[np.uint8]
    key: bytes
    box: Box


def parse_box(text: str) -> Box:
    """
    >>> parse_box("10,20,110,220")
    (10.0, 20.0, 110.0, 220.0)
    """
    try:
        x0, y0, x1, y1 = (float(part) for part in text.split(","))
    except ValueError:
        raise UsageError(f"--box {visible(text)}", needed="four numbers, x0,y0,x1,y1, in pixels from the top left corner") from None
    if not (x0 < x1 and y0 < y1) or not np.isfinite([x0, y0, x1, y1]).all():
        remedy = f"--box {min(x0, x1):g},{min(y0, y1):g},{max(x0, x1):g},{max(y0, y1):g}" if x0 != x1 and y0 != y1 else ""
        raise UsageError(f"--box {visible(text)} has no area", needed="x0 left of x1 and y0 above y1", remedy=remedy)
    return x0, y0, x1, y1


def cut(path: str, box: Box, side: int, policy: Policy) -> Region:
    """Raises UnreadableImage; UsageError for a box outside of the picture, DataError for one too small to be seen."""
    try:
        data = read_file(path)
        picture = open_upright(data, side, policy)
        full = decode_bytes(data, [], policy)
    except UnreadableImage as error:
        raise UnreadableImage(f"cannot read {visible(path)}", error.arrived, error.needed, error.remedy) from None
    x0, y0, x1, y1 = box
    size = f"{full.width} × {full.height} pixels"
    if x0 >= full.width or y0 >= full.height or x1 <= 0 or y1 <= 0:
        raise UsageError(f"--box lies outside of {visible(os.path.basename(path))}", f"{x0:g},{y0:g},{x1:g},{y1:g} in {size}", f"a box within {size}")
    x0, y0, x1, y1 = inside = max(0.0, x0), max(0.0, y0), min(float(full.width), x1), min(float(full.height), y1)
    if x1 - x0 < LEAST or y1 - y0 < LEAST:
        raise DataError(f"--box is too small in {visible(os.path.basename(path))}", f"{x1 - x0:g} × {y1 - y0:g} pixels", f"{LEAST} or more a side")
    if picture.size != (full.width, full.height):  # decoded at reduced scale, by as much as the region allows
        short = max(side, int(side * min(full.width, full.height) / min(x1 - x0, y1 - y0)))
        picture = open_upright(data, min(short, _WHOLE), policy)
    x0, y0, x1, y1 = squared((x0, y0, x1, y1), full.width, full.height)
    across, down = picture.width / full.width, picture.height / full.height
    part = (x0 * across, y0 * down, x1 * across, y1 * down)
    seen = np.asarray(picture.resize((side, side), Image.Resampling.BICUBIC, box=part))
    grey = picture.convert("L").resize((THUMBNAIL, THUMBNAIL), Image.Resampling.BILINEAR, box=part)
    return Region(seen, np.asarray(grey), content_key(data), inside)


def squared(box: Box, width: int, height: int) -> Box:
    """The square around a box, moved into the picture; as much of it as the picture has.

    >>> squared((10, 0, 20, 40), 100, 50), squared((0, 0, 80, 20), 100, 50)
    ((0.0, 0.0, 40.0, 40.0), (0.0, 0.0, 80.0, 50.0))
    """
    x0, y0, x1, y1 = box
    side = max(x1 - x0, y1 - y0)
    across, down = min(side, float(width)), min(side, float(height))
    left = min(max((x0 + x1 - across) / 2, 0.0), width - across)
    top = min(max((y0 + y1 - down) / 2, 0.0), height - down)
    return left, top, left + across, top + down


def drawn(path: str, box: Box | None, side: int, policy: Policy) -> bytes:
    """A small JPEG of a picture with the box in it. Raises UnreadableImage."""
    from PIL import ImageDraw

    data = read_file(path)
    picture = open_upright(data, side, policy)
    full = decode_bytes(data, [], policy)
    picture.thumbnail((side, side), Image.Resampling.BICUBIC)
    if box:
        across, down = picture.width / full.width, picture.height / full.height
        x0, y0, x1, y1 = (box[0] * across, box[1] * down, box[2] * across, box[3] * down)
        canvas, line = ImageDraw.Draw(picture), max(2, side // 80)
        corners = (max(0, x0), max(0, y0), min(picture.width - 1, x1), min(picture.height - 1, y1))
        canvas.rectangle(corners, outline="white", width=line + 2)
        canvas.rectangle(corners, outline=(0, 114, 178), width=line)
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=80)
    return file.getvalue()
