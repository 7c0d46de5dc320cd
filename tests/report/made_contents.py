"""Contents of runs that nobody trained: answers are drawn, pictures are small coloured squares, labels are whatever a test wants."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from vitreous.core.item import Split
from vitreous.core.view import View
from vitreous.data.decode import content_key
from vitreous.metrics.classification import evaluate
from vitreous.runs.contents import Contents
from vitreous.runs.tables import ItemRow, Predictions

LABELS = ("dress", "hat", "skirt")
# What a label may be: markup, Markdown, a formula, control codes, right-to-left, very long, equal up to case.
HOSTILE = (
    "<script>alert(1)</script>",
    "a|b](http://x.org) `c` **d**",
    "=1+1",
    "red\x1b[31m\nline",
    "שלום",
    "\u202eevil",
    "l" * 300,
    "Dress",
    "dress",
)


def made_contents(
    folder: Path, labels: Sequence[str] = LABELS, pictures: int = 60, seed: int = 0, sharpness: float = 1.5, name: str = "photos-1"
) -> Contents:
    """A run of so many test pictures and twice as many training pictures, its data in `folder` (made where it is not there)."""
    rng = np.random.default_rng(seed)
    truth = np.random.default_rng(77).integers(0, len(labels), pictures)  # the same test for every seed
    logits = rng.normal(size=(pictures, len(labels)))
    logits[np.arange(pictures), truth] += sharpness
    probability = np.exp(logits)
    probability = (probability / probability.sum(axis=1, keepdims=True)).astype(np.float32)
    rows = [_item(folder, f"test/{number:04}.png", labels[k], Split.TEST, number) for number, k in enumerate(truth.tolist())]
    rows += [ItemRow(f"train/{n:04}.png", f"{n:032x}", 40, 30, labels[n % len(labels)], Split.TRAIN) for n in range(2 * pictures)]
    predictions = Predictions([row.path for row in rows[:pictures]], [labels[k] for k in truth], list(labels), probability)
    metrics = evaluate(probability, truth, list(labels)).to_json() if pictures else {}
    metrics |= {"what": f"{pictures} test pictures", "left_out": [], "out_of_fold": {}, "remarks": []}
    settings = {"seed": 0, "minutes": None, "runs": "runs", "engine": "auto", "max_pixels": None, "tolerate_truncated": False}
    return Contents(name, made_facts(folder, labels, metrics), settings, rows, predictions)


def made_facts(folder: Path, labels: Sequence[str], metrics: dict[str, Any]) -> dict[str, Any]:
    view = View.crop(32).to_json()
    return {
        "task": "classify",
        "labels": list(labels),
        "data": {"folder": str(folder), "kind": "split folders", "pictures": 180, "split": {"train": 120, "test": 60}},
        "network": {"network": "small", "licence": "CC0-1.0", "source": "the tests"},
        "preprocessing": {"view": view},
        "number_format": "f32",
        "plan": {"seconds": 12.0, "why": ["Plan: one label out of 3."]},
        "views": [{"view": view, "loss": 0.5, "gain": 0.0, "error": 0.0}],
        "classifier": {"strength": 0.01, "temperature": 0.9, "chosen_on": "24 training pictures held out", "path": [[0.01, 0.5]]},
        "groups": {},
        "split": {"given": True, "remarks": ["No validation part is given."], "leaks": 0},
        "metrics": metrics,
        "seconds": 10.5,
        "versions": {"python": "3.11.0", "vitreous": "0.1.0"},
        "machine": {"processor": "a processor", "instructions": "AVX2", "cores": 2, "system": "Linux"},
        "data_fingerprint": "0123",
    }


def with_facts(contents: Contents, **facts: Any) -> Contents:
    """The same with other facts."""
    return replace(contents, facts=dict(contents.facts) | facts)


def _item(folder: Path, relative: str, label: str, part: Split, number: int) -> ItemRow:
    file = folder / relative
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (40, 30), (number % 256, (7 * number) % 256, 90)).save(file)
    return ItemRow(relative, content_key(file.read_bytes()).hex(), 40, 30, label, part)
