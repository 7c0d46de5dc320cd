"""What a training leaves: the files of a run and the facts in its run.json."""

import json
import os
import platform
from dataclasses import asdict, dataclass
from hashlib import blake2b
from importlib.metadata import version
from typing import Any

import numpy as np

from vitreous.core.item import Source
from vitreous.data.split import Division
from vitreous.fit.features import Gathered
from vitreous.fit.plan import Plan
from vitreous.fit.softmax import Floats
from vitreous.fit.testing import Fitted
from vitreous.fit.views import ViewChoice
from vitreous.infer.engine import Setting
from vitreous.infer.machine import this_machine
from vitreous.infer.network import Network
from vitreous.runs.contents import Contents, Documents
from vitreous.runs.folder import RunFolder
from vitreous.runs.tables import ItemRow, Predictions, items_to_csv, predictions_to_csv
from vitreous.runs.use_script import use_script
from vitreous.runs.writing import RunWriter
from vitreous.tasks.classify.evaluate import Evaluation

_PACKAGES = ("vitreous", "numpy", "scipy", "pillow", "openvino", "onnx")


@dataclass(frozen=True)
class Trained:
    """Everything that a training found out. `kept`: the numbers of the readable items, which `division` is about."""

    source: Source
    plan: Plan
    choice: ViewChoice
    engine: Setting
    gathered: Gathered
    kept: list[int]
    division: Division
    fitted: Fitted
    evaluation: Evaluation
    probability: Floats
    model: Network


def save(writer: RunWriter, trained: Trained, seconds: float, documents: Documents) -> RunFolder:
    """Write the run's files and mark it finished; `documents` makes those for people."""
    rows, predictions = _item_rows(trained), _predictions(trained)
    items = items_to_csv(rows)
    facts = _facts(trained, seconds) | {"data_fingerprint": blake2b(items, digest_size=16).hexdigest()}
    files = {
        "model.onnx": trained.model.data,
        "items.csv": items,
        "predictions.csv": predictions_to_csv(predictions),
        "use.py": use_script(trained.choice.view).encode(),
    }
    if history := trained.fitted.classifier.history():
        files["history.jsonl"] = "".join(json.dumps(epoch) + "\n" for epoch in history).encode()
    files |= documents(Contents(writer.path.name, facts, writer.settings, rows, predictions))
    writer.write_state(files, facts)
    return writer.finish()


def _facts(trained: Trained, seconds: float) -> dict[str, Any]:
    counts = {str(part): trained.division.split.count(part) for part in dict.fromkeys(trained.division.split)}
    return {
        "task": "classify",
        "labels": trained.source.labels,
        "data": {"folder": os.path.abspath(trained.source.root), "kind": trained.source.kind, "pictures": len(trained.kept), "split": counts},
        "network": {key: trained.model.facts[key] for key in ("network", "licence", "source", "input") if key in trained.model.facts},
        "preprocessing": {"view": trained.choice.view.to_json(), "normalization": "inside model.onnx"},
        "number_format": trained.engine.number_format,
        "plan": trained.plan.to_json(),
        "views": [asdict(trial) for trial in trained.choice.trials],
        "classifier": trained.fitted.classifier.to_json(),
        "groups": _shared_groups(trained),
        "split": {"given": trained.division.given, "remarks": trained.division.remarks, "leaks": len(trained.division.leaks)},
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
    """The group of each test picture that shares it with another one: what makes intervals wider."""
    fitted = trained.fitted
    places, groups = fitted.order[fitted.test], fitted.group[fitted.test]
    shared = np.isin(groups, np.flatnonzero(np.bincount(groups) > 1))
    return {trained.source.items[trained.kept[place]].relative: int(group) for place, group in zip(places[shared], groups[shared], strict=True)}


def _item_rows(trained: Trained) -> list[ItemRow]:
    rows = []
    for place, number in enumerate(trained.kept):
        item, facts = trained.source.items[number], trained.gathered.facts[number]
        key, split = trained.gathered.keys[number].hex(), trained.division.split[place]
        rows.append(ItemRow(item.relative, key, int(facts["width"]), int(facts["height"]), item.label, split))
    left_out = [*trained.gathered.errors.values(), *trained.source.left_out]
    labels = {trained.source.items[number].relative: trained.source.items[number].label for number in trained.gathered.errors}
    return rows + [ItemRow(each.relative, label=labels.get(each.relative, ""), left_out=each.reason) for each in left_out]


def _predictions(trained: Trained) -> Predictions:
    fitted = trained.fitted
    places = fitted.order[fitted.test][: len(trained.probability)]
    items = [trained.source.items[trained.kept[place]] for place in places]
    return Predictions([item.relative for item in items], [item.label for item in items], fitted.labels, trained.probability)
