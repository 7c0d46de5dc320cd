"""The row files of an index: features, content keys and thumbnails, appended to by one writer while others read what was there.

A row is written before `journal.json` counts it, so that a kill leaves at most bytes behind the last whole row, which the next writer
overwrites.
"""

import json
import os
import zlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from vitreous.retrieval.layout import JOURNAL_JSON, RECORD, THUMBS, damaged, new_token, row_files
from vitreous.storage.atomic import said_as_storage_error, write_atomically

Floats = npt.NDArray[np.float32]
_BLOCK = 4096


@dataclass(frozen=True, eq=False)
class Rows:
    """Memory-mapped: `vectors` float32 [R, D], `records` [R], `thumbs` uint8 [R, 32, 32]."""

    vectors: Floats
    records: npt.NDArray[np.void]
    thumbs: npt.NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.vectors)

    def whole(self, row: int) -> bool:
        """Whether its features are those that were written."""
        return zlib.crc32(np.ascontiguousarray(self.vectors[row]).view(np.uint8).data) == int(self.records["crc"][row])

    def find(self, key: bytes) -> int | None:
        """The row of a content."""
        where = np.flatnonzero(self.records["key"] == np.void(key))
        return int(where[0]) if len(where) else None

    def by_key(self) -> dict[bytes, int]:
        return {key.tobytes(): row for row, key in enumerate(self.records["key"])}


def map_rows(folder: Path, token: str, count: int, width: int) -> Rows:
    """The first `count` rows. Raises DataError where the files hold fewer, OSError where they cannot be opened."""
    shapes: tuple[tuple[np.dtype[Any], tuple[int, ...]], ...] = ((np.dtype(np.float32), (width,)), (RECORD, ()), (np.dtype(np.uint8), THUMBS))
    mapped: list[Any] = []
    for file, (dtype, shape) in zip(row_files(folder, token), shapes, strict=True):
        size, needed = os.stat(file).st_size, count * dtype.itemsize * int(np.prod(shape, dtype=np.int64))
        if size < needed:
            raise damaged(folder, f"{file.name} has {size:,} bytes where {needed:,} are needed")
        mapped.append(np.asarray(np.memmap(file, dtype, "r", shape=(count, *shape))) if count else np.empty((0, *shape), dtype))
    return Rows(*mapped)


class Appender:
    """Adds rows to the files of a `token`; only the holder of the folder's lock may."""

    def __init__(self, folder: Path, width: int, token: str, count: int) -> None:
        self.folder, self.width, self.token, self.count = folder, width, token, count

    @classmethod
    def begun(cls, folder: Path, width: int, token: str | None, count: int) -> "Appender":
        """What counts by the manifest, and further rows that an indexing which was cut off has left."""
        journal = _journal(folder)
        if journal is not None and journal[0] == (token or journal[0]) and _holds(folder, *journal, width):
            return cls(folder, width, journal[0], max(count, journal[1]))
        return cls(folder, width, token or new_token(), count)

    def append(self, keys: Sequence[bytes], vectors: Floats, thumbs: npt.NDArray[np.uint8]) -> None:
        """Raises StorageError; then what was there before counts."""
        if not keys:
            return
        values = np.ascontiguousarray(vectors, np.float32)
        records = np.empty(len(keys), RECORD)
        for number, key in enumerate(keys):
            records[number] = (np.void(key), zlib.crc32(values[number].view(np.uint8).data))
        parts: tuple[npt.NDArray[Any], ...] = (values, records, np.ascontiguousarray(thumbs, np.uint8))
        for file, part in zip(row_files(self.folder, self.token), parts, strict=True):
            with said_as_storage_error(file):
                _write_at(file, self.count * (part.nbytes // len(part)), part)
        self.count += len(keys)
        write_atomically(self.folder / JOURNAL_JSON, json.dumps({"token": self.token, "rows": self.count}).encode())

    def rows(self) -> Rows:
        return map_rows(self.folder, self.token, self.count, self.width) if self.count else _none(self.width)

    def without_dead(self, live: npt.NDArray[np.integer[Any]]) -> "Appender":
        """The rows `live`, in their order, in files of their own. Raises StorageError."""
        rows, copy = self.rows(), Appender(self.folder, self.width, new_token(), 0)
        try:
            for begin in range(0, len(live), _BLOCK):
                part = live[begin : begin + _BLOCK]
                copy.append([key.tobytes() for key in rows.records["key"][part]], rows.vectors[part], rows.thumbs[part])
        except BaseException:
            copy.remove()
            raise
        return copy

    def remove(self) -> None:
        for file in row_files(self.folder, self.token):
            with suppress(OSError):
                file.unlink()

    def cut_off(self) -> None:
        """Give back what stands behind the last whole row: of a write for which the disk had no room."""
        for file, size in zip(row_files(self.folder, self.token), _sizes(self.width), strict=True):
            with suppress(OSError):
                os.truncate(file, min(os.stat(file).st_size, self.count * size))


def _none(width: int) -> Rows:
    return Rows(np.empty((0, width), np.float32), np.empty(0, RECORD), np.empty((0, *THUMBS), np.uint8))


def _journal(folder: Path) -> tuple[str, int] | None:
    try:
        value = json.loads((folder / JOURNAL_JSON).read_bytes())
        token, rows = str(value["token"]), int(value["rows"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return (token, rows) if token.isalnum() and rows >= 0 else None


def _sizes(width: int) -> tuple[int, int, int]:
    """Bytes of a row in each of the files."""
    return width * 4, RECORD.itemsize, THUMBS[0] * THUMBS[1]


def _holds(folder: Path, token: str, count: int, width: int) -> bool:
    try:
        return all(os.stat(file).st_size >= count * size for file, size in zip(row_files(folder, token), _sizes(width), strict=True))
    except OSError:
        return False


def _write_at(path: Path, offset: int, values: npt.NDArray[Any]) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666)
    try:
        os.lseek(descriptor, offset, os.SEEK_SET)
        rest = values.reshape(-1).view(np.uint8).data
        while rest:
            rest = rest[os.write(descriptor, rest) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
