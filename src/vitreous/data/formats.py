"""Which picture formats are read, how each is known by its first bytes, and what to do about the others.

Content decides, never the name: a PNG called .jpg is read as a PNG. Only raster formats with decoders that run no other program
are in the list (EPS would start Ghostscript; TGA and ICO have no safe signature or several pictures in one file).
"""

from functools import cache
from importlib import import_module
from io import BytesIO
from typing import NamedTuple

from PIL import Image, ImageFile

# Pillow's name of a format → the module of Pillow that reads it. Each is imported when the first such file comes.
_PLUGINS = {
    "JPEG": "JpegImagePlugin",
    "PNG": "PngImagePlugin",
    "WEBP": "WebPImagePlugin",
    "GIF": "GifImagePlugin",
    "BMP": "BmpImagePlugin",
    "TIFF": "TiffImagePlugin",
    "PPM": "PpmImagePlugin",
    "JPEG2000": "Jpeg2KImagePlugin",
    "AVIF": "AvifImagePlugin",
}
_NAMES = {
    "JPEG": ".jpg .jpeg .jpe .jfif .mpo",
    "PNG": ".png .apng",
    "WEBP": ".webp",
    "GIF": ".gif",
    "BMP": ".bmp .dib",
    "TIFF": ".tif .tiff",
    "PPM": ".ppm .pgm .pbm .pnm .pfm",
    "JPEG2000": ".jp2 .j2k .jpc .j2c .jpf .jpx",
    "AVIF": ".avif .avifs",
}

SUFFIXES: dict[str, str] = {suffix: name for name, suffixes in _NAMES.items() for suffix in suffixes.split()}
READ_HERE = "JPEG, PNG, WebP, GIF, BMP, TIFF, PPM, JPEG 2000 and AVIF"


class Unreadable(NamedTuple):
    """A kind of picture that Vitreous does not read, in one word or two, and what the user can do."""

    kind: str
    remedy: str


_TO_JPEG = "convert them to JPEG or PNG"
_HEIC = Unreadable(
    "HEIC photo", f"{_TO_JPEG}, for example: heif-convert FILE.heic FILE.jpg, or on a Mac: sips -s format jpeg FILE.heic --out FILE.jpg"
)
_RAW = Unreadable("camera raw", "develop them to JPEG or PNG, for example with darktable-cli, RawTherapee or the camera's own program")
_DRAWING = Unreadable("vector drawing", "render them to PNG, for example with: inkscape FILE --export-type=png")
_LAYERS = Unreadable("editor file", f"{_TO_JPEG}, for example with: magick 'FILE[0]' FILE.png")
_OTHER = Unreadable("picture", f"{_TO_JPEG}, for example with: magick FILE FILE.png")
_PDF = Unreadable("PDF", "take the pictures out, for example with: pdfimages -all FILE.pdf NAME")
_VIDEO = Unreadable("video", "take single frames, for example with: ffmpeg -i FILE -vf fps=1 frame-%04d.jpg")

UNREADABLE_FORMATS: dict[str, Unreadable] = {
    suffix: kind
    for suffixes, kind in (
        (".heic .heif .hif .heics", _HEIC),
        (".cr2 .cr3 .crw .nef .nrw .arw .sr2 .srf .dng .orf .rw2 .raf .pef .srw .3fr .iiq .x3f .rwl", _RAW),
        (".svg .svgz .eps .ai .wmf .emf", _DRAWING),
        (".psd .psb .xcf .kra", _LAYERS),
        (".jxl .tga .ico .icns .pcx .exr .hdr .dds .dcm .sgi .qoi .jxr", _OTHER),
        (".pdf", _PDF),
        (".mp4 .mov .m4v .avi .mkv .webm .mpg .mpeg .wmv .3gp .mts", _VIDEO),
    )
    for suffix in suffixes.split()
}

# JPEG 2000, ISO/IEC 15444-1 A.6.1: the marker COD and, so many bytes behind it, how often the picture was halved.
_COD, _COD_LEVELS = b"\xff\x52", 9

