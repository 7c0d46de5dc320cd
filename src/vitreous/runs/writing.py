"""A run while it is trained: made at once and marked unfinished, given better and better states, finished once.

    with create(Path("runs"), "photos", settings) as run:      # runs/photos-1, locked, "unfinished"
        run.write_state({"model.onnx": …, "items.csv": …}, facts)  # as often as there is something better
        run.finish()                                           # from now on nothing changes it

A training that ends by an error before its first state leaves no folder; one that is killed leaves its best state.
"""

import os
import re
import unicodedata
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from vitreous.core.text import visible
from vitreous.errors import RunError
from vitreous.runs.document import RUN_JSON, Document
from vitreous.runs.folder import RunFolder, open_run
from vitreous.runs.next_state import replace_state
from vitreous.storage.atomic import said_as_storage_error, sync_folder, write_atomically
from vitreous.storage.lock import Holder, lock_file, locked

_NAME_BYTES = 100  # of 255, so that N and a backup's ".tar.gz.part" still fit
_HEAD = re.compile(r"(.*)-([0-9]{1,9})", re.DOTALL)


class RunWriter:
    """The one process that may change a run. It holds the run's lock until `close` or the end of the `with` block."""

    def __init__(self, path: Path, document: Document, lock: ExitStack) -> None:
        self.path = path
        self._document = document
        self._lock = lock

    @property
    def settings(self) -> dict[str, Any]:
        return self._document.settings

    @property
    def since(self) -> str:
        """When it was begun, as ISO 8601."""
        return self._document.process.since

    @property
    def present(self) -> RunFolder | None:
        """The state that there is; None before the first."""
        return RunFolder(self.path, self._document) if self._document.files else None

    def write_state(self, files: Mapping[str, bytes | Path], facts: Mapping[str, Any]) -> RunFolder:
        """Replace the whole state: these files (a Path is copied) and no others, and what there is to know of them.

        A kill at any moment leaves either the old state or this one.

        Raises:
            StorageError: it could not be written; the old state stands.
            RunError: the run is finished, or a name leads out of the folder.
        """
        self._check_unfinished()
        if not files:
            raise RunError(f"cannot write a state of {visible(str(self.path))}", "no file", "at least the model")
        self._document = replace_state(self.path, files, replace(self._document, facts=dict(facts)))
        return RunFolder(self.path, self._document)

    def finish(self) -> RunFolder:
        """Mark the state as final. Raises RunError where there is none, or when it is final already."""
        self._check_unfinished()
        if not self._document.files:
            raise RunError(f"cannot finish {visible(str(self.path))}", "it has no state yet")
        document = replace(self._document, status="finished")
        write_atomically(self.path / RUN_JSON, document.to_bytes())
        self._document = document
        return RunFolder(self.path, document)

    def close(self) -> None:
        """Give the lock back."""
        self._lock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            if error is not None and not self._document.files:
                self._remove()
        finally:
            self.close()

    def _remove(self) -> None:
        """The folder, unless somebody else put something into it: rmdir takes only an empty one."""
        with suppress(OSError):
            (self.path / RUN_JSON).unlink(missing_ok=True)
        self.close()  # Windows removes no open file
        with suppress(OSError):
            lock_file(self.path).unlink(missing_ok=True)
            self.path.rmdir()

    def _check_unfinished(self) -> None:
        if self._document.status == "finished":
            raise RunError(f"{visible(str(self.path))} is finished", needed="a run of its own for another training")


def create(parent: Path, name: str, settings: Mapping[str, Any]) -> RunWriter:
    """Make `parent/NAME-N`, N one more than the highest there is, lock it and mark it unfinished.

    `name` may be any file name; what is no letter, digit, dot or underscore in it becomes a hyphen.

    Raises:
        StorageError: the folder cannot be made.
    """
    with said_as_storage_error(parent):
        parent.mkdir(parents=True, exist_ok=True)
        path = _new_folder(parent, cleaned(name))
    with ExitStack() as stack:
        stack.enter_context(locked(path))
        writer = RunWriter(path, Document("unfinished", Holder.this(), dict(settings)), stack)
        try:
            write_atomically(path / RUN_JSON, writer._document.to_bytes())
            with said_as_storage_error(parent):
                sync_folder(parent)
        except BaseException as error:
            writer.__exit__(type(error), error, None)
            raise
        writer._lock = stack.pop_all()
    return writer


def reopen(path: Path) -> RunWriter:
    """Go on with an unfinished run that has a state. Raises RunError where it is finished, in use, or no run."""
    run = open_run(path)
    with ExitStack() as stack:
        stack.enter_context(locked(run.path))
        run = open_run(run.path)  # again, now that nobody else can change it
        if run.finished:
            raise RunError(f"cannot go on with {visible(str(run.path))}", "it is finished", remedy="train again for a new run")
        return RunWriter(run.path, run.document, stack.pop_all())


def cleaned(name: str) -> str:
    """A folder name that needs no quoting and works on every system.

    >>> cleaned("my photos"), cleaned("--help"), cleaned("Blätter_v1.2"), cleaned("\\U0001f431")
    ('my-photos', 'help', 'Blätter_v1.2', 'run')
    """
    # letters of any script, with the marks that belong to them, and numbers
    kept = "".join(each if unicodedata.category(each)[0] in "LMN" or each in "._" else "-" for each in unicodedata.normalize("NFC", name))
    while len(kept.encode()) > _NAME_BYTES:
        kept = kept[:-1]
    return re.sub("-{2,}", "-", kept).strip("-.") or "run"


def _new_folder(parent: Path, name: str) -> Path:
    number = 1 + max((int(found[2]) for each in os.listdir(parent) if (found := _HEAD.fullmatch(each)) and found[1] == name), default=0)
    while True:
        path = parent / f"{name}-{number}"
        try:
            path.mkdir()
        except FileExistsError:  # another training was faster, or the file system takes "A" for "a"
            number += 1
        else:
            return path
