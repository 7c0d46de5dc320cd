"""One rule from a picture file to pixels, for everything that reads a picture: training, prediction, the search for duplicates.

RGB, 8 bit; EXIF orientation applied; alpha over white; greyscale and palette to RGB; 16 bit scaled to 8; CMYK converted; first frame
of animations. A JPEG, and a JPEG 2000 of over 4 megapixels, is decoded at 1/2, 1/4 or 1/8 of its size where its short side stays at least
288 pixels, or what a larger view wants. Then bicubic with antialiasing, straight from the part that a view shows (DESIGN.md 7). A change of
any pixel changes `POLICY`.

Every function here may run in many threads at once; nothing of Pillow's process-wide settings is touched.
"""

import errno
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile

from vitreous.core.text import visible
from vitreous.core.view import View
from vitreous.data.appearance import Appearance, appearance, reduced
from vitreous.data.budget import PixelBudget
from vitreous.data.formats import TIFF_MAGIC, UNREADABLE_FORMATS, content, open_header, reduce_jpeg2000
from vitreous.data.integrity import completed, has_false_checksum
from vitreous.data.origin import Origin, origin_of
from vitreous.data.pixels import rgb_over_white
from vitreous.errors import UnreadableImage

POLICY = "2"
DEFAULT_PIXELS = 25_000_000
REDUCED_PIXELS = 200_000_000
FILE_BYTES = 2_000_000_000
THUMBNAIL = 32
REDUCED_SIDE = 288

# Pillow reads these in Python, pixel by pixel: 2 megapixels take about 3 seconds.
_SLOW_CODECS, _SLOW_PIXELS = {"ppm", "ppm_plain"}, 2_000_000
# A progressive JPEG is held whole, up to 6 bytes a pixel, while it is decoded; each scan passes over all of it.
_PROGRESSIVE_SHARE, _MOST_SCANS = 4, 200
# JPEG 2000 takes 16 bytes a pixel while it is decoded: a large one is reduced, as a JPEG to 1/8 at most.
_LARGE_JPEG2000, _MOST_HALVINGS = 4_000_000, 3

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_BUDGET = PixelBudget(DEFAULT_PIXELS)


@dataclass(frozen=True, slots=True)
class Policy:
    """What the user may change: the largest picture in pixels (also for a JPEG at reduced scale), and files that end early."""

    max_pixels: int = DEFAULT_PIXELS
    reduced_pixels: int = REDUCED_PIXELS
    tolerate_truncated: bool = False

    @property
    def key(self) -> str:
        """Short text for cache keys: pictures decoded under equal keys are equal."""
        return f"{POLICY}-{self.max_pixels}-{self.reduced_pixels}-{'cut' if self.tolerate_truncated else 'whole'}"


def policy(max_pixels: int | None, tolerate_truncated: bool) -> Policy:
    """The one for these options; a limit given by hand holds for pictures of every kind."""
    return Policy(max_pixels or DEFAULT_PIXELS, max_pixels or REDUCED_PIXELS, tolerate_truncated)


@dataclass(frozen=True, slots=True)
class Decoded:
    """A picture as seen: uint8 RGB [S, S, 3] for each view; the whole in grey, uint8 [THUMBNAIL, THUMBNAIL]; its full upright size in pixels;
    16 bytes that identify the file's content, and their number; what the file says of its making, and how the picture looks."""

    views: tuple[NDArray[np.uint8], ...]
    thumbnail: NDArray[np.uint8]
    width: int
    height: int
    key: bytes
    num_bytes: int
    origin: Origin
    appearance: Appearance


def decode(path: str, views: Sequence[View], policy: Policy = Policy()) -> Decoded:
    """Read a file and show it in each of the views. Raises UnreadableImage, which names the file, the reason and a remedy."""
    other = UNREADABLE_FORMATS.get(os.path.splitext(path)[1].lower())
    try:
        data = read_file(path)
        # Camera raw is built like a TIFF and would be read as its small preview.
        if other and data.startswith(TIFF_MAGIC):
            raise UnreadableImage("", f"a {other.kind}", other.remedy)
        return decode_bytes(data, views, policy)
    except UnreadableImage as error:
        remedy = error.remedy or (other.remedy if other else "")
        raise UnreadableImage(f"cannot read {visible(path)}", error.arrived, error.needed, remedy) from None


