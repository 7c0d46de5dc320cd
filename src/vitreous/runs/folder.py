"""A run folder, opened and verified; and for every path that is none, the sentence that says what is there instead.

    NAME-N/     run.json · model.onnx · items.csv · predictions.csv · use.py · …   the state, all named in run.json
                .lock                                                              who is working on it
                next/                                                              the next state, not complete yet

Files that the user puts beside these are left alone.
"""

import os
import stat
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from vitreous.core.text import plural, visible
from vitreous.errors import RunError, StorageError, nearest
from vitreous.runs.document import NEXT, RUN_JSON, Document
from vitreous.runs.next_state import settle, sha256_of
from vitreous.storage.atomic import PARTIAL
from vitreous.storage.lock import LOCK, holder, locked

MODEL = "model.onnx"
_RESTORE = "restore it from a copy or train again"
# What `vitreous report` makes from the other files.
_DOCUMENTS = {"report.html", "MODEL_CARD.md"}
_PICTURES = {".jpg", ".jpeg", ".png", ".gif", ".bmp", ".webp", ".tif", ".tiff", ".ppm", ".heic", ".avif", ".jp2"}
_LOOKED_AT = 2000  # entries of a folder that are looked at to say what it holds
_OFFERED = 3


@dataclass(frozen=True, slots=True)
class RunFolder:
    """A run that holds a whole state: its folder, and what run.json says."""

    path: Path
    document: Document

    @property
    def settings(self) -> dict[str, Any]:
        return self.document.settings

    @property
    def facts(self) -> dict[str, Any]:
        """What the training stored: task, labels, metrics, versions and so on."""
        return self.document.facts

    @property
    def finished(self) -> bool:
        """False while the training goes on, and after one that was stopped: the state is its best so far."""
        return self.document.status == "finished"

    @property
    def remark(self) -> str:
        """What the user should know before relying on the run: a sentence, or nothing for a finished one."""
        if self.finished:
            return ""
        name = visible(self.path.name)
        if at_work := holder(self.path):
            return f"{name} is still in training ({at_work}); this is its best state so far"
        return f"the training of {name} was stopped before its end (begun {self.document.process.since}); this is its best state"

    def file(self, name: str) -> Path:
        """The path of a file of the run, not verified. Raises RunError where run.json names no such file."""
        if name not in self.document.files:
            raise RunError(f"{visible(str(self.path))} has no {visible(name)}", remedy=nearest(name, self.document.files))
        return self.path / name

    def read(self, name: str) -> bytes:
        """The bytes of a file of the run, verified. Raises RunError where it is missing or changed."""
        path = self.file(name)
        try:
            with _readable(path):
                data = path.read_bytes() if path.is_file() else None
        except FileNotFoundError:
            data = None
        if data is None or sha256(data).hexdigest() != self.document.files[name]:
            raise self._damaged([name] if data is None else [], [] if data is None else [name])
        return data

    def _damaged(self, missing: list[str], changed: list[str]) -> RunError:
        found = [f"{word}: {', '.join(map(visible, names))}" for word, names in (("changed", changed), ("missing", missing)) if names]
        at_work = holder(self.path)
        if at_work and not at_work.is_this():  # who amends the run holds its lock, and finds it damaged
            return RunError(f"{visible(str(self.path))} is being written by {at_work}", "; ".join(found), remedy="try again in a moment")
        again = f"vitreous report {visible(str(self.path))} writes it again"
        remedy = again if not changed and _DOCUMENTS.issuperset(missing) else _RESTORE
        return RunError(f"{visible(str(self.path))} is not as it was written", "; ".join(found), remedy=remedy)


def open_run(path: str | Path) -> RunFolder:
    """Open a run by its folder or by the model.onnx in it. What a killed training left in `next/` is settled first.

    Only run.json is read and checked: `verify` and `RunFolder.read` check the other files.

    Raises:
        RunError: no run is there, or one without a state, damaged, or of a newer version. The message says what is there.
    """
    path = Path(path)
    if os.path.isfile(path):
        if not os.path.isfile(path.parent / RUN_JSON):
            raise RunError(f"{visible(str(path))} is no run", "a file", "needed is a run folder, such as runs/photos-1")
        path = path.parent
    if not os.path.isdir(path):
        raise RunError(f"there is no run {visible(str(path))}", remedy=_offer(path))
    if os.path.isdir(path / NEXT) and not holder(path):
        _settle_if_free(path)
    try:
        with _readable(path / RUN_JSON):
            if not stat.S_ISREG(os.stat(path / RUN_JSON).st_mode):  # a pipe in its place would be waited for
                raise FileNotFoundError
            data = (path / RUN_JSON).read_bytes()
    except FileNotFoundError:
        raise RunError(f"{visible(str(path))} is no run", *_what_is_in(path)) from None
    document = Document.from_bytes(data, path / RUN_JSON)
    if not document.files:
        raise _unfinished(path, document)
    return RunFolder(path, document)


