"""A sweep carried out: every variant of a training as a run of its own, in one folder; cut off, it goes on where it was.

    runs/photos-sweep-1/     sweep.json                              what was asked for, and which variants failed, and why
                             01-rate-0.001-1/ 02-rate-0.01-1/ …      the runs
                             sweep.html                              what they gave

The same call finds its folder again by what is in sweep.json.
"""

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from vitreous.core.presence import Presence
from vitreous.errors import ModelError, RunError, UsageError
from vitreous.fit.settings import TrainSettings
from vitreous.fit.variants import Sweep, Variant
from vitreous.metrics.classification import evaluate
from vitreous.metrics.several import evaluate_several
from vitreous.runs.contents import Contents, contents_of
from vitreous.runs.folder import RunFolder, open_run, runs_in
from vitreous.runs.writing import cleaned
from vitreous.storage.atomic import said_as_storage_error, write_atomically
from vitreous.storage.lock import lock_file, locked

SWEEP_JSON, SWEEP_HTML = "sweep.json", "sweep.html"
_STATE = "state/"


@dataclass(frozen=True)
class Score:
    """How a run answers pictures that it was not fitted to, never those of the test part: `name` accuracy or mAP, and the mean log loss."""

    name: str
    value: float
    interval: tuple[float, float] | None
    log_loss: float
    pictures: int


@dataclass(frozen=True)
class Outcome:
    """What a variant gave: a run with its contents and score, or why it failed."""

    variant: Variant
    run: RunFolder | None = None
    contents: Contents | None = None
    score: Score | None = None
    failed: str = ""

    @property
    def rank(self) -> tuple[Any, ...]:
        """Smaller is better: the score, of equals the log loss; what has none comes last."""
        return (0, -self.score.value, self.score.log_loss) if self.score else (1 + bool(self.failed),)


def carry_out(
    sweep: Sweep, data: Path, train: Callable[[TrainSettings], RunFolder], resume: Callable[[Path], RunFolder], say: Callable[[str], None]
) -> tuple[Path, list[Outcome]]:
    """The folder, and the outcomes, the best first. A variant whose training fails for itself (no number any more, settings that do not go
    together) is left behind; whatever fails otherwise ends the sweep. Raises RunError where it is at work elsewhere."""
    folder, document = _folder(sweep, data)
    variants = sweep.variants
    try:
        with locked(folder):
            for number, variant in enumerate(variants, 1):
                _carry_out(folder, document, variant, f"{number} of {len(variants)}", train, resume, say)
    except BaseException:
        if not runs_in(folder):
            _remove(folder)
        raise
    return folder, sorted((_outcome(folder, variant, document["failed"]) for variant in variants), key=lambda each: each.rank)


def _carry_out(
    folder: Path,
    document: dict[str, Any],
    variant: Variant,
    number: str,
    train: Callable[[TrainSettings], RunFolder],
    resume: Callable[[Path], RunFolder],
    say: Callable[[str], None],
) -> None:
    run = _run_of(folder, variant)
    if variant.name in document["failed"] or (run and run.finished):
        say(f"Variant {number}, {variant}: done before.")
        return
    say(f"Variant {number}: {variant}.")
    try:
        if run and any(file.startswith(_STATE) for file in run.document.files):
            resume(run.path)
        else:
            train(replace(variant.settings, runs=str(folder)))
    except (ModelError, UsageError) as error:
        say(f"Variant {number} failed: {error}")
        document["failed"][variant.name] = str(error)
        _write(folder, document)


def score_of(contents: Contents) -> Score | None:
    """On validation pictures, or out of fold; None for a run without such answers."""
    held = contents.held_out
    if held is None or not len(held.paths):
        return None
    number = {label: place for place, label in enumerate(held.classes)}
    if held.thresholds is None:
        known = [place for place, label in enumerate(held.labels) if label in number]
        if not known:
            return None
        one = evaluate(held.probability[known], np.array([number[held.labels[place]] for place in known]), list(held.classes))
        return Score("accuracy", one.accuracy, one.accuracy_interval, one.log_loss, one.num_images)
    target = np.zeros((len(held.paths), len(held.classes)))
    for row, text in enumerate(held.labels):
        presence = Presence.read(text)
        target[row, [number[label] for label in presence.present if label in number]] = 1
        target[row, [number[label] for label in presence.unknown if label in number]] = np.nan
    several = evaluate_several(held.probability, target, list(held.classes), held.thresholds)
    return Score("mAP", several.map, several.map_interval, several.log_loss, several.num_images) if several.map is not None else None


def _folder(sweep: Sweep, data: Path) -> tuple[Path, dict[str, Any]]:
    """That of the same sweep, if it was begun, else a new one; with its sweep.json."""
    runs, name = Path(sweep.settings.runs), cleaned(f"{sweep.settings.name or data.resolve().name}-sweep")
    asked = {"data": str(data.resolve()), **sweep.to_json()}
    with said_as_storage_error(runs):
        runs.mkdir(parents=True, exist_ok=True)
        there = sorted(path for path in runs.iterdir() if path.name.rpartition("-")[0] == name)
    for path in there:
        document = _read(path)
        if document is not None and {key: document.get(key) for key in asked} == json.loads(json.dumps(asked)):
            return path, document
    number = 1 + max((int(path.name.rpartition("-")[2]) for path in there if path.name.rpartition("-")[2].isdecimal()), default=0)
    path = runs / f"{name}-{number}"
    with said_as_storage_error(path):
        path.mkdir()
    document = {"format": 1, **asked, "failed": {}}
    _write(path, document)
    return path, document


def _read(folder: Path) -> dict[str, Any] | None:
    """sweep.json, or None where there is none that can be read."""
    try:
        document = json.loads((folder / SWEEP_JSON).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return document if isinstance(document, dict) and isinstance(document.get("failed"), dict) else None


def _write(folder: Path, document: Mapping[str, Any]) -> None:
    write_atomically(folder / SWEEP_JSON, (json.dumps(document, indent=1) + "\n").encode())


def _run_of(folder: Path, variant: Variant) -> RunFolder | None:
    """The variant's run: the finished one, else the last that holds a state. What was killed before its first state counts for nothing."""
    found: list[RunFolder] = []
    for path in runs_in(folder):
        with suppress(RunError):
            run = open_run(path)
            if run.settings.get("name") == variant.name:
                found.append(run)
    return next((run for run in found if run.finished), found[0] if found else None)


def _outcome(folder: Path, variant: Variant, failed: Mapping[str, str]) -> Outcome:
    run = _run_of(folder, variant)
    if variant.name in failed or run is None:
        return Outcome(variant, run, failed=failed.get(variant.name, "not trained"))
    contents = contents_of(run)
    return Outcome(variant, run, contents, score_of(contents))


def _remove(folder: Path) -> None:
    """A folder in which no training began, unless somebody else put something into it."""
    with suppress(OSError):
        (folder / SWEEP_JSON).unlink(missing_ok=True)
        lock_file(folder).unlink(missing_ok=True)
        folder.rmdir()
