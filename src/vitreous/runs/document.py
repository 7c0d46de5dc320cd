"""`run.json`: what a run says of itself, with the SHA-256 of every other file and of itself.

`digest` is the SHA-256 of the canonical JSON (sorted keys, no spaces, ASCII) of everything else in it, so an edit by
hand is noticed and another layout of the same values is not. NaN and infinity, which JSON does not have, become null.
"""

import hashlib
import json
import math
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from vitreous.core.text import visible
from vitreous.errors import RunError
from vitreous.storage.lock import LOCK, Holder

SCHEMA = 1
RUN_JSON = "run.json"
NEXT = "next"
Status = Literal["unfinished", "finished"]


@dataclass(frozen=True, slots=True)
class Document:
    """The content of `run.json`. `files` maps the name of every other file, with forward slashes, to its SHA-256 in hex."""

    status: Status
    process: Holder
    settings: dict[str, Any]
    facts: dict[str, Any] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)

    def to_bytes(self) -> bytes:
        value = {
            "schema": SCHEMA,
            "status": self.status,
            "process": self.process.to_json(),
            "settings": _plain(self.settings),
            "facts": _plain(self.facts),
            "files": dict(sorted(self.files.items())),
        }
        value["digest"] = digest(value)
        text = json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False)
        # bytes of a file name that are no UTF-8 stand in the text as lone surrogates, which only an escape can hold
        return re.sub("[\ud800-\udfff]", lambda lone: f"\\u{ord(lone[0]):04x}", text).encode() + b"\n"

    @classmethod
    def from_bytes(cls, data: bytes, path: Path) -> "Document":
        """Read what `to_bytes` wrote; `path` is for the messages.

        Raises:
            RunError: no run.json of Vitreous, one of a newer version, one that was cut off or changed.
        """
        where = visible(str(path))
        try:
            value = json.loads(data)
        except (ValueError, RecursionError) as error:
            raise RunError(f"{where} cannot be read", "it was cut off or changed", remedy="restore it from a copy or train again") from error
        if not isinstance(value, dict) or not isinstance(value.get("schema"), int):
            raise RunError(f"{where} is not a run of Vitreous", "it has no schema version")
        if value["schema"] > SCHEMA:
            raise RunError(
                f"{where} is of a newer version",
                f"schema {value['schema']}",
                f"this program reads up to {SCHEMA}",
                "upgrade it: pip install -U vitreous",
            )
        if value.get("digest") != digest({key: each for key, each in value.items() if key != "digest"}):
            raise RunError(f"{where} was changed after it was written", remedy="restore it from a copy or train again")
        try:
            document = cls(value["status"], Holder.from_json(value["process"]), value["settings"], value["facts"], value["files"])
        except (KeyError, TypeError, ValueError) as error:
            raise RunError(f"{where} is not a run of Vitreous", f"{error} is missing or of another kind") from error
        check_names(document.files)
        return document


def digest(value: Mapping[str, Any]) -> str:
    """SHA-256 of the canonical JSON of `value`, in hex."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def is_newer(data: bytes) -> bool:
    """Whether this run.json is of a later schema than this program knows."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict) and isinstance(value.get("schema"), int) and value["schema"] > SCHEMA


def check_names(names: Mapping[str, object]) -> None:
    """A file of a run lies inside it, and none takes the place of run.json, `next/` or the lock. Raises RunError."""
    for name in names:
        parts = PurePosixPath(name).parts
        inside = parts and "\\" not in name and ":" not in name and ".." not in parts and not name.startswith("/")
        if not inside or parts[0] in (RUN_JSON, NEXT, LOCK) or "/".join(parts) != name:
            raise RunError(f"{visible(name)!r} cannot be the name of a file in a run", needed="a relative path inside the folder")


def _plain(value: Any) -> Any:
    """Numpy values, paths, tuples and mappings as what JSON has. Anything else is refused by `json` with a TypeError."""
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if hasattr(value, "tolist"):
        return _plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
