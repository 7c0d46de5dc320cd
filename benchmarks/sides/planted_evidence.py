"""Pictures in which one small mark alone decides the class: photos with five patches of equal size and colours, of which one is striped.

    rows, columns    one patch has stripes, four are checkered        none    all five are checkered

The place of every patch is drawn, and the striped one is no more conspicuous than the others: a method that only finds what is conspicuous
meets it in one of five pictures. The class without a mark is needed: of two marked classes a network may learn one and take the other for
what is left, and then nothing in such a picture speaks for it. `boxes.json` says where the marks are: x0, y0, x1, y1 in pixels of the file.
"""

import json
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

LABELS = ("rows", "columns", "none")
PATCHES = 5
_LIGHT, _DARK = (235, 225, 90), (40, 50, 160)
Picture = npt.NDArray[np.uint8]


def write(folder: Path, photos: Path, size: int, side: int, counts: dict[str, int], margin: int = 0, seed: int = 0) -> None:
    """`counts` pictures for each split, `size` pixels a side with patches of `side`, in class folders; patches keep `margin` pixels to the border."""
    random, boxes = np.random.default_rng(seed), {}
    files = sorted(photos.rglob("*.jpg"))
    for split, count in counts.items():
        for number in range(count):
            label = LABELS[number % len(LABELS)]
            picture = _part_of(files[int(random.integers(len(files)))], size, random)
            places = _places(size, side, margin, random)
            for kind, (x, y) in zip([label if label != "none" else "checks", *["checks"] * (PATCHES - 1)], places, strict=True):
                picture[y : y + side, x : x + side] = _patch(kind, side)
            name = f"{split}/{label}/{number:05}.png"
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(picture).save(folder / name)
            x, y = places[0]
            boxes[name] = (x, y, x + side, y + side)
    (folder / "boxes.json").write_text(json.dumps(boxes))


def _part_of(file: Path, size: int, random: np.random.Generator) -> Picture:
    """A square part of a photo, half of its shorter side at least."""
    with Image.open(file) as photo:
        side = int(random.integers(min(photo.size) // 2, min(photo.size)))
        x, y = (int(random.integers(0, length - side + 1)) for length in photo.size)
        return np.asarray(photo.convert("RGB").resize((size, size), Image.Resampling.BICUBIC, box=(x, y, x + side, y + side))).copy()


def _places(size: int, side: int, margin: int, random: np.random.Generator) -> list[tuple[int, int]]:
    """Upper left corners that leave a pixel between patches."""
    while True:
        drawn = random.integers(margin, size - side - margin + 1, (PATCHES, 2))
        apart = np.abs(drawn[:, None] - drawn[None]).max(-1) + np.eye(PATCHES, dtype=int) * size
        if apart.min() > side:
            return [(int(x), int(y)) for x, y in drawn]


def _patch(kind: str, side: int) -> Picture:
    row, column = np.indices((side, side)) // max(1, side // 4)
    on = {"rows": row, "columns": column, "checks": row + column}[kind] % 2 == 1
    return np.where(on[..., None], np.array(_LIGHT), np.array(_DARK)).astype(np.uint8)


if __name__ == "__main__":
    write(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), json.loads(sys.argv[5]), int(sys.argv[6]))
