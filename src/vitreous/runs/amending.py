"""A finished run gets files for people, or a decision, added: the weights, tables and figures of its training stay as they are."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from vitreous.core.text import visible
from vitreous.errors import RunError
from vitreous.runs.folder import RunFolder, open_run, verify
from vitreous.runs.next_state import replace_state
from vitreous.storage.lock import locked


def amend(run: RunFolder, files: Mapping[str, bytes], facts: Mapping[str, Any]) -> RunFolder:
    """The run with these files added or replaced and these facts; every other file is kept as it was written. A kill leaves the old or the new state.

    Raises:
        RunError: the run is unfinished, in use, or was changed since it was opened.
        StorageError: it could not be written; the old state stands.
    """
    with locked(run.path):
        present = open_run(run.path)
        if not present.finished:
            raise RunError(f"cannot add to {visible(str(run.path))}", "its training is not finished", remedy="wait for its end, or train again")
        if present.document != run.document:
            raise RunError(f"{visible(str(run.path))} was changed since it was opened", remedy="open it again")
        verify(present, may_be_missing=files)
        kept: dict[str, bytes | Path] = {name: run.path / name for name in present.document.files if name not in files}
        document = replace_state(run.path, kept | dict(files), replace(present.document, facts=dict(facts)))
    return RunFolder(run.path, document)
