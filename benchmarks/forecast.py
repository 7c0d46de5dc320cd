"""Is it known beforehand how good a model becomes, and when it is done?

    python benchmarks/forecast.py [--only NAME ...] [--minutes M ...] [--work FOLDER]

Six data sets of different worlds (clothing; playing cards and blood cells, cut out along their boxes; 3,000 pictures each of CIFAR-10 and
Fashion-MNIST; scanned digits), each from process start with an empty cache: the first model by itself (`--tune none`), then a training for each
budget of minutes. Each says what accuracy to expect on the test pictures, with an interval, and when it is done; what came is set beside it.
Needs torch. `--only` leaves the other sets as they were measured before.
"""

import random
import tempfile
import xml.etree.ElementTree as ET
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from harness import begin, parser, require, skip
from PIL import Image
from tuned import forecasts, trained

MINUTES = (1.5, 4.0)
OF_A_CLASS = {"train": 300, "test": 100}
LEAST_SIDE = 24  # pixels of a box
SETS = ("clothing", "cards", "cells", "cifar10", "fashion-mnist", "digits")


def main() -> None:
    options = parser(__doc__, repeats=1)
    options.add_argument("--only", nargs="*", choices=SETS, default=SETS)
    options.add_argument("--minutes", type=float, nargs="*", default=MINUTES, help="budgets (%(default)s)")
    options.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "vitreous-benchmarks", help="where made folders are kept")
    arguments = options.parse_args()
    require(arguments.data / "clothing")
    try:
        import torch  # noqa: F401 - tuning needs it
    except ImportError:
        skip("torch is not installed")
    benchmark = begin("forecast", arguments)
    benchmark.measured = benchmark.measured_before()
    for name in arguments.only:
        if (folder := folder_of(name, arguments.data, arguments.work)) is None:
            print(f"left out: {name} (its pictures are not there)")
            continue
        rows = []
        for how in (["--tune", "none"], *(["--minutes", f"{minutes:g}"] for minutes in arguments.minutes)):
            with tempfile.TemporaryDirectory() as fresh:
                rows.append(trained(folder, Path(fresh), *how))
        benchmark.measured[name] = rows
        benchmark.write()
    rows = [each for name in SETS for each in benchmark.measured.get(name, [])]
    said = [each for each in rows if each["forecast"]]
    forecasts(benchmark, said, f"{len(said)} forecasts of {len(rows)} trainings, {len(benchmark.measured)} data sets")
    benchmark.write()


def folder_of(name: str, data: Path, work: Path) -> Path | None:
    """The pictures of a set as train/CLASS and test/CLASS; made where they are not there yet, None where they cannot be."""
    if name == "clothing":
        return data / "clothing"
    folder = work / f"forecast-{name}"
    if (done := folder / "done").is_file():
        return folder / "pictures"
    made: dict[str, Any] = {"cards": lambda: cards(data / "cards"), "cells": lambda: cells(data / "bccd"), "digits": digits}
    whole = work / name  # as benchmarks/networks.py unpacks it
    if name not in made and not whole.is_dir():
        return None
    for number, (part, label, image) in enumerate(made[name]() if name in made else some(whole)):
        target = folder / "pictures" / part / label
        target.mkdir(parents=True, exist_ok=True)
        image.save(target / f"{number:05d}.png")
    done.touch()
    return folder / "pictures"


def some(whole: Path) -> Iterator[tuple[str, str, Image.Image]]:
    for part, count in OF_A_CLASS.items():
        for label in sorted((whole / part).iterdir()):
            for file in random.Random(0).sample(sorted(label.iterdir()), count):
                yield part, label.name, Image.open(file)


def digits() -> Iterator[tuple[str, str, Image.Image]]:
    from sklearn.datasets import load_digits

    images, target = load_digits(return_X_y=True)
    for number, (image, label) in enumerate(zip(images.reshape(-1, 8, 8), target, strict=True)):
        pixels = np.uint8(np.minimum(255, 16 * image))
        yield "test" if number % 4 == 0 else "train", str(label), Image.fromarray(pixels)


def cards(source: Path) -> Iterator[tuple[str, str, Image.Image]]:
    for part in ("train", "test"):
        for file in sorted((source / part).glob("*.xml")):
            if (photo := file.with_suffix(".JPG")).is_file() or (photo := file.with_suffix(".jpg")).is_file():
                yield from ((part, *cut) for cut in cuts(photo, file))


def cells(source: Path) -> Iterator[tuple[str, str, Image.Image]]:
    """So many of each kind: of the red ones there are a hundred times as many."""
    held = set((source / "ImageSets" / "Main" / "test.txt").read_text(encoding="utf-8").split())
    of_kind = defaultdict[tuple[str, str], int](int)
    for file in sorted((source / "Annotations").glob("*.xml")):
        part = "test" if file.stem in held else "train"
        for label, image in cuts(source / "JPEGImages" / f"{file.stem}.jpg", file):
            of_kind[part, label] += 1
            if of_kind[part, label] <= OF_A_CLASS[part]:
                yield part, label, image


def cuts(photo: Path, boxes: Path) -> Iterator[tuple[str, Image.Image]]:
    """What lies in the boxes of a Pascal VOC file, with its class."""
    image = Image.open(photo).convert("RGB")
    for found in ET.parse(boxes).getroot().iter("object"):
        left, top, right, bottom = (int(float(found.findtext(f"bndbox/{side}") or 0)) for side in ("xmin", "ymin", "xmax", "ymax"))
        if min(right - left, bottom - top) >= LEAST_SIDE:
            yield found.findtext("name") or "", image.crop((left, top, right, bottom))


if __name__ == "__main__":
    main()
