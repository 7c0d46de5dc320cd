"""The pack: one row a picture, memory-mapped, keyed by content, so that nothing is decoded or computed twice.

A pack is a folder with one `Rows` a kind of value: the decoded pixels, a few facts of each picture, features of a
network. `Rows` is two files that only grow: `NAME.rows`, the values one after the other, and `NAME.keys`, a record per
row with the content's key and a checksum, written after the values. A kill leaves at most values without a record,
which the next writer overwrites; a row whose checksum does not hold is as good as not there.
`files.json` remembers size and times of each file as git's index does, so that an unchanged file is not even read.
"""

import hashlib
import json
import os
import re
import stat
import time
import zlib
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from vitreous.data.decode import THUMBNAIL, Decoded
from vitreous.errors import RunError, StorageError
from vitreous.storage.atomic import said_as_storage_error, write_atomically
from vitreous.storage.cache import PACKS, bound, cache_folder, free_bytes, touch
from vitreous.storage.lock import locked

_KEY = np.dtype([("key", "V16"), ("crc", "<u4")])
# What is kept of each picture; texts in UTF-8, cut at their length.
FACTS = np.dtype(
    [
        ("width", "<u4"),
        ("height", "<u4"),
        ("bytes", "<u4"),
        ("format", "S8"),
        ("mode", "S8"),
        ("orientation", "u1"),
        ("camera", "S48"),
        ("software", "S48"),
        ("taken", "S19"),
        ("brightness", "<f4"),
        ("darkest", "<f4"),
        ("brightest", "<f4"),
        ("contrast", "<f4"),
        ("entropy", "<f4"),
        ("sharpness", "<f4"),
        ("thumbnail", "u1", (THUMBNAIL, THUMBNAIL)),
    ]
)
# Rows of another layout have another name: a pack of an older version is not misread.
FACTS_ROWS = f"facts-2-{FACTS.itemsize}"
# A file changed within this time of our look at it may change again without its times showing it (git: "racy").
_RACY_SECONDS = 2


