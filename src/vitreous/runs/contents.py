"""What a run tells of itself, read into memory: what reports, cards and comparisons are made of."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vitreous.core.text import visible
from vitreous.errors import RunError
from vitreous.runs.folder import RunFolder
from vitreous.runs.tables import ITEMS_CSV, PREDICTIONS_CSV, ItemRow, Predictions, items_from_csv, predictions_from_csv
from vitreous.runs.tensorboard import write_events

HELD_OUT_CSV = "held_out.csv"
HISTORY = "history.jsonl"
STEPS = "steps.jsonl"
PATH = "path.safetensors"  # the weights behind every epoch
INSIDE = "inside.json"
JOURNAL = "journal.jsonl"  # while a training runs, for whoever watches it; not part of the state


@dataclass(frozen=True)
class Contents:
    """`facts` and `settings` are those of run.json; `predictions` the answers on the test part; `held_out` those on pictures that the
    model was not fitted to (validation, or out of fold), None for a run of an older version;
    `history` one entry an epoch, where there were epochs; `inside` the bytes of inside.json, where it was made."""

    name: str
    facts: Mapping[str, Any]
    settings: Mapping[str, Any]
    items: list[ItemRow]
    predictions: Predictions
    held_out: Predictions | None = None
    history: list[dict[str, Any]] = field(default_factory=list)
    inside: bytes | None = None


# Makes files for people from a run's contents, by name.
Documents = Callable[[Contents], dict[str, bytes]]


def no_documents(contents: Contents) -> dict[str, bytes]:
    """Makes none."""
    return {}


def contents_of(run: RunFolder) -> Contents:
    """Read from the run folder, verified. Raises RunError where a file is missing or changed."""
    thresholds = run.facts.get("thresholds")
    held_out = predictions_from_csv(run.read(HELD_OUT_CSV), thresholds) if HELD_OUT_CSV in run.document.files else None
    items, predictions = items_from_csv(run.read(ITEMS_CSV)), predictions_from_csv(run.read(PREDICTIONS_CSV), thresholds)
    history = [json.loads(line) for line in run.read(HISTORY).splitlines()] if HISTORY in run.document.files else []
    inside = run.read(INSIDE) if INSIDE in run.document.files else None
    return Contents(run.path.name, run.facts, run.settings, items, predictions, held_out, history, inside)


def events_of(run: RunFolder) -> Path:
    """Write what is recorded of the epochs and steps of a run for TensorBoard, and return the file's folder. Raises RunError where nothing is."""
    files = run.document.files
    history, steps = ([json.loads(line) for line in run.read(name).splitlines()] if name in files else [] for name in (HISTORY, STEPS))
    if not history:
        raise RunError(f"there is nothing of {visible(str(run.path))} for TensorBoard", "it was not trained by epochs")
    return write_events(run.path, run.document.process.since, history, steps).parent
