"""Moves of files and a rewritten table, done whole or taken back whole, whatever interrupts them: the undo file is written before the first move.

    {"version": 1, "state": "applying" | "applied" | "undone", "moves": [{"from", "to", "link"?}], "table": {"path", "before", "after"}?}

A move makes the new name and then takes the old one away (a hard link, so that no other file is ever replaced), so after a kill a file has its
old name, its new one, or both. Going over the list once more finishes it from any of these states, and going over it the other way takes it back.
"""

import base64
import json
import os
import shutil
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from vitreous.core.text import visible
from vitreous.errors import DataError, StorageError
from vitreous.storage.atomic import said_as_storage_error, sync_folder, write_atomically

VERSION = 1
APPLYING, APPLIED, UNDOING, UNDONE = "applying", "applied", "undoing", "undone"


@dataclass(frozen=True, slots=True)
class Move:
    """A file's old and new place, both absolute; of a symbolic link what it says at the one and at the other."""

    origin: str
    target: str
    link: tuple[str, str] | None = None

    def reversed(self) -> "Move":
        return Move(self.target, self.origin, (self.link[1], self.link[0]) if self.link else None)


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A table with its bytes before and after."""

    path: str
    before: bytes
    after: bytes


@dataclass(frozen=True)
class Journal:
    """What is to be done to the data in `folder`, and how far it is. `corrections`: the hash of the corrections that led to it."""

    file: Path
    folder: str
    corrections: str
    moves: tuple[Move, ...]
    table: Rewritten | None = None
    state: str = APPLYING

    def written(self, state: str) -> "Journal":
        """The same in another state, on the disk. Raises StorageError."""
        changed = replace(self, state=state)
        moves = [{"from": each.origin, "to": each.target} | ({"link": list(each.link)} if each.link else {}) for each in changed.moves]
        table = changed.table and {"path": changed.table.path, "before": _text(changed.table.before), "after": _text(changed.table.after)}
        document = {"version": VERSION, "state": state, "folder": self.folder, "corrections": self.corrections, "moves": moves, "table": table}
        write_atomically(self.file, json.dumps(document, indent=1).encode("utf-8", "surrogateescape"))
        return changed

    def carried_out(self) -> "Journal":
        """Do what is not done yet. Raises DataError where a file stands in the way, StorageError; then the same call goes on."""
        _settle(self.moves)
        if self.table:
            _rewrite(self.table.path, self.table.before, self.table.after)
        return self.written(APPLIED)

    def taken_back(self) -> "Journal":
        """Undo what was done. Raises DataError where a file stands in the way, StorageError; then the same call goes on."""
        undoing = self.written(UNDOING)
        if self.table:
            _rewrite(self.table.path, self.table.after, self.table.before)
        _settle(each.reversed() for each in reversed(self.moves))
        for folder in {os.path.dirname(each.target) for each in self.moves}:
            _drop_if_empty(folder, self.folder)
        return undoing.written(UNDONE)


def _drop_if_empty(folder: str, data: str) -> None:
    """One that was made for a move, and those that were made for it, beside the data."""
    with suppress(OSError):  # one that holds something stays
        while True:
            os.rmdir(folder)
            if not os.path.dirname(folder).startswith(f"{data}-"):
                return
            folder = os.path.dirname(folder)


def read_journal(file: Path) -> Journal:
    """Raises DataError where it is no undo file."""
    failed = f"cannot undo by {visible(str(file))}"
    needed = "the undo file that `vitreous suspects --apply` wrote"
    try:
        document: Any = json.loads(file.read_bytes().decode("utf-8", "surrogateescape"))
        if document["version"] != VERSION:
            raise DataError(failed, f"version {document['version']!r}", f"version {VERSION}")
        moves = tuple(Move(each["from"], each["to"], tuple(each["link"]) if "link" in each else None) for each in document["moves"])
        table = document["table"] and Rewritten(document["table"]["path"], *(base64.b64decode(document["table"][key]) for key in ("before", "after")))
        if document["state"] not in (APPLYING, APPLIED, UNDOING, UNDONE):
            raise ValueError
        return Journal(file, document["folder"], document["corrections"], moves, table or None, document["state"])
    except FileNotFoundError:
        raise DataError(failed, "there is no such file", needed) from None
    except OSError as error:
        raise DataError(failed, (error.strerror or str(error)).lower(), needed) from None
    except (ValueError, KeyError, TypeError):
        raise DataError(failed, "it is no such file", needed) from None


def _settle(moves: Iterable[Move]) -> None:
    folders = set()
    for move in moves:
        _move(move)
        folders |= {os.path.dirname(move.origin), os.path.dirname(move.target)}
    for folder in folders:
        with suppress(OSError):
            sync_folder(Path(folder))


def _move(move: Move) -> None:
    """From any state in which a kill can have left it."""
    there, arrived = os.path.lexists(move.origin), os.path.lexists(move.target)
    if not there:
        if not arrived:
            raise DataError(f"cannot move {visible(move.origin)}", "it is gone", remedy="restore it, and give the same command again")
        return
    if arrived and not _is_same(move):
        raise DataError(
            f"cannot move {visible(move.origin)}", f"{visible(move.target)} stands there", remedy="move that away, and give the same command"
        )
    with said_as_storage_error(Path(move.target)):
        os.makedirs(os.path.dirname(move.target), exist_ok=True)
        if not arrived:
            _second_name(move)
        os.unlink(move.origin)


def _second_name(move: Move) -> None:
    if move.link:
        os.symlink(move.link[1], move.target)
        return
    try:
        os.link(move.origin, move.target)
    except OSError:  # another disk, or one that knows no links: a whole copy, named when it is complete
        partial = f"{move.target}.partial"
        try:
            shutil.copy2(move.origin, partial)
            with open(partial, "rb") as copy:
                os.fsync(copy.fileno())
            os.rename(partial, move.target)
        except OSError:
            with suppress(OSError):
                os.unlink(partial)
            raise


def _is_same(move: Move) -> bool:
    if move.link:
        return os.path.islink(move.target) and os.readlink(move.target) == move.link[1]
    if os.path.samefile(move.origin, move.target):
        return True
    return Path(move.origin).read_bytes() == Path(move.target).read_bytes()


def _rewrite(path: str, expected: bytes, wanted: bytes) -> None:
    try:
        now = Path(path).read_bytes()
    except OSError as error:
        raise StorageError(f"cannot read {visible(path)}", (error.strerror or str(error)).lower()) from None
    if now == wanted:
        return
    if now != expected:
        remedy = "restore it, or correct it by hand"
        raise DataError(f"cannot change {visible(path)}", "it was changed since", "the table as it was", remedy)
    write_atomically(Path(path), wanted)


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