def decode_bytes(data: bytes, views: Sequence[View], policy: Policy = Policy()) -> Decoded:
    """The same from the bytes of a file."""
    seen: dict[View, NDArray[np.uint8]] = {}
    # what a view shows must not depend on which other views are asked for with it
    for wanted in sorted({wanted_side(view) for view in views} or {REDUCED_SIDE}, reverse=True):
        with _opened(data, wanted, policy) as (image, width, height, origin):
            seen |= {view: np.asarray(_resized(image, view)) for view in views if wanted_side(view) == wanted}
            grey = reduced(image.convert("L"))
            # a gap of 2: with less, copies of other sizes get thumbnails that differ (correlation of detail 0.89 instead of 0.99)
            thumbnail = np.asarray(grey.resize((THUMBNAIL, THUMBNAIL), Image.Resampling.BILINEAR, reducing_gap=2.0))
            looks = appearance(grey)
    return Decoded(tuple(seen[view] for view in views), thumbnail, width, height, content_key(data), len(data), origin, looks)


def content_key(data: bytes) -> bytes:
    """16 bytes that identify the content of a file."""
    return sha256(data, usedforsecurity=False).digest()[:16]


def wanted_side(view: View) -> int:
    """The short side, in pixels, that a JPEG decoded at reduced scale keeps at least for this view."""
    return max(view.short_side, REDUCED_SIDE)


def open_upright(data: bytes, wanted: int, policy: Policy = Policy()) -> Image.Image:
    """The whole picture, RGB and upright; a JPEG perhaps reduced, its short side then still at least `wanted` pixels."""
    with _opened(data, wanted, policy) as (image, _, _, _):
        return image


def read_file(path: str, limit: int = FILE_BYTES) -> bytes:
    """The bytes of a regular file, at most `limit` of them. A pipe, socket or device is refused and never waited for."""
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0))
    except (OSError, ValueError) as error:
        raise _unreadable(_why_not_opened(error)) from None
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise _unreadable(f"{file_kind(status.st_mode)}, not a file")
        if status.st_size > limit:
            raise _unreadable(f"{status.st_size:,} bytes; at most {limit:,}")
        with open(descriptor, "rb", buffering=0, closefd=False) as file:
            data = file.readall()
    except OSError as error:
        raise _unreadable(f"reading stopped ({(error.strerror or str(error)).lower()})") from None
    finally:
        os.close(descriptor)
    if not data:
        raise _unreadable("zero bytes")
    return data


def file_kind(mode: int) -> str:
    """What stands at a path, by the mode that `stat` gives."""
    kinds = {stat.S_IFDIR: "a folder", stat.S_IFIFO: "a named pipe", stat.S_IFSOCK: "a socket", stat.S_IFCHR: "a device", stat.S_IFBLK: "a device"}
    return kinds.get(stat.S_IFMT(mode), "a special file")


class _Truncated(UnreadableImage):
    """The file ends before the picture does."""


@contextmanager
def _opened(data: bytes, wanted: int, policy: Policy) -> Iterator[tuple[Image.Image, int, int, Origin]]:
    """The upright picture with its full size and origin, while memory for it is set aside."""
    header = _checked_header(data, wanted, policy)
    with _BUDGET.hold(header.held):
        try:
            upright = _upright(header)
        except _Truncated:
            whole = completed(data) if policy.tolerate_truncated else None
            if whole is None:
                raise
            upright = _upright(_checked_header(whole, wanted, policy))
        yield upright


