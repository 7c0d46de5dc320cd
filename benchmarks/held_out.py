"""Answers on the clothing photos by models that did not see them, for the benchmarks that need many such answers.

Everything is trained by `vitreous train`; with one cache folder the photos are decoded, and sent through the network, only once.
"""

import csv
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
from harness import VITREOUS, environment, run
from numpy.typing import NDArray

from vitreous.runs.tables import PREDICTIONS_CSV, predictions_from_csv

FOLDS = 5


@dataclass(frozen=True)
class Answers:
    """The test pictures of a run: probability [N, K], class numbers [N], and what the run says of its head."""

    probability: NDArray[np.float64]
    target: NDArray[np.intp]
    labels: list[str]
    head: dict[str, Any]


def train(data: Path, work: Path, seed: int = 0) -> Answers:
    """Train on `data`; `work` holds the runs and the cache."""
    command = [*VITREOUS, "train", data, "--tune", "none", "--json", "--seed", str(seed), "--runs", work / "runs"]
    ran = run(command, environment(work / "cache"))
    if ran.code != 0:
        sys.exit(f"training on {data.name} ended with {ran.code}:\n{ran.errors[-3000:]}")
    folder = Path(ran.json()["run"])
    found = predictions_from_csv((folder / PREDICTIONS_CSV).read_bytes())
    number = {label: index for index, label in enumerate(found.classes)}
    target = np.array([number[label] for label in found.labels])
    head = json.loads((folder / "run.json").read_text(encoding="utf-8"))["facts"]["classifier"]
    return Answers(found.probability.astype(np.float64), target, list(found.classes), head)


def pooled(clothing: Path, work: Path, most: int | None = None) -> Path:
    """A folder without a split that holds all photos, as links; `most`: so many of each class and part only."""
    folder = work / "pooled"
    for part in ("train", "test"):
        for of_class in sorted((clothing / part).iterdir()):
            (folder / of_class.name).mkdir(parents=True, exist_ok=True)
            for photo in sorted(of_class.iterdir())[:most]:
                link = folder / of_class.name / f"{part}-{photo.name}"
                if not link.exists():
                    link.symlink_to(photo.resolve())
    return folder


def out_of_fold(folder: Path, work: Path) -> Answers:
    """Every picture of a pooled folder, answered by the one of five models that was trained without its fold."""
    parts = [train(table, work) for table in tables(folder)]
    first = parts[0]
    return Answers(np.concatenate([part.probability for part in parts]), np.concatenate([part.target for part in parts]), first.labels, first.head)


def tables(folder: Path) -> Iterator[Path]:
    """A table for each fold, in which its pictures are the test part; beside the pictures, so that all share one pack."""
    photos = sorted(folder.glob("*/*.jpg"), key=lambda photo: (photo.parent.name, blake2b(photo.name.encode()).digest()))
    for fold in range(FOLDS):
        table = folder / f"fold-{fold}.csv"
        with table.open("w", newline="", encoding="utf-8") as file:
            write = csv.writer(file).writerow
            write(["image", "label", "split"])
            for number, photo in enumerate(photos):
                write([photo.relative_to(folder), photo.parent.name, "test" if number % FOLDS == fold else "train"])
        yield table
