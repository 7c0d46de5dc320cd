"""The journal of a labelling: every step on a line of JSON, written and synced before it counts. Nothing in it is ever changed.

    {"vitreous": "labels", "version": 1, "folder": "unsorted"}
    {"step": 1, "at": "2026-11-26T15:04:05+01:00", "by": "3f9a", "do": "label", "pictures": ["0c…"], "label": "dress"}

A kill or a power cut leaves at most a line without its end, which was never answered for: it is passed over, and the next step begins on a
line of its own. A disk that fills up takes back what was begun of a line, so that what was said to be saved is exactly what is there.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from vitreous.core.text import plural, visible
from vitreous.errors import DataError, StorageError
from vitreous.storage.atomic import said_as_storage_error, sync_folder
from vitreous.storage.lock import locked

HEAD, VERSION = "labels", 1
_BINARY = getattr(os, "O_BINARY", 0)


class Journal:
    """The steps so far, in order, and the way to add one; `tables`: fingerprints of the tables that were written. Made by `open_journal`;
    `remark` says what could not be read."""

    def __init__(self, path: Path, steps: list[dict[str, Any]], tables: set[str] | None = None, remark: str = "") -> None:
        self.path, self.steps, self.tables, self.remark = path, steps, tables or set(), remark
        self._descriptor = -1

    def append(self, step: dict[str, Any]) -> dict[str, Any]:
        """Number and date a step, and return it when the disk has it.

        Raises StorageError where it cannot be written; then nothing of it is left, and it has not happened.
        """
        numbered = {"step": self.next_number, "at": datetime.now().astimezone().isoformat("T", "seconds"), **step}
        self._write(numbered)
        self.steps.append(numbered)
        return numbered

    def note_table(self, fingerprint: str) -> None:
        """That a table of this fingerprint is about to be written. Raises StorageError."""
        if fingerprint not in self.tables:
            self._write({"table": fingerprint})
            self.tables.add(fingerprint)

    @property
    def next_number(self) -> int:
        return int(self.steps[-1]["step"]) + 1 if self.steps else 1

    def _write(self, value: dict[str, Any]) -> None:
        with said_as_storage_error(self.path):
            if self._descriptor < 0:
                self._descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | _BINARY, 0o666)
            end = os.lseek(self._descriptor, 0, os.SEEK_END)
            line = json.dumps(value, ensure_ascii=True).encode() + b"\n"
            if end and os.pread(self._descriptor, 1, end - 1) != b"\n":
                line = b"\n" + line
            try:
                rest = memoryview(line)
                while rest:
                    rest = rest[os.write(self._descriptor, rest) :]
                os.fsync(self._descriptor)
            except OSError:
                with suppress(OSError):
                    os.ftruncate(self._descriptor, end)
                raise

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


@contextmanager
def open_journal(path: Path, folder: str) -> Iterator[Journal]:
    """The journal at `path`, begun where there is none, held against other processes.

    Raises DataError where something else lies there, RunError where another process holds it, StorageError where it cannot be written.
    """
    with locked(path):
        journal = read_journal(path)
        try:
            if not path.exists() or not path.stat().st_size:
                journal._write({"vitreous": HEAD, "version": VERSION, "folder": folder})
                with said_as_storage_error(path):
                    sync_folder(path.parent)
            yield journal
        finally:
            journal.close()


def read_journal(path: Path) -> Journal:
    """What is written so far; nothing where there is no such file. Raises DataError where it is no journal, or of a later version."""
    failed = f"cannot continue with {visible(str(path))}"
    try:
        data = path.read_bytes() if path.exists() else b""
    except OSError as error:
        raise StorageError(failed, (error.strerror or str(error)).lower()) from None
    lines = data.split(b"\n")
    if not any(lines):
        return Journal(path, [])
    head = _object(lines[0])
    if head is None or head.get("vitreous") != HEAD:
        if len(lines) == 1 and b'{"vitreous": "labels"'.startswith(lines[0][:21]):  # killed while it was begun
            return Journal(path, [])
        raise DataError(failed, "it is no journal of labels", "a name of its own for the journal", "give --out another name, or move that file away")
    if head.get("version") != VERSION:
        raise DataError(failed, f"its version is {visible(str(head.get('version')))}", f"version {VERSION}", "use the Vitreous that wrote it")
    steps: list[dict[str, Any]] = []
    tables: set[str] = set()
    damaged = 0
    for line in filter(None, lines[1:]):
        found = _object(line)
        if found is not None and isinstance(found.get("table"), str):
            tables.add(found["table"])
        elif found is not None and _is_step(found) and (not steps or found["step"] > steps[-1]["step"]):
            steps.append(found)
        else:
            damaged += line is not lines[-1]  # the last one is of a kill: it was never said to be saved
    return Journal(path, steps, tables, f"{plural(damaged, 'damaged line')} of {visible(path.name)} could not be read" if damaged else "")


def _is_step(value: dict[str, Any]) -> bool:
    lists = [value.get(name, []) for name in ("pictures", "rejected")]
    if not all(isinstance(each, list) for each in lists):
        return False
    texts = [*(value.get(name, "") for name in ("by", "label", "to")), *lists[0], *lists[1]]
    needs = {
        "label": ("label", "pictures"),
        "not": ("label", "pictures"),
        "add": ("label",),
        "remove": ("label",),
        "rename": ("label", "to"),
        "undo": ("of",),
        "redo": ("of",),
    }
    return (
        isinstance(value.get("step"), int)
        and isinstance(value.get("do"), str)
        and isinstance(value.get("of", 0), int)
        and all(isinstance(each, str) for each in texts)
        and all(name in value for name in needs.get(value["do"], ()))
    )


def _object(line: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(line)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
