"""What a training leaves: the files of a run and the facts in its run.json."""

import json
import os
import platform
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cached_property
from hashlib import blake2b
from importlib.metadata import version
from typing import Any

import numpy as np

from vitreous.core.item import Item, Source
from vitreous.core.text import plural
from vitreous.fit.again import Changes
from vitreous.fit.classifier import HeldOut, LeavesFiles
from vitreous.fit.corrections import CORRECTIONS_CSV, Correction, corrections_to_csv
from vitreous.fit.head import Floats, Ints
from vitreous.fit.improving import Forecast
from vitreous.fit.plan import Plan
from vitreous.fit.ready import Ready
from vitreous.fit.selecting import Selection
from vitreous.fit.testing import Fitted
from vitreous.infer.machine import this_machine
from vitreous.infer.network import Network
from vitreous.runs.contents import HELD_OUT_CSV, HISTORY, JOURNAL, Contents, Documents
from vitreous.runs.folder import RunFolder
from vitreous.runs.tables import ItemRow, Predictions, items_to_csv, predictions_to_csv
from vitreous.runs.use_script import use_script, use_script_for_several
from vitreous.runs.writing import RunWriter
from vitreous.tasks.task import Evaluation

_PACKAGES = ("vitreous", "numpy", "scipy", "pillow", "openvino", "onnx")


@dataclass(frozen=True)
class Trained:
    """Everything that a training found out."""

    source: Source
    plan: Plan
    ready: Ready
    fitted: Fitted
    evaluation: Evaluation
    probability: Floats
    model: Network
    changes: Changes | None = None
    forecast: Forecast | None = None
    selection: Selection | None = None
    corrections: Sequence[Correction] = ()

    @cached_property
    def held_out(self) -> HeldOut:
        return self.fitted.held_out()


def save(writer: RunWriter, trained: Trained, seconds: float, documents: Documents) -> RunFolder:
    """Write the run's files and mark it finished; `documents` makes those for people."""
    files, facts, contents = state_of(writer, trained, seconds)
    files |= trained.fitted.classifier.files() if isinstance(trained.fitted.classifier, LeavesFiles) else {}
    files |= documents(contents)
    writer.write_state(files, facts)
    (writer.path / JOURNAL).unlink(missing_ok=True)
    with suppress(OSError):
        (writer.path / "state").rmdir()  # what was in it went with the last state
    return writer.finish()


def state_of(writer: RunWriter, trained: Trained, seconds: float) -> tuple[dict[str, bytes], dict[str, Any], Contents]:
    """The run's files but those for people, the facts in its run.json, and what people are told of it."""
    rows, predictions, held_out = item_rows(trained.source, trained.ready), _predictions(trained), _held_out(trained)
    items = items_to_csv(rows)
    facts = _facts(trained, seconds) | {"data_fingerprint": blake2b(items, digest_size=16).hexdigest()}
    script = use_script if trained.fitted.thresholds is None else use_script_for_several
    files = {
        "model.onnx": trained.model.data,
        "items.csv": items,
        "predictions.csv": predictions_to_csv(predictions),
        HELD_OUT_CSV: predictions_to_csv(held_out),
        "use.py": script(trained.ready.choice.view).encode(),
    }
    if trained.corrections:
        files[CORRECTIONS_CSV] = corrections_to_csv(trained.corrections)
    if history := trained.fitted.classifier.history():
        files[HISTORY] = "".join(json.dumps(epoch) + "\n" for epoch in history).encode()
    return files, facts, Contents(writer.path.name, facts, writer.settings, rows, predictions, held_out, history)


