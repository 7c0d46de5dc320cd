"""Following a training from elsewhere: its epochs as they are over, by the journal in its run folder."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from vitreous.runs.contents import HISTORY, JOURNAL
from vitreous.runs.document import RUN_JSON
from vitreous.runs.folder import open_run
from vitreous.storage.lock import holder

_PAUSE = 1.0  # seconds between two looks


def follow(path: Path, wait: Callable[[float], None] = time.sleep) -> Iterator[dict[str, Any]]:
    """What was recorded of each epoch, those that are over at first; ends when the training does, or where nobody is at work on it.

    Raises RunError where there is no run.
    """
    if not (path / RUN_JSON).is_file():
        open_run(path)  # says what is there instead
    told = 0
    while True:
        at_work = holder(path) is not None  # asked first: whatever is written until then is read
        for entry in _entries(path):
            if entry.get("epoch", 0) > told:
                told = entry["epoch"]
                yield entry
        if not at_work:
            return
        wait(_PAUSE)


def _entries(path: Path) -> list[dict[str, Any]]:
    """Of the journal while there is one, then of the history; a line that is being written does not count."""
    for name in (JOURNAL, HISTORY):
        try:
            text = (path / name).read_text("utf-8")
        except OSError:
            continue
        return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]
    return []
