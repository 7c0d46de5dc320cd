"""Makes the photos of `vitreous sample clothing` from a folder of class folders.

    python tools/make_sample.py DATA/clothing/train src/vitreous/samples/clothing

Five classes of forty photos: four that a small network tells apart easily, and `skirt`, which it now and then takes for
`dress`, so that a first confusion matrix has something to say. The choice is drawn from a seed among the photos that
resemble no other one (difference hash of N. Krawetz 2013, of the photo and of its mirror image, over the whole source).
Photos are turned upright, scaled and stored without EXIF, so nothing of the camera or the place is left in them.
"""

import argparse
import csv
import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

CLASSES = ("dress", "pants", "shirt", "shoes", "skirt")
PHOTOS_A_CLASS = 40
SHORT_SIDE = 288  # the largest view that the plan tries
JPEG_QUALITY = 78
MOST_BYTES = 4_500_000
SEED = 8
# Two photos are taken for the same one when at most this many of their 64 bits differ: generous, as none is needed.
SAME_BITS = 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path, help="a folder with one folder of JPEG files for each class")
    parser.add_argument("target", type=Path, help="its class folders are written anew; other files in it stay")
    arguments = parser.parse_args()
    rows: list[tuple[str, str]] = []
    for label, number, source in chosen(arguments.source):
        relative = f"{label}/{label}-{number:02}.jpg"
        target = arguments.target / relative
        target.parent.mkdir(parents=True, exist_ok=True)
        scaled(source).save(target, quality=JPEG_QUALITY, optimize=True, progressive=True)
        rows.append((relative, f"{label}/{source.name}"))
    with (arguments.target / "sources.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows([("file", "source"), *rows])
    total = sum((arguments.target / relative).stat().st_size for relative, _ in rows)
    if total > MOST_BYTES:
        raise SystemExit(f"{total:,} bytes are more than the {MOST_BYTES:,} that the package may carry: lower JPEG_QUALITY or SHORT_SIDE")
    print(f"{len(rows)} photos, {total:,} bytes")


def chosen(root: Path) -> Iterator[tuple[str, int, Path]]:
    """(label, number from 1, file) for every photo of the sample, in order."""
    everything = sorted(root.glob("*/*.jpg"))
    hashes = np.stack([difference_hash(photo) for photo in everything])  # [N, 2, 64]
    for label in CLASSES:
        places = [place for place, photo in enumerate(everything) if photo.parent.name == label]
        unique = [place for place in places if not resembles_another(place, hashes)]
        drawn = random.Random(f"{SEED} {label}").sample(unique, PHOTOS_A_CLASS)
        for number, place in enumerate(sorted(drawn), 1):
            yield label, number, everything[place]


def resembles_another(place: int, hashes: NDArray[np.bool_]) -> bool:
    apart = (hashes != hashes[place, 0]).sum(axis=2)  # [N, 2]
    apart[place] = 64
    return bool(apart.min() <= SAME_BITS)


def difference_hash(photo: Path) -> NDArray[np.bool_]:
    """Bits [2, 64] of the photo and of its mirror image: is each of 8 × 8 cells brighter than its left neighbour?"""
    with Image.open(photo) as image:
        image.draft("L", (72, 64))
        cells = np.asarray(ImageOps.exif_transpose(image).convert("L").resize((9, 8), Image.Resampling.BICUBIC), np.int16)
    return np.stack([(np.diff(each, axis=1) > 0).ravel() for each in (cells, cells[:, ::-1])])


def scaled(photo: Path) -> Image.Image:
    """The photo upright, RGB, its short side SHORT_SIDE pixels at most."""
    with Image.open(photo) as image:
        upright = ImageOps.exif_transpose(image).convert("RGB")
    factor = min(1.0, SHORT_SIDE / min(upright.size))
    width, height = (round(side * factor) for side in upright.size)
    return upright.resize((width, height), Image.Resampling.BICUBIC)


if __name__ == "__main__":
    main()