def _facts(trained: Trained, seconds: float) -> dict[str, Any]:
    ready = trained.ready
    counts = {str(part): ready.division.split.count(part) for part in dict.fromkeys(ready.division.split)}
    return {
        **trained.fitted.facts(),
        "labels": trained.source.labels,
        "data": {
            "folder": os.path.abspath(trained.source.root),
            "kind": trained.source.kind,
            "table": trained.source.table,
            "pictures": len(ready.kept),
            "split": counts,
        },
        "network": {key: trained.model.facts[key] for key in ("network", "licence", "source", "input") if key in trained.model.facts},
        "preprocessing": {"view": ready.choice.view.to_json(), "normalization": "inside model.onnx"},
        "number_format": ready.engine.number_format,
        "plan": trained.plan.to_json(),
        "views": [asdict(trial) for trial in ready.choice.trials],
        "classifier": trained.fitted.classifier.to_json() | ({"thresholds_for": str(trained.fitted.goal)} if trained.fitted.goal else {}),
        "groups": _shared_groups(trained),
        "held_out": {"pictures": len(trained.held_out.rows), "what": _about_held_out(trained)},
        "split": {"given": ready.division.given, "remarks": ready.division.remarks, "leaks": len(ready.division.leaks)},
        **({"again": trained.changes.to_json()} if trained.changes else {}),
        **({"selection": trained.selection.to_json()} if trained.selection else {}),
        **({"forecast": asdict(trained.forecast)} if trained.forecast else {}),
        "metrics": trained.evaluation.to_json(),
        "seconds": round(seconds, 2),
        "versions": {"python": platform.python_version()} | {name: version(name) for name in _PACKAGES},
        "machine": {
            "processor": this_machine().name,
            "instructions": this_machine().instructions,
            "cores": this_machine().cores,
            "system": platform.system(),
        },
    }


def _shared_groups(trained: Trained) -> dict[str, int]:
    """The group of each test picture, and of each held-out one, that shares it with another of these: what makes intervals wider."""
    fitted = trained.fitted
    return _shared(trained, np.arange(len(fitted.order))[fitted.test]) | _shared(trained, trained.held_out.rows)


def _shared(trained: Trained, rows: Ints) -> dict[str, int]:
    groups = trained.fitted.group[rows]
    shared = np.isin(groups, np.flatnonzero(np.bincount(groups) > 1))
    return {item.relative: int(group) for item, group in zip(_items(trained, rows[shared]), groups[shared], strict=True)}


def _about_held_out(trained: Trained) -> str:
    """In words, which pictures these are."""
    train, rows = trained.fitted.train, trained.held_out.rows
    counts = ((int((rows < train).sum()), "training picture"), (int((rows >= train).sum()), "validation picture"))
    said = " and ".join(plural(count, what) for count, what in counts if count)
    return f"{said}, each answered by a classifier that was not fitted to it" if said else "no picture"


def item_rows(source: Source, ready: Ready) -> list[ItemRow]:
    """Every picture with its part, then those that were left out."""
    rows, gathered = [], ready.gathered
    for number, part in zip(ready.kept, ready.division.split, strict=True):
        item, facts = source.items[number], gathered.facts[number]
        rows.append(ItemRow(item.relative, gathered.keys[number].hex(), int(facts["width"]), int(facts["height"]), item.label, part))
    left_out = [*gathered.errors.values(), *source.left_out]
    labels = {source.items[number].relative: source.items[number].label for number in gathered.errors}
    return rows + [ItemRow(each.relative, label=labels.get(each.relative, ""), left_out=each.reason) for each in left_out]


def _predictions(trained: Trained) -> Predictions:
    fitted = trained.fitted
    rows = np.arange(len(fitted.order))[fitted.test][: len(trained.probability)]
    return _answers(trained, rows, trained.probability)


def _held_out(trained: Trained) -> Predictions:
    known = trained.held_out
    return _answers(trained, known.rows, known.probability)


def _answers(trained: Trained, rows: Ints, probability: Floats) -> Predictions:
    items = _items(trained, rows)
    classes = trained.fitted.labels
    names, labels = [item.relative for item in items], [item.label for item in items]
    return Predictions(names, labels, classes, probability.reshape(-1, len(classes)), trained.fitted.thresholds)


def _items(trained: Trained, rows: Ints) -> list[Item]:
    items = trained.ready.items(trained.source)
    return [items[row] for row in rows]