@dataclass(slots=True)
class _Header:
    """A picture of which no pixel is decoded yet. `mode`: before any draft; `held`: the pixels it will take in memory; `depth`: bits of a
    sample in a PNG."""

    image: ImageFile.ImageFile
    format: str
    mode: str
    width: int
    height: int
    held: int
    depth: int


def _checked_header(data: bytes, wanted: int, policy: Policy) -> _Header:
    """A JPEG is set to its reduced scale. Raises UnreadableImage where the picture would be larger than the policy allows."""
    with _decoder_errors("header"):
        image = open_header(data)
        if image is None:
            raise _unreadable(*content(data))
        (width, height), mode = image.size, image.mode
        image.draft("RGB", (wanted, wanted))
    pixels, decoded = width * height, image.width * image.height
    if image.format == "JPEG2000" and pixels > _LARGE_JPEG2000:
        decoded >>= 2 * reduce_jpeg2000(image, data, wanted, _MOST_HALVINGS)
    limit, held = policy.max_pixels, decoded
    if "progressive" in image.info:
        held = pixels
        if data.count(b"\xff\xda") > _MOST_SCANS:
            raise _unreadable(f"a JPEG of more than {_MOST_SCANS} scans, made to take long")
    if decoded < pixels and decoded <= policy.max_pixels:
        limit = max(limit, policy.reduced_pixels // (_PROGRESSIVE_SHARE if held == pixels else 1))
    if image.tile and image.tile[0][0] in _SLOW_CODECS:
        limit = min(limit, _SLOW_PIXELS)
        if pixels > limit:
            raise _unreadable(f"{pixels:,} pixels in a slow variant of PPM; at most {limit:,}", "convert it to PNG")
    if pixels > limit:
        raise _unreadable(f"{pixels:,} pixels; at most {limit:,} (--max-pixels)")
    name = image.format or "picture"
    if name == "PNG" and has_false_checksum(data):
        raise _unreadable("a damaged PNG (its picture data contradict their checksum)")
    return _Header(image, name, mode, width, height, held, data[24] if name == "PNG" else 8)


def _upright(header: _Header) -> tuple[Image.Image, int, int, Origin]:
    """Decode, make it RGB, turn it: the picture, its full width and height as it stands upright, and its origin."""
    image, width, height = header.image, header.width, header.height
    with _decoder_errors(header.format):
        image.load()
        # Read after the pixels, for a PNG may keep EXIF behind them. Pillow turns a TIFF by itself.
        origin = origin_of(image, header.mode)
        orientation = 1 if header.format == "TIFF" else origin.orientation
        rgb = rgb_over_white(image, header.depth)
        if rgb is not image:
            image.close()
        if orientation not in _TURNS:
            return rgb, width, height, origin
        return rgb.transpose(_TURNS[orientation]), *((height, width) if orientation >= 5 else (width, height)), origin


def _resized(image: Image.Image, view: View) -> Image.Image:
    return image.resize((view.size, view.size), Image.Resampling.BICUBIC, box=view.box(*image.size))


@contextmanager
def _decoder_errors(part: str) -> Iterator[None]:
    """Whatever a decoder raises on a damaged file becomes UnreadableImage, from OSError and SyntaxError to struct.error and MemoryError."""
    try:
        yield
    except UnreadableImage:
        raise
    except MemoryError:
        raise _unreadable("not enough memory to decode it") from None
    except Exception as error:
        words = visible(" ".join(str(error).split())[:100]) or type(error).__name__
        if "truncated" in words.lower() or isinstance(error, EOFError):
            raise _Truncated("cannot read the picture", f"the file ends early (truncated {part})") from None
        raise _unreadable(f"a damaged {part} ({words})") from None


def _unreadable(reason: str, remedy: str = "") -> UnreadableImage:
    return UnreadableImage("cannot read the picture", reason, remedy=remedy)


def _why_not_opened(error: OSError | ValueError) -> str:
    if isinstance(error, OSError) and error.errno == errno.ENXIO:
        return "a socket or a device, not a file"
    return (error.strerror or str(error)).lower() if isinstance(error, OSError) else str(error)
