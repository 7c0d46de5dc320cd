"""A training that takes long, seen from the run folder: states on the way, each with a model that answers, and where to go on from.

state/…          what the learner needs to go on, to the same bits (its own files)
model.onnx …     the best so far, tested on pictures held out of training
journal.jsonl    a line an epoch, for whoever watches; the finished run has history.jsonl in its place
"""

import json
import shlex
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from vitreous.core.reporter import Curves, Reporter
from vitreous.core.text import visible
from vitreous.errors import DataError, RunError, StorageError, UsageError
from vitreous.fit.classifier import Classifier, Work
from vitreous.fit.saving import Trained, state_of
from vitreous.runs.contents import JOURNAL
from vitreous.runs.folder import RunFolder
from vitreous.runs.tables import ITEMS_CSV, ItemRow, items_from_csv
from vitreous.runs.tensorboard import write_events
from vitreous.runs.writing import RunWriter

STATE = "state/"


def work(
    writer: RunWriter, reporter: Reporter, names: Sequence[str], labels: Sequence[str], trained: Callable[[Classifier], Trained], begun: float
) -> Work:
    """What a long learner is given; `trained` makes the whole of a run from a classifier that is not the last one; `begun`: see `Work`."""
    present = writer.present
    state = {name: present.read(name) for name in present.document.files if name.startswith(STATE)} if present else {}
    last: list[tuple[Classifier, dict[str, bytes], dict[str, Any]]] = []

    def keep(classifier: Classifier, files: Mapping[str, bytes]) -> bool:
        if not last or last[0][0] is not classifier:
            made, facts, _ = state_of(writer, trained(classifier), time.perf_counter() - begun)
            last[:] = [(classifier, made, facts)]
        try:
            writer.write_state(last[0][1] | dict(files), last[0][2])
        except StorageError as error:
            reporter.say(f"The state could not be stored: {error}. The training goes on; the last state that was stored stands.")
            return False
        return True

    def epoch(line: str, history: Sequence[Mapping[str, Any]]) -> None:
        if isinstance(reporter, Curves):
            reporter.epoch(line, history)
        else:
            reporter.say(line)
        try:
            with (writer.path / JOURNAL).open("a", encoding="utf-8") as journal:
                journal.write(json.dumps({**history[-1], "line": line}) + "\n")
            if writer.settings.get("tensorboard"):
                write_events(writer.path, writer.since, history)
        except (OSError, StorageError):
            pass  # it is only watched

    return Work(reporter.say, names, labels, keep, epoch, writer.path, state, begun)


@contextmanager
def noted(writer: RunWriter) -> Iterator[None]:
    """What ends a training early is told, as a note of the error, how it goes on, where there is a state to go on from."""
    try:
        yield
    except (RunError, DataError, UsageError):
        raise  # it would not go on
    except (Exception, KeyboardInterrupt, SystemExit) as error:
        if writer.present and any(name.startswith(STATE) for name in writer.present.document.files):
            error.add_note(f"to go on with it: vitreous train --resume {shlex.quote(visible(str(writer.path)))}")
        raise


def require_same_data(run: RunFolder, items: bytes) -> None:
    """Raises RunError that names the first picture that is not what it was when the run was begun."""
    if run.read(ITEMS_CSV) == items:
        return
    before, now = ({row.path: row for row in items_from_csv(each)} for each in (run.read(ITEMS_CSV), items))
    raise RunError(
        f"cannot go on with {visible(str(run.path))}: its data changed", _difference(before, now), remedy="restore the pictures, or train again"
    )


def _difference(before: Mapping[str, ItemRow], now: Mapping[str, ItemRow]) -> str:
    for path in before.keys() | now.keys():
        if path not in now:
            return f"{visible(path)} is gone"
        if path not in before:
            return f"{visible(path)} is new"
    for path, row in before.items():
        other = now[path]
        for what, old, new in (("content", row.key, other.key), ("class", row.label, other.label), ("part", str(row.split), str(other.split))):
            if old != new:
                return f"{visible(path)} has another {what}"
    return "pictures in another order"
