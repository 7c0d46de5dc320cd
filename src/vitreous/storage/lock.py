"""One process at a time: an advisory lock that the kernel takes back when its holder dies, even by kill -9.

The lock is `fcntl.flock` (Linux, macOS) or `msvcrt.locking` (Windows) on a small file that says who holds it. The file
stays when the lock is given back: removing it would let two processes lock two files of the same name.
"""

import errno
import json
import os
import platform
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from vitreous.core.text import visible
from vitreous.errors import RunError
from vitreous.storage.atomic import said_as_storage_error

LOCK = ".lock"
_PAUSE = 0.05  # seconds between two tries


@dataclass(frozen=True, slots=True)
class Holder:
    """A process: its number, its machine, and since when."""

    pid: int
    host: str
    since: str

    @classmethod
    def this(cls) -> "Holder":
        return cls(os.getpid(), platform.node(), datetime.now().astimezone().isoformat(" ", "seconds"))

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "Holder":
        return cls(int(value["pid"]), str(value["host"]), str(value["since"]))

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    def is_this(self) -> bool:
        """Whether it is the process that asks."""
        return (self.pid, self.host) == (os.getpid(), platform.node())

    def __str__(self) -> str:
        elsewhere = f" on {visible(self.host)}" if self.host != platform.node() else ""
        return f"process {self.pid}{elsewhere} since {visible(self.since)}"


@contextmanager
def locked(path: Path, timeout: float = 0.0) -> Iterator[None]:
    """Hold the lock of a folder (in it) or of a file (beside it); wait for it at most `timeout` seconds.

    On a disk that knows no locks (some network disks) it guards nothing and does not stop the work either.

    Raises:
        RunError: another process, or this one already, holds it; the message says which, and since when.
        StorageError: the lock file cannot be made.
    """
    file = lock_file(path)
    with said_as_storage_error(file):
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666)
    try:
        deadline = time.monotonic() + timeout
        while not _take(descriptor):
            if time.monotonic() >= deadline:
                raise RunError(
                    f"{visible(str(path))} is in use by {_read(descriptor) or 'another process'}",
                    remedy="wait until it is done or stop it",
                )
            time.sleep(_PAUSE)
        with suppress(OSError):  # a full disk costs only the name in the other's message
            os.ftruncate(descriptor, 0)
            os.write(descriptor, json.dumps(Holder.this().to_json()).encode())
        yield
    finally:
        os.close(descriptor)


def holder(path: Path) -> Holder | None:
    """Who holds the lock of `path` now; None where nobody does."""
    try:
        descriptor = os.open(lock_file(path), os.O_RDONLY | getattr(os, "O_BINARY", 0))
    except OSError:
        return None
    try:
        return None if _take(descriptor) else _read(descriptor) or Holder(0, platform.node(), "an unknown time")
    finally:
        os.close(descriptor)


def lock_file(path: Path) -> Path:
    """Where the lock of a folder or of a file lies."""
    return path / LOCK if os.path.isdir(path) else path.with_name(path.name + LOCK)


def _read(descriptor: int) -> Holder | None:
    try:
        os.lseek(descriptor, 0, os.SEEK_SET)
        return Holder.from_json(json.loads(os.read(descriptor, 4096)))
    except (OSError, ValueError, KeyError, TypeError):
        return None


if sys.platform == "win32":
    import msvcrt

    def _take(descriptor: int) -> bool:
        # Windows hides locked bytes from readers, so one byte far behind the text is locked
        os.lseek(descriptor, 1 << 20, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        os.lseek(descriptor, 0, os.SEEK_SET)
        return True

else:
    import fcntl

    def _take(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError as error:
            if error.errno not in (errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS):
                raise
        return True
