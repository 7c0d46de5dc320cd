"""From whatever mode a file has to RGB with 8 bits a channel, transparent parts over white.

A picture is converted in bands of rows, so that a large one is not held three times over.

16-bit grey    v / 257, rounded (0 → 0, 65535 → 255); Pillow alone would clip it at 255
16-bit colour  Pillow keeps the high byte
32-bit, float  taken on the first of these scales that holds every value: 0–1 (float only), 0–255, 0–65535; else from its least to its greatest value
"""

from collections.abc import Iterator
from typing import cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_BAND = 2_000_000  # pixels
_ALPHA = {"RGBA", "LA", "PA", "La", "RGBa"}
_WHITE = (255, 255, 255)
Clear = int | bytes | tuple[int, int, int] | None


def rgb_over_white(image: Image.Image, depth: int = 8) -> Image.Image:
    """A loaded picture of any mode as RGB. `depth`: bits of a sample in a PNG, the unit of its transparent colour (tRNS)."""
    clear = _transparent(image, depth)
    if image.mode == "RGB" and clear is None:
        return image
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        return _from_numbers(image, clear)
    if image.mode not in _ALPHA and clear is None:
        return image.convert("RGB")
    rgb = Image.new("RGB", image.size, _WHITE)
    for top, band in _bands(image):
        if clear is not None:
            band.info["transparency"] = clear
        band = band.convert({"La": "LA", "PA": "RGBA"}.get(band.mode, "RGBA")).convert("RGBA")
        rgb.paste(band, (0, top), band)
    return rgb


def _transparent(image: Image.Image, depth: int) -> Clear:
    """The transparent colour or palette entries, in the units of the decoded samples; None where there is none."""
    clear = cast("Clear", image.info.get("transparency"))
    if image.format == "PNG":
        if image.mode == "L" and isinstance(clear, int) and depth < 8:
            return clear * 255 // ((1 << depth) - 1)
        if image.mode == "RGB" and isinstance(clear, tuple) and depth == 16:
            red, green, blue = clear
            return red >> 8, green >> 8, blue >> 8
    return clear


def _from_numbers(image: Image.Image, clear: Clear) -> Image.Image:
    """16-bit, 32-bit and float samples, [H, W], as grey in RGB."""
    least, greatest = _scale(image)
    grey = Image.new("L", image.size)
    for top, band in _bands(image):
        values = np.nan_to_num(np.asarray(band).astype(np.float32), nan=0.0, posinf=greatest, neginf=least)
        eight = (((values - least) * (255 / (greatest - least))).clip(0, 255) + 0.5).astype(np.uint8)
        if isinstance(clear, int):
            eight[np.asarray(band) == clear] = 255
        grey.paste(Image.fromarray(eight), (0, top))
    return grey.convert("RGB")


def _scale(image: Image.Image) -> tuple[float, float]:
    """The values that become black and white."""
    if image.mode.startswith("I;16") or (image.mode == "I" and image.format in ("PPM", "PNG", "JPEG2000")):
        return 0.0, 65535.0
    extremes = [_finite_range(np.asarray(band)) for _, band in _bands(image)]
    least, greatest = min(low for low, _ in extremes), max(high for _, high in extremes)
    tops = (1.0, 255.0, 65535.0) if image.mode == "F" else (255.0, 65535.0)
    for top in tops:
        if least >= 0 and greatest <= top:
            return 0.0, top
    return (least, greatest) if greatest > least else (least, least + 1)


def _finite_range(values: NDArray[np.generic]) -> tuple[float, float]:
    finite = values[np.isfinite(values)]
    return (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)


def _bands(image: Image.Image) -> Iterator[tuple[int, Image.Image]]:
    """Bands of whole rows, about two megapixels each: the first row's number and the band, a copy."""
    rows = max(1, _BAND // image.width)
    for top in range(0, image.height, rows):
        yield top, image.crop((0, top, image.width, min(top + rows, image.height)))
