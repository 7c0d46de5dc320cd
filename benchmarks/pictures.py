"""Picture sets for the benchmarks: as many photos as wanted, made from the clothing photos by changes so strong that no hash joins them.

Every picture is its own: a turned and cropped photo, a part of another photo of its class pasted in, other colours, uneven
light, noise; then, for the large sizes, enlarged and given grain. Picture i of a set is the same wherever it is made. A set
lies in WORK/NAME-COUNT as train/CLASS/ and test/CLASS/ and is used again where it is there. Run by itself this file does nothing.
"""

import os
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops

# Sides are turned and cut at this size; larger pictures are enlarged from it.
_MOST_WORKED_AT = 600
_TEST_EVERY = 5
_CHUNK = 20

Pixels = NDArray[np.float32]


@dataclass(frozen=True)
class PictureSet:
    """`grain`: grey levels of noise put on after enlarging, as a camera's sensor does; it makes the files as large as real ones."""

    name: str
    count: int
    width: int
    height: int
    quality: int
    grain: float = 0.0


PHOTOS = PictureSet("photos", 20_000, 400, 533, 85)
SQUARE = PictureSet("square", 20_000, 400, 400, 85)
SMALL = PictureSet("small", 50_000, 96, 96, 85)
TWELVE_MEGAPIXELS = PictureSet("twelve-megapixels", 2_000, 3000, 4000, 80, grain=3.0)


def made(kind: PictureSet, clothing: Path, work: Path, count: int | None = None) -> Path:
    """The folder of the first `count` pictures of a set, made from the photos in `clothing` by all cores where it is not there yet."""
    count = count or kind.count
    folder = work / f"{kind.name}-{count}"
    done = work / f"{kind.name}-{count}.done"
    if done.exists():
        return folder
    print(f"making {count:,} pictures of {kind.width}×{kind.height} in {folder} ...", end=" ", flush=True)
    start = time.perf_counter()
    for source in _classes(clothing, "train") + _classes(clothing, "test"):
        (folder / source.relative_to(clothing)).mkdir(parents=True, exist_ok=True)
    write = partial(_write, kind, clothing, folder)
    with ProcessPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        for _ in pool.map(write, range(count), chunksize=_CHUNK):
            pass
    done.touch()
    print(f"{time.perf_counter() - start:.0f} s")
    return folder


def picture(kind: PictureSet, photo: Path, partner: Path, rng: np.random.Generator) -> Image.Image:
    """A new picture of a photo's class, from it and a partner of the same class."""
    scale = min(1.0, _MOST_WORKED_AT / max(kind.width, kind.height))
    width, height = round(kind.width * scale), round(kind.height * scale)
    pixels = _cut(photo, rng, width, height, least=0.55)
    # a third of the picture, more or less, is another one
    across, down = (round(side * rng.uniform(0.45, 0.75)) for side in (width, height))
    left, top = int(rng.integers(0, width - across + 1)), int(rng.integers(0, height - down + 1))
    pixels[top : top + down, left : left + across] = _cut(partner, rng, across, down, least=0.3)
    pixels = (pixels - 128) * rng.uniform(0.7, 1.2) + rng.uniform(105, 150)
    pixels *= rng.uniform(0.75, 1.25, 3).astype(np.float32)
    light = Image.fromarray(rng.uniform(0.55, 1.35, (5, 4)).astype(np.float32)).resize((width, height), Image.Resampling.BICUBIC)
    pixels *= np.asarray(light)[:, :, None]
    pixels += _some(_noise(), rng, height, width) * np.float32(rng.uniform(2, 9))
    image = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
    if scale < 1:
        image = image.resize((kind.width, kind.height), Image.Resampling.BICUBIC)
        image = ImageChops.add(image, _grain(kind, rng), scale=1, offset=-128)
    return image


def _write(kind: PictureSet, clothing: Path, folder: Path, number: int) -> None:
    rng = np.random.default_rng((number, kind.width, kind.height))
    photos = [photo for source in _classes(clothing, "test" if number % _TEST_EVERY == 0 else "train") for photo in _photos(source)]
    photo = photos[(number * 7919) % len(photos)]  # a prime: neighbouring numbers lie in different classes
    siblings = _photos(photo.parent)
    partner = siblings[int(rng.integers(len(siblings)))]
    target = folder / photo.parent.relative_to(clothing) / f"{number:06d}.jpg"
    if target.exists():
        return
    part = target.with_suffix(".part")
    picture(kind, photo, partner, rng).save(part, "JPEG", quality=kind.quality)
    part.replace(target)


@cache
def _classes(clothing: Path, split: str) -> list[Path]:
    return sorted(folder for folder in (clothing / split).iterdir() if folder.is_dir())


@cache
def _photos(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.jpg"))


def _cut(photo: Path, rng: np.random.Generator, width: int, height: int, least: float) -> Pixels:
    """A part of a photo, at least this share of each side, turned, perhaps mirrored, stretched to a size: float [height, width, 3]."""
    with Image.open(photo) as opened:
        opened.draft("RGB", (width, height))  # half or a quarter of the size where that is enough
        image = opened.convert("RGB")
    image = image.rotate(rng.uniform(-15, 15), Image.Resampling.BILINEAR, fillcolor=tuple(rng.integers(0, 256, 3).tolist()))
    if rng.random() < 0.5:
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    share = rng.uniform(least, 0.95, 2) * image.size
    left, top = rng.uniform(0, 1, 2) * (np.array(image.size) - share)
    box = (float(left), float(top), float(left + share[0]), float(top + share[1]))
    return np.asarray(image.resize((width, height), Image.Resampling.BILINEAR, box=box), np.float32)


@cache
def _noise() -> Pixels:
    """Noise of deviation 1 to cut pieces from: drawing fresh numbers for each picture would take longer than all the rest."""
    side = 2 * _MOST_WORKED_AT
    return np.random.default_rng(0).standard_normal((side, side, 3), np.float32)


def _some(noise: Pixels, rng: np.random.Generator, height: int, width: int) -> Pixels:
    top, left = int(rng.integers(0, noise.shape[0] - height + 1)), int(rng.integers(0, noise.shape[1] - width + 1))
    return noise[top : top + height, left : left + width]


def _grain(kind: PictureSet, rng: np.random.Generator) -> Image.Image:
    """A piece of the sheet of grain, around 128."""
    sheet = _sheet(kind)
    left, top = int(rng.integers(0, sheet.width - kind.width + 1)), int(rng.integers(0, sheet.height - kind.height + 1))
    return sheet.crop((left, top, left + kind.width, top + kind.height))


@cache
def _sheet(kind: PictureSet) -> Image.Image:
    noise = np.random.default_rng(1).standard_normal((kind.height + 500, kind.width + 500), np.float32) * kind.grain
    grey = Image.fromarray(np.clip(128 + noise, 0, 255).astype(np.uint8))
    return Image.merge("RGB", (grey, grey, grey))