def verify(run: RunFolder, may_be_missing: Collection[str] = ()) -> None:
    """Compare every file with the hash in run.json. Raises RunError that names each file that is changed or missing."""
    missing, changed = [], []
    for name, expected in run.document.files.items():
        path = run.path / name
        with _readable(path):
            if not path.is_file():  # a pipe in its place would be waited for
                missing += [] if name in may_be_missing else [name]
            elif sha256_of(path) != expected:
                changed.append(name)
    if missing or changed:
        raise run._damaged(missing, changed)


def runs_in(parent: Path) -> list[Path]:
    """The run folders in `parent`, the last written first."""
    with _readable(parent):
        found = [(Path(entry.path) / RUN_JSON) for entry in _entries(parent) if entry.is_dir()]
        return [file.parent for file in sorted((each for each in found if os.path.isfile(each)), key=_written, reverse=True)]


def _settle_if_free(path: Path) -> None:
    try:
        with locked(path, timeout=1.0):
            settle(path)
    except StorageError:
        pass  # a read-only copy: the state that is there is whole, or `verify` says what is not


def _unfinished(path: Path, document: Document) -> RunError:
    name = visible(str(path))
    if at_work := holder(path):
        return RunError(f"{name} holds no model yet", f"its training goes on ({at_work})", remedy="wait for its first state")
    was = document.process
    return RunError(
        f"{name} holds no model",
        f"its training, begun {visible(was.since)} (process {was.pid}), is no longer running and was stopped before its first state",
        remedy="train again; this folder can be deleted",
    )


def _what_is_in(path: Path) -> tuple[str, str, str]:
    """What a folder without run.json holds, what was needed, what to do."""
    needed = "needed is a folder that vitreous train made"
    names = {entry.name for entry in _entries(path) if not entry.name.endswith(PARTIAL)}
    if runs := runs_in(path):
        return f"it holds {plural(len(runs), 'run')}", "needed is one of them", "newest: " + ", ".join(visible(str(run)) for run in runs[:_OFFERED])
    if names <= {LOCK, NEXT}:
        return "it is empty, or its training was stopped as it began", needed, "train again; this folder can be deleted"
    if _has_pictures(path):
        return "it looks like a folder of pictures", needed, f"train on it first: vitreous train {visible(str(path))}"
    return f"it has no {RUN_JSON}", needed, ""


def _offer(path: Path) -> str:
    """Runs that may have been meant by a path that does not exist: those whose name begins so, else those that look alike."""
    for parent in dict.fromkeys((path.parent, Path("runs"))):
        if os.path.isdir(parent) and (runs := runs_in(parent)):
            begins = [run for run in runs if run.name.startswith(path.name)][:_OFFERED]
            if begins:
                return "did you mean " + " or ".join(visible(str(run)) for run in begins) + "?"
            return visible(nearest(str(parent / path.name), [str(run) for run in runs]))
    return "vitreous train FOLDER makes one"


def _has_pictures(path: Path) -> bool:
    def is_picture(entries: Iterable[os.DirEntry[str]]) -> bool:
        return any(os.path.splitext(entry.name)[1].lower() in _PICTURES for entry in entries)

    folders = [path] + [Path(entry.path) for entry in _entries(path) if entry.is_dir()]
    folders += [Path(entry.path) for folder in folders[1:20] for entry in _entries(folder) if entry.is_dir()]
    return any(is_picture(_entries(folder)) for folder in folders[:100])


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    """Of a folder that can be read; of a very large one, the first."""
    try:
        with os.scandir(folder) as entries:
            return [entry for entry, _ in zip(entries, range(_LOOKED_AT), strict=False)]
    except OSError:
        return []


def _written(file: Path) -> tuple[float, str]:
    return file.stat().st_mtime, file.parent.name


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Turn an OSError met while reading, other than a missing file, into a StorageError."""
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        raise StorageError(f"cannot read {visible(str(path))}", error.strerror or str(error), remedy="check its permissions and the disk") from error
