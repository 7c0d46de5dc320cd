"""The next state of a run, written beside the present one and moved in only when it is complete.

    1. every file into `next/`, each synced; `next/run.json`, with their hashes, last       ─ a kill: dropped
    2. file by file out of `next/` over the old one, then files that the new state has not  ─ a kill: rolled forward
    3. `run.json` over the old one, the rest of `next/` removed                              ─ a kill: done

Whoever calls these holds the lock of the folder.
"""

import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from vitreous.errors import RunError
from vitreous.runs.document import NEXT, RUN_JSON, Document, check_names, is_newer
from vitreous.storage.atomic import PARTIAL, said_as_storage_error, sync_folder, write_synced


def replace_state(folder: Path, files: Mapping[str, bytes | Path], document: Document) -> Document:
    """Give the run these files and no others; a Path is copied. Returns the document with the hashes filled in.

    Raises:
        StorageError: it could not be written; the old state stands.
        RunError: a name that leads out of the folder.
    """
    check_names(files)
    settle(folder)
    staged = folder / NEXT
    try:
        with said_as_storage_error(staged):
            staged.mkdir()
        hashes = {name: _write(staged / name, source) for name, source in files.items()}
        document = replace(document, files=hashes)
        with said_as_storage_error(staged / RUN_JSON):
            for place in _folders(staged, hashes):
                sync_folder(place)
            write_synced(staged / RUN_JSON, [document.to_bytes()])
            sync_folder(staged)
            sync_folder(folder)
    except BaseException:
        shutil.rmtree(staged, ignore_errors=True)
        raise
    _move_in(folder, document)
    return document


def settle(folder: Path) -> None:
    """After a kill: roll a complete `next/` forward, drop an incomplete one, and remove unfinished temporary files."""
    staged = folder / NEXT
    with said_as_storage_error(folder):
        for left in folder.glob(f".*{PARTIAL}"):
            left.unlink(missing_ok=True)
        if not staged.is_dir():
            return
        document = _read(staged / RUN_JSON)
        if document and all(_sha256_or_none(staged / name, folder / name) == sha256 for name, sha256 in document.files.items()):
            _move_in(folder, document)
        else:
            shutil.rmtree(staged)


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, in hex. Raises OSError."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _move_in(folder: Path, document: Document) -> None:
    staged = folder / NEXT
    with said_as_storage_error(folder):
        for name in document.files:
            if (staged / name).exists():  # else it was moved before the kill
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                os.replace(staged / name, folder / name)
        old = _read(folder / RUN_JSON)
        for name in old.files.keys() - document.files.keys() if old else ():
            (folder / name).unlink(missing_ok=True)
        for place in _folders(folder, document.files):
            sync_folder(place)
        os.replace(staged / RUN_JSON, folder / RUN_JSON)
        sync_folder(folder)
        shutil.rmtree(staged)


def _write(path: Path, source: bytes | Path) -> str:
    sha256 = hashlib.sha256()

    def chunks() -> Iterator[bytes]:
        if isinstance(source, bytes):
            sha256.update(source)
            yield source
            return
        with source.open("rb") as stream:
            while chunk := stream.read(1 << 20):
                sha256.update(chunk)
                yield chunk

    with said_as_storage_error(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_synced(path, chunks())
    return sha256.hexdigest()


def _folders(root: Path, names: Mapping[str, str]) -> list[Path]:
    """`root` and the folders below it that hold these files, deepest first."""
    places = {root} | {place for name in names for place in (root / name).parents if root in place.parents}
    return sorted(places, key=lambda place: len(place.parts), reverse=True)


def _read(path: Path) -> Document | None:
    """What this run.json says; None where there is none that is whole. One of a newer version is left to a newer program."""
    try:
        data = path.read_bytes()
        return Document.from_bytes(data, path)
    except FileNotFoundError:
        return None
    except RunError:
        if is_newer(data):
            raise
        return None


def _sha256_or_none(*places: Path) -> str | None:
    """Of the first of these that is there."""
    for place in places:
        if place.is_file():
            return sha256_of(place)
    return None