class Rows:
    """Rows of one shape and type, found by a 16-byte key. `[i]` reads row i; `append` adds rows at the end."""

    def __init__(self, folder: Path, name: str, shape: tuple[int, ...], dtype: DTypeLike) -> None:
        self.shape, self.dtype = shape, np.dtype(dtype)
        self._bytes = int(np.prod(shape, dtype=np.int64)) * self.dtype.itemsize
        self._values, self._keys = folder / f"{name}.rows", folder / f"{name}.keys"
        whole = min(_size(self._values) // self._bytes, _size(self._keys) // _KEY.itemsize)
        records = _read_records(self._keys, whole) if os.access(self._values, os.R_OK) else np.empty(0, _KEY)
        self._checksums: list[int] = records["crc"].tolist()
        self._row = {record.tobytes(): number for number, record in enumerate(records["key"])}

    def __len__(self) -> int:
        return len(self._checksums)

    def keys(self) -> set[bytes]:
        return set(self._row)

    def find(self, key: bytes) -> int | None:
        return self._row.get(key)

    def forget(self, key: bytes) -> None:
        """Take a damaged row for not there: the next `append` of its key writes a new one."""
        self._row.pop(key, None)

    def append(self, keys: Sequence[bytes], values: NDArray[np.generic] | Sequence[Any]) -> None:
        """Add `values`, n of `shape`, under `keys`; only the holder of the pack's lock may."""
        records = np.empty(len(keys), _KEY)
        rows = [_as_bytes(np.ascontiguousarray(value, self.dtype)) for value in values]  # not stacked: that would copy every pixel
        for number, (key, row) in enumerate(zip(keys, rows, strict=True)):
            records[number] = (np.void(key), zlib.crc32(row))
        with said_as_storage_error(self._values):
            _write_at(self._values, len(self) * self._bytes, rows)
            _write_at(self._keys, len(self) * _KEY.itemsize, [memoryview(records.tobytes())])
        for number, key in enumerate(keys, len(self)):
            self._row[key] = number
        self._checksums += records["crc"].tolist()

    def map(self) -> NDArray[np.generic]:
        """All rows, memory-mapped: [n, *shape], read-only."""
        if not len(self):
            return np.empty((0, *self.shape), self.dtype)
        return np.memmap(self._values, self.dtype, "r", shape=(len(self), *self.shape))

    def whole(self, row: int, value: NDArray[np.generic]) -> bool:
        """Whether the bytes of a row are those that were written."""
        return zlib.crc32(_as_bytes(np.ascontiguousarray(value))) == self._checksums[row]


class Pack:
    """The cached values of one data folder under one decode policy. Use as a context manager; `writable` says whether it may grow."""

    def __init__(self, root: Path, policy: str, folder: Path | None) -> None:
        name = hashlib.blake2b(f"{os.path.realpath(root)!r} {policy}".encode("utf-8", "surrogatepass"), digest_size=10).hexdigest()
        self.folder = folder / name if folder else None
        self.writable = False
        self.remark = "" if folder else "The decoded pictures are not kept: no cache folder can be used."
        self._held = ExitStack()
        self._rows: dict[str, Rows] = {}
        self._files: dict[str, list[int | str]] = {}
        self._seen: dict[str, list[int | str]] = {}
        self._racy: set[str] = set()

    def __enter__(self) -> "Pack":
        if self.folder is None:
            return self
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            touch(self.folder)
            self._held.enter_context(locked(self.folder))
            self.writable = True
        except (OSError, RunError, StorageError) as error:  # read-only, or another training is filling it: what is there can still be read
            self.remark = f"The decoded pictures are not kept: {error}."
        self._files = _read_json(self.folder / "files.json")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self.folder and self.writable and self._seen:
            kept = {name: entry for name, entry in (self._files | self._seen).items() if name not in self._racy}
            try:
                write_atomically(self.folder / "files.json", json.dumps(kept).encode())
                bound(self.folder.parent, PACKS, keep=self.folder)
            except StorageError:
                pass  # only costs reading the files again
        self._held.close()

    def rows(self, name: str, shape: tuple[int, ...], dtype: DTypeLike) -> Rows | None:
        """The rows of one kind of value; None where there is no pack."""
        if self.folder is None:
            return None
        if name not in self._rows:
            self._rows[name] = Rows(self.folder, name, shape, dtype)
        return self._rows[name]

    def known_key(self, relative: str, path: str) -> bytes | None:
        """The content's key of a file that has not changed since it was read; None where it must be read."""
        entry = self._seen.get(relative) or self._files.get(relative)
        if entry is None:
            return None
        try:
            status = os.stat(path)
        except OSError:
            return None
        return bytes.fromhex(str(entry[-1])) if entry[:-1] == _times(status) else None

    def remember(self, relative: str, path: str, key: bytes) -> None:
        try:
            status = os.stat(path)
        except OSError:
            return
        self._seen[relative] = [*_times(status), key.hex()]
        if time.time() - status.st_mtime < _RACY_SECONDS:
            self._racy.add(relative)

    def stop_writing(self) -> None:
        """After a failed write: what is there stays, nothing is added."""
        self.writable = False


def open_pack(root: Path, policy: str) -> Pack:
    """The pack of a data folder in the user's cache folder, or an empty one that keeps nothing where that cannot be used."""
    return Pack(root, policy, cache_folder("packs"))


def facts_of(decoded: Decoded) -> tuple[object, ...]:
    """The row of FACTS for a decoded picture."""
    origin, looks = decoded.origin, decoded.appearance
    texts = (origin.camera.encode(), origin.software.encode(), origin.taken.encode())
    numbers = (looks.brightness, looks.darkest, looks.brightest, looks.contrast, looks.entropy, looks.sharpness)
    start = (decoded.width, decoded.height, decoded.num_bytes, origin.format.encode(), origin.mode.encode(), origin.orientation)
    return (*start, *texts, *numbers, decoded.thumbnail)


def fits(pack: Pack, size: int) -> bool:
    """Whether `size` more bytes leave half of the disk's free space free."""
    return pack.folder is not None and pack.writable and size < free_bytes(pack.folder) / 2


def _times(status: os.stat_result) -> list[int | str]:
    return [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino]


def _size(path: Path) -> int:
    """Bytes of a file; 0 where there is none."""
    try:
        status = os.stat(path)
    except OSError:
        return 0
    return status.st_size if stat.S_ISREG(status.st_mode) else 0


def _read_records(path: Path, count: int) -> NDArray[np.void]:
    """The first `count` records; none where they cannot be read."""
    try:
        return np.fromfile(path, _KEY, count) if count else np.empty(0, _KEY)
    except OSError:
        return np.empty(0, _KEY)


def _as_bytes(values: NDArray[np.generic]) -> memoryview:
    """The bytes of a contiguous array, without a copy."""
    return values.reshape(-1).view(np.uint8).data


def _write_at(path: Path, offset: int, parts: Sequence[memoryview]) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
    try:
        os.lseek(descriptor, offset, os.SEEK_SET)
        for rest in parts:
            while rest:
                rest = rest[os.write(descriptor, rest) :]
    finally:
        os.close(descriptor)


def _read_json(path: Path) -> dict[str, list[int | str]]:
    try:
        value = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return {name: entry for name, entry in value.items() if _is_entry(entry)} if isinstance(value, dict) else {}


def _is_entry(entry: object) -> bool:
    """Size, two times, inode, key in hexadecimal: anything else in `files.json` is damage."""
    return isinstance(entry, list) and len(entry) == 5 and isinstance(entry[4], str) and re.fullmatch("[0-9a-f]{32}", entry[4]) is not None