TIFF_MAGIC = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_MAGIC: dict[str, bytes | tuple[bytes, ...]] = {
    "JPEG": b"\xff\xd8\xff",
    "PNG": b"\x89PNG\r\n\x1a\n",
    "GIF": (b"GIF87a", b"GIF89a"),
    "BMP": b"BM",
    "TIFF": TIFF_MAGIC,
    "JPEG2000": (b"\xff\x4f\xff\x51", b"\0\0\0\x0cjP  \r\n\x87\n"),
}

# What a file without a known signature starts with → what it is. For the message only.
_OTHER_CONTENT = (
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a zip archive"),
    (b"Rar!", "a RAR archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"8BPS", "a Photoshop file"),
    (b"\xff\x0a", "a JPEG XL picture"),
    (b"\0\0\0\x0cJXL ", "a JPEG XL picture"),
    (b"\x00\x05\x16\x07", "a macOS resource file without picture"),
    (b"\x1aE\xdf\xa3", "a video"),
    (b"version https://git-lfs", "a Git LFS pointer, not the picture itself (git lfs pull fetches it)"),
)
_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}


def open_header(data: bytes) -> ImageFile.ImageFile | None:
    """The picture with its header read and no pixel decoded, or None where no known format begins like this.

    `PIL.Image.open` is not used, for it warns above 89 and raises above 178 megapixels by a setting of the whole process;
    the caller judges the size by its own policy. Raises whatever Pillow raises on a damaged header.
    """
    name = signature(data[:16])
    if name is None:
        return None
    import_module(f"PIL.{_PLUGINS[name]}")
    factory = _lean_webp() if name == "WEBP" else Image.OPEN[name][0]
    return factory(BytesIO(data), "")


@cache
def _lean_webp() -> type[ImageFile.ImageFile]:
    """Pillow's class for WebP, that gives back its decoder (two canvases, 8 bytes a pixel) before the pixels are taken over."""
    from PIL.WebPImagePlugin import WebPImageFile

    class LeanWebPImageFile(WebPImageFile):
        def load_prepare(self) -> None:
            self._decoder = None
            super().load_prepare()

    return LeanWebPImageFile


def reduce_jpeg2000(image: ImageFile.ImageFile, data: bytes, side: int, most: int) -> int:
    """Have a JPEG 2000 decoded at 1/2, 1/4, … of its size, `most` halvings at most, its short side then still at least `side` pixels.

    Returns the number of halvings. Decoded whole, it takes 16 bytes a pixel on the way.
    """
    place = data.find(_COD)
    levels = data[place + _COD_LEVELS] if 0 <= place < len(data) - _COD_LEVELS else 0
    halvings = min(most, levels)
    while halvings and min(image.size) >> halvings < side:
        halvings -= 1
    image.reduce = halvings  # type: ignore[method-assign, assignment]  # a property of Pillow's Jpeg2KImageFile
    return halvings


def content(data: bytes) -> tuple[str, str]:
    """What a file that is no picture seems to be, and a remedy (may be empty). For messages."""
    start = data[:512]
    if not data:
        return "zero bytes", ""
    if not start.strip(b"\0"):
        return "only zero bytes at the start (an interrupted copy or download)", ""
    if start[4:8] == b"ftyp":
        return ("a HEIC photo", _HEIC.remedy) if start[8:12] in _HEIC_BRANDS else ("a video or an unknown media file", "")
    if b"IHDR" in start[:32]:
        return "a PNG whose first bytes are damaged (copied as text?)", ""
    for magic, what in _OTHER_CONTENT:
        if start.startswith(magic):
            return what, ""
    head = start.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if head.startswith((b"<!doctype html", b"<html", b"<head")):
        return "a web page, not a picture (a download that failed?)", ""
    if b"<svg" in head:
        return "a vector drawing (SVG)", _DRAWING.remedy
    if all(byte >= 32 or byte in b"\t\n\r\f\x1b" for byte in start) and b"\x7f" not in start:
        return "a text file, not a picture", ""
    return "no picture format that is known here", f"Vitreous reads {READ_HERE}"


def signature(start: bytes) -> str | None:
    """The format that a file with these first 16 bytes has, by Pillow's name, or None."""
    for name, magics in _MAGIC.items():
        if start.startswith(magics):
            return name
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return "WEBP"
    if start[:1] == b"P" and start[1:2] in b"123456f" and start[2:3].isspace():
        return "PPM"
    if start[4:12] in (b"ftypavif", b"ftypavis"):
        return "AVIF"
    return None
