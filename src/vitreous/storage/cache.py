"""The user's cache folder: what can be made again, bounded, oldest dropped first.

It is `VITREOUS_CACHE` where that is set, else the platform's own place. Nothing in it is needed for an answer to be
right; a folder that cannot be written only costs time, so every caller can do without (`cache_folder` gives None).
"""

import os
import shutil
import sys
import time
from contextlib import suppress
from pathlib import Path

# What one kind of cached thing may take in all, in bytes.
COMPILED_MODELS = 500_000_000
PACKS = 20_000_000_000


def cache_folder(kind: str) -> Path | None:
    """The folder for one kind of cached thing, made if need be; None where nothing can be written."""
    folder = _root() / kind
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError):
        return None
    return folder if os.access(folder, os.W_OK) else None


def bound(folder: Path, most: int, keep: Path | None = None) -> None:
    """Drop the entries of `folder` that were used longest ago until at most `most` bytes are left; `keep` always stays."""
    with suppress(OSError):
        entries = [(entry.stat().st_mtime, size_of(entry), entry) for entry in folder.iterdir()]
        total = sum(size for _, size, _ in entries)
        for used, size, entry in sorted(entries, key=lambda each: each[0]):
            # an hour's grace: another process may be writing there
            if total <= most or (keep is not None and entry == keep) or time.time() - used < 3600:
                continue
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
            total -= size


def touch(path: Path) -> None:
    """Mark as used now."""
    with suppress(OSError):
        os.utime(path)


def size_of(path: Path) -> int:
    """Bytes of a file or of all files in a folder."""
    if path.is_dir():
        return sum(each.lstat().st_size for each in path.rglob("*") if each.is_file())
    return path.lstat().st_size


def free_bytes(path: Path) -> int:
    """Bytes that may still be written where `path` is, or would be."""
    while not path.exists() and path != path.parent:
        path = path.parent
    return shutil.disk_usage(path).free


def _root() -> Path:
    if chosen := os.environ.get("VITREOUS_CACHE"):
        return Path(chosen)
    home = Path(os.path.expanduser("~"))
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local") / "vitreous" / "Cache"
    if sys.platform == "darwin":
        return home / "Library" / "Caches" / "vitreous"
    return Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache") / "vitreous"
