"""A folder of photos with planted faults, for the benchmark of `look`: eight kinds, three strengths, so many of each.

Every file is named KIND-STRENGTH-NUMBER.jpg, so that the name says what was done; `plain` ones are as they were taken. Copies, exact
and near, stand beside their originals, which are named original-…; the other faults are done to the photo itself. Run by itself this
file does nothing.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from PIL import Image, ImageEnhance, ImageFilter

STRENGTHS = ("weak", "middle", "strong")
COPIES = ("exact", "near")
_QUALITY = 90

Edit = Callable[[Image.Image], Image.Image]


def planted(photos: Sequence[Path], folder: Path, count: int, each: int) -> dict[str, str]:
    """Write `count` photos, `each` of them for every kind and strength, and the copies. Returns the kind of each file ("plain" for the
    untouched ones) by its name."""
    folder.mkdir(parents=True)
    draw = random.Random(0)
    chosen = draw.sample(list(photos), count)
    truth: dict[str, str] = {}
    for kind in (*COPIES, *EDITS):
        for place, strength in enumerate(STRENGTHS):
            for number in range(each):
                photo, name = chosen.pop(), f"{kind}-{strength}-{number}.jpg"
                truth[name] = kind
                if kind in COPIES:
                    (folder / f"original-{name}").write_bytes(photo.read_bytes())
                    truth[f"original-{name}"] = "original"
                _write(photo, folder / name, kind, place)
    for number, photo in enumerate(chosen):
        name = f"plain-{number}.jpg"
        (folder / name).write_bytes(photo.read_bytes())
        truth[name] = "plain"
    return truth


def _write(photo: Path, target: Path, kind: str, place: int) -> None:
    if kind == "exact":
        target.write_bytes(photo.read_bytes())
        return
    with Image.open(photo) as opened:
        image = opened.convert("RGB")
    if kind == "near":
        quality, scale = ((75, 0.9), (50, 0.6), (25, 0.4))[place]
        image.resize((round(image.width * scale), round(image.height * scale)), Image.Resampling.BICUBIC).save(target, quality=quality)
    else:
        EDITS[kind][place](image).save(target, quality=_QUALITY)


def _brightness(factor: float) -> Edit:
    return lambda image: ImageEnhance.Brightness(image).enhance(factor)


def _to_white(share: float) -> Edit:
    return lambda image: Image.blend(image, Image.new("RGB", image.size, "white"), share)


def _blur(share: float) -> Edit:
    """By a radius that is this share of the short side."""
    return lambda image: image.filter(ImageFilter.GaussianBlur(share * min(image.size)))


def _scaled(factor: float) -> Edit:
    return lambda image: image.resize((max(1, round(image.width * factor)), max(1, round(image.height * factor))), Image.Resampling.BICUBIC)


def _strip(ratio: float) -> Edit:
    """The middle of the picture, this many times as wide as it is high."""

    def edit(image: Image.Image) -> Image.Image:
        height = round(image.width / ratio)
        top = (image.height - height) // 2
        return image.crop((0, top, image.width, top + height))

    return edit


def _on_a_page(share: float) -> Edit:
    """The photo, made small, on a plain page: it covers this share of the area."""

    def edit(image: Image.Image) -> Image.Image:
        page = Image.new("RGB", image.size, (235, 232, 225))
        page.paste(_scaled(share**0.5)(image), (image.width // 3, image.height // 3))
        return page

    return edit


EDITS: Mapping[str, tuple[Edit, Edit, Edit]] = {
    "dark": (_brightness(0.2), _brightness(0.12), _brightness(0.05)),
    "bright": (_to_white(0.82), _to_white(0.9), _to_white(0.96)),
    "blurred": (_blur(0.0075), _blur(0.015), _blur(0.03)),
    "size": (_scaled(0.3), _scaled(0.2), _scaled(0.1)),
    "shape": (_strip(3.0), _strip(4.5), _strip(7.0)),
    "empty": (_on_a_page(0.12), _on_a_page(0.05), _on_a_page(0.02)),
}
