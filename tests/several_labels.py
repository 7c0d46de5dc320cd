"""A small training with several labels: pictures that are reddish, bluish, both or neither, in a table."""

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

LABELS = ("blue", "red")


def several_pictures(folder: Path, count: int = 90, seed: int = 0, columns: bool = False, split: Sequence[str] = ()) -> Path:
    """`count` pictures and labels.csv, with cells such as "blue;red"; or `columns` of 0 and 1, every seventh of them unknown."""
    rng = np.random.default_rng(seed)
    (folder / "pictures").mkdir(parents=True)
    rows = []
    for number in range(count):
        has = rng.random(2) < 0.45
        pixels = rng.integers(0, 90, (40, 48, 3)) + rng.integers(0, 60, (1, 1, 3))
        pixels[..., 0] += 110 * bool(has[1])
        pixels[..., 2] += 110 * bool(has[0])
        name = f"pictures/{number:03}.png"
        Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(folder / name)
        part = [split[number % len(split)]] if split else []
        if columns:
            rows.append([name, *("" if (number + k) % 7 == 0 else int(has[k]) for k in range(2)), *part])
        else:
            rows.append([name, ";".join(label for label, own in zip(LABELS, has, strict=True) if own), *part])
    with open(folder / "labels.csv", "w", newline="", encoding="utf-8") as file:
        write = csv.writer(file)
        write.writerow(["image", *(LABELS if columns else ["labels"]), *(["split"] if split else [])])
        write.writerows(rows)
    return folder / "labels.csv"
