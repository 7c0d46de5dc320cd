"""A training small enough to be run a hundred times: 37 grey pictures of 8×8 in three classes, that differ in where they are bright."""

from dataclasses import replace
from typing import Any

import numpy as np
import torch

from vitreous.fit.pictures import Pictures
from vitreous.training.bench import Bench, bench
from vitreous.training.pictures import Batches, standard_of
from vitreous.training.recipe import Recipe

SIDE, CLASSES, LEARNED, HELD = 16, 3, 37, 15
NAMES = [f"{number}.png" for number in range(LEARNED)]
RECIPE = Recipe(
    "mlp", 1, SIDE, CLASSES, 0, epochs=3, batch=12, rate=0.01, optimizer="adamw", momentum=None, decay=0.01, schedule="one-cycle",
    loss="cross-entropy", smoothing=0.0, class_weights="none", mixup=0.0, dropout=None, augment="none", clip=None, average=0.0, patience=9,
    device="cpu", threads=1,
)  # fmt: skip


def made_pictures(count: int = LEARNED + HELD, channels: int = 1, seed: int = 0) -> tuple[Pictures, Any]:
    rng = np.random.default_rng(seed)
    target = rng.integers(0, CLASSES, count)
    values = rng.integers(0, 120, (count, SIDE, SIDE, channels))
    for number, label in enumerate(target):
        values[number, :, 5 * label : 5 * label + 5] += 60
    return Pictures(values.astype(np.uint8), np.arange(count)), target


def made_bench(**changed: Any) -> Bench:
    recipe = replace(RECIPE, **changed)
    pictures, target = made_pictures(channels=recipe.channels)
    standard = standard_of(pictures[:LEARNED], recipe.channels)
    learned, held = (
        Batches(pictures[part], target[part], standard, torch.device(recipe.device), recipe.channels_last)
        for part in (slice(0, LEARNED), slice(LEARNED, None))
    )
    return bench(recipe, learned, held)


def never() -> bool:
    return False


def nothing() -> None:
    pass
