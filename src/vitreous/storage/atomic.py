"""Files that are there whole or not at all, also after a kill or a power cut.

A file is written under another name in the same folder, synced to the disk, and renamed over the old one: the rename is
atomic on POSIX and on NTFS. The folder is synced too, as a name lives in its folder (Pillai et al., "All file systems
are not created equal", OSDI 2014).
"""

import errno
import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from vitreous.core.text import visible
from vitreous.errors import StorageError
from vitreous.storage.cache import free_bytes

PARTIAL = ".partial"

# What the operating system says, in words, and what the user can do about it.
_KINDS = {
    errno.ENOSPC: ("the disk is full", "make room there or choose a folder on another disk"),
    errno.EDQUOT: ("your disk quota is used up", "delete files of yours or choose a folder on another disk"),
    errno.EFBIG: ("the file is larger than is allowed there", "choose a folder on another disk"),
    errno.EROFS: ("that disk is read-only", "choose a folder that can be written"),
    errno.EACCES: ("it is not permitted, or another program has the file open", "change the folder's permissions or choose another folder"),
    errno.EPERM: ("it is not permitted", "change the folder's permissions or choose another folder"),
    errno.EIO: ("the disk reports a fault", "choose a folder on another disk and check this one"),
    errno.EEXIST: ("something of that name stands there", "choose another name"),
    errno.ENOENT: ("its folder is not there", "make the folder or choose another one"),
    errno.ENOTDIR: ("a file stands where a folder is needed", "choose another folder"),
    errno.EISDIR: ("a folder stands where a file is to be written", "choose another name"),
    errno.ENAMETOOLONG: ("the name is too long", "choose a shorter name"),
}


def write_atomically(path: Path, data: bytes) -> None:
    """Write `data` to `path`: afterwards it holds all of it or, after an error or a kill, what it held before.

    A link is followed. What is there and is no ordinary file (/dev/stdout, a pipe) is written to, not replaced.

    Raises:
        StorageError: the disk is full, read-only or not permitted; nothing half-written is left.
    """
    with said_as_storage_error(path):
        if os.path.exists(path) and not os.path.isfile(path):
            with path.open("wb") as stream:
                stream.write(data)
            return
        path = Path(os.path.realpath(path))
        # a name of its own, not one made from path.name, which may have its full 255 bytes already
        partial = path.with_name(f".{secrets.token_hex(8)}{PARTIAL}")
        try:
            write_synced(partial, [data])
            os.replace(partial, path)
        except BaseException:
            with suppress(OSError):
                partial.unlink()
            raise
        sync_folder(path.parent)


def require_writable(path: Path) -> None:
    """Say before long work what `write_atomically` would say after it. Raises StorageError; leaves nothing."""
    with said_as_storage_error(path):
        if os.path.isdir(path):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if os.path.exists(path) and not os.path.isfile(path):
            return
        trial = Path(os.path.realpath(path)).with_name(f".{secrets.token_hex(8)}{PARTIAL}")
        write_synced(trial, [])
        trial.unlink()


def write_synced(path: Path, chunks: Iterator[bytes] | list[bytes]) -> None:
    """Write a new file and wait until the disk has it. Raises OSError, also where the file exists."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
    try:
        for chunk in chunks:
            rest = memoryview(chunk)
            while rest:  # the system may take less than it is given
                rest = rest[os.write(descriptor, rest) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(folder: Path) -> None:
    """Wait until the disk has the names in `folder`. Windows has no such call and needs none."""
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # some network disks cannot sync a folder
            raise
    finally:
        os.close(descriptor)


@contextmanager
def said_as_storage_error(path: Path) -> Iterator[None]:
    """Turn an OSError met while `path` is written into a StorageError that names it, the free space and the remedy."""
    try:
        yield
    except OSError as error:
        reason, remedy = _KINDS.get(error.errno or 0, (error.strerror or str(error), "choose another folder"))
        raise StorageError(f"cannot write {visible(str(path))}", reason + _room(path, error), remedy=remedy) from error


def _room(path: Path, error: OSError) -> str:
    if error.errno not in (errno.ENOSPC, errno.EDQUOT):
        return ""
    try:
        return f" ({free_bytes(path) / 1e6:,.1f} MB free)"
    except OSError:
        return ""
