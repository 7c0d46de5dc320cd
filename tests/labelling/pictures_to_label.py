"""Pictures without files: their features are drawn around the centre of their class, so that what a labelling makes of them is known."""

from pathlib import Path

import numpy as np
from PIL import Image

from vitreous.labelling.pictures import Pictures


def made(classes: int = 3, each: int = 20, spread: float = 0.6, seed: int = 0, width: int = 24) -> tuple[Pictures, list[str]]:
    """`each` pictures of `classes` classes, in no order; and the label of each, "a", "b" …"""
    rng = np.random.default_rng(seed)
    centres = rng.normal(0, 2, (classes, width))
    target = rng.permutation(np.repeat(np.arange(classes), each))
    features = (centres[target] + rng.normal(0, spread, (len(target), width))).astype(np.float32)
    keys = [f"{number:032x}" for number in range(len(target))]
    paths = [[f"{number:03d}.png"] for number in range(len(target))]
    pictures = Pictures(Path("/nowhere"), keys, paths, features, np.arange(len(target)), [[""] for _ in target])
    return pictures, ["abcdefghij"[number] for number in target]


def coloured(folder: Path, count: int, seed: int = 0) -> Path:
    """So many different pictures of 40 × 30 pixels, half of them red and half blue."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    for number in range(count):
        base = np.array([200, 40, 40] if number % 2 else [40, 40, 200])
        pixels = np.clip(base + rng.normal(0, 25, (30, 40, 3)), 0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"{'red' if number % 2 else 'blue'}-{number:03d}.png")
    return folder
