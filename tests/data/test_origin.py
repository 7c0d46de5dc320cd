"""What a file says of its making: read as it stands, and harmless whatever stands there."""

import io
import random
import time

import pytest
from PIL import Image

from vitreous.core.view import View
from vitreous.data.decode import decode_bytes
from vitreous.data.origin import Origin
from vitreous.errors import UnreadableImage

VIEWS = (View.whole(8),)
MAKE, MODEL, SOFTWARE, CHANGED, BLOCK, TAKEN, ORIENTATION = 0x010F, 0x0110, 0x0131, 0x0132, 0x8769, 0x9003, 0x0112


def file_of(tags: dict[int, object], kind: str = "JPEG", mode: str = "RGB", taken: str = "") -> bytes:
    exif, out = Image.Exif(), io.BytesIO()
    for tag, value in tags.items():
        exif[tag] = value
    if taken:
        exif.get_ifd(BLOCK)[TAKEN] = taken
    Image.new(mode, (40, 30), 90).save(out, kind, exif=exif)
    return out.getvalue()


def origin(data: bytes) -> Origin:
    return decode_bytes(data, VIEWS).origin


def test_a_file_without_exif_has_a_format_and_a_mode() -> None:
    out = io.BytesIO()
    Image.new("P", (9, 9)).save(out, "PNG")
    assert origin(out.getvalue()) == Origin("PNG", "P")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_camera_software_and_time_are_read_from_every_format_that_holds_them(kind: str) -> None:
    data = file_of({MAKE: "NIKON", MODEL: "D90", SOFTWARE: "darktable 4", CHANGED: "2024:05:06 07:08:09"}, kind)
    found = origin(data)
    assert (found.format, found.camera, found.software, found.taken) == (kind, "NIKON D90", "darktable 4", "2024-05-06T07:08:09")


def test_the_time_of_the_photo_goes_before_that_of_the_last_change() -> None:
    assert origin(file_of({CHANGED: "2024:05:06 07:08:09"}, taken="2019:12:31 23:59:58")).taken == "2019-12-31T23:59:58"


def test_a_make_that_the_model_repeats_is_said_once() -> None:
    assert origin(file_of({MAKE: "Canon", MODEL: "Canon EOS 5D"})).camera == "Canon EOS 5D"
    assert origin(file_of({MAKE: "NIKON CORPORATION", MODEL: "NIKON D90"})).camera == "NIKON D90"
    assert origin(file_of({MODEL: "X100"})).camera == "X100"


def test_the_mode_is_that_of_the_file() -> None:
    assert [origin(file_of({}, "PNG", mode)).mode for mode in ("L", "RGB", "RGBA", "1")] == ["L", "RGB", "RGBA", "1"]
    assert origin(file_of({}, "JPEG", "L")).mode == "L" and origin(file_of({}, "JPEG", "CMYK")).mode == "CMYK"


ODD_TEXTS = {
    "long": "x" * 5000,
    "umlauts": "ä" * 200,
    "zero bytes": "ab\0cd",
    "control codes": "a\x1b[31mb",
    "spaces": "  a   b  ",
    "empty": "",
    "markup": "<b>",
}


@pytest.mark.parametrize("text", ODD_TEXTS.values(), ids=ODD_TEXTS)
def test_a_text_is_at_most_48_bytes_whatever_stands_there(text: str) -> None:
    found = origin(file_of({SOFTWARE: text, MODEL: text, CHANGED: text}))
    for kept in (found.software, found.camera):
        assert len(kept.encode()) <= 48 and "\0" not in kept and kept == kept.strip()
    assert found.taken == ""


@pytest.mark.parametrize("value", ["0000:00:00 00:00:00", "2024:13:01 00:00:00", "    :  :     :  :  ", "yesterday"])
def test_a_time_that_is_none_is_none(value: str) -> None:
    assert origin(file_of({CHANGED: value})).taken == ""


@pytest.mark.parametrize("value", [0, 9, 77, 65535])
def test_an_orientation_that_does_not_exist_is_upright(value: int) -> None:
    assert origin(file_of({ORIENTATION: value})) == Origin("JPEG", "RGB")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # Pillow remarks on what it finds damaged
def test_damaged_exif_costs_neither_the_picture_nor_the_time() -> None:
    """1,500 files with bytes of their EXIF block flipped, set or cut."""
    data = file_of({MAKE: "NIKON", MODEL: "D90", SOFTWARE: "x" * 40, CHANGED: "2024:05:06 07:08:09", ORIENTATION: 6}, taken="2019:12:31 23:59:58")
    end = data.index(b"\xff\xdb")
    draw, begun, read = random.Random(0), time.process_time(), 0
    for _ in range(1500):
        damaged = bytearray(data)
        for _ in range(draw.randint(1, 6)):
            damaged[draw.randrange(30, end)] = draw.choice([0, 255, draw.randrange(256)])
        try:
            found = decode_bytes(bytes(damaged), VIEWS)
        except UnreadableImage:
            continue
        read += 1
        assert len(found.origin.camera.encode()) <= 48 and 1 <= found.origin.orientation <= 8
    assert read > 1400 and time.process_time() - begun < 60
