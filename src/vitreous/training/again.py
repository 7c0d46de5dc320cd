"""Trainings that were: going on with one that was interrupted, and doing one again.

resume    the same run, from where it stands, to the same bits as if nothing had happened
repeat    a new run with the recipe of an old one: the same work, whatever minutes and measuring led to it
again     a new run on data that were corrected since (`vitreous.fit.again`)
"""

from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from vitreous.core.text import visible
from vitreous.errors import RunError
from vitreous.fit.settings import TrainSettings
from vitreous.fit.unfinished import STATE
from vitreous.runs.folder import RunFolder, open_run, verify
from vitreous.storage.lock import holder
from vitreous.training.recipe import Recipe


def to_resume(path: Path) -> tuple[Path, TrainSettings, RunFolder]:
    """The data and the settings of an interrupted training, and its run.

    Raises RunError where it is finished, at work elsewhere, damaged, or left nothing to go on from.
    """
    run = open_run(path)
    name = visible(str(run.path))
    if run.finished:
        raise RunError(f"cannot go on with {name}", "it is finished", remedy=f"for a new run: vitreous train --repeat {name}")
    if at_work := holder(run.path):
        raise RunError(f"cannot go on with {name}", f"its training goes on ({at_work})", remedy=f"follow it: vitreous watch {name}")
    verify(run)
    if not any(file.startswith(STATE) for file in run.document.files):
        raise RunError(f"cannot go on with {name}", "it was stopped by an error, and holds its best model only", remedy="train again")
    return data_of(run), settings_of(run), run


def to_repeat(path: Path) -> tuple[Path, TrainSettings, Recipe | None, list[Any], list[str]]:
    """The data, the settings and the recipe of a run, the phases of its tuning, and what may make the bits differ. The recipe is None for what was
    not trained from scratch with torch, and there are no phases where nothing was tuned. Raises RunError where there is no run."""
    run = open_run(path)
    classifier = run.facts.get("classifier") or {}
    found, phases = classifier.get("recipe"), classifier.get("phases") or []
    remarks = []
    if found is None and not phases and settings_of(run).minutes:
        remarks.append("This run was not trained by epochs: where the minutes ended it, another machine or another load end it elsewhere.")
    settings = settings_of(run)
    return data_of(run), replace(settings, minutes=None) if found else settings, Recipe.from_json(found) if found else None, phases, remarks


def finished(path: Path) -> RunFolder:
    """A run whose training has ended. Raises RunError where it has not."""
    run = open_run(path)
    name = visible(str(run.path))
    if not run.finished:
        remedy = f"go on with it first: vitreous train --resume {name}"
        raise RunError(f"cannot begin again with {name}", "its training is not finished", remedy=remedy)
    return run


def data_of(run: RunFolder) -> Path:
    """The folder or the table that a run was trained on. Raises RunError where it is gone."""
    data = run.facts["data"]
    place = Path(str(data["folder"]))
    if data.get("table"):
        place = place / str(data["table"])
    if not place.exists():
        raise RunError(f"the data of {visible(str(run.path))} are gone", visible(str(place)), remedy="restore them there")
    return place


def settings_of(run: RunFolder) -> TrainSettings:
    known = {field.name for field in fields(TrainSettings)}
    values: dict[str, Any] = {key: value for key, value in run.settings.items() if key in known}
    return TrainSettings(**values)
