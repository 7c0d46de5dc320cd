"""The folder of an index: what lies in it, and what its `index.json` says.

index.json           what the index is of, and which files count: replaced as a whole, which is the moment at which a change is there
vectors-TOKEN.f32    float32 [R, D]: the features of each content, one row after the other
records-TOKEN.bin    [R]: key of the content and checksum of the row
thumbs-TOKEN.u8      uint8 [R, 32, 32]: the whole picture in grey, by which copies are told
generation-N/        what belongs to one state of the folder: which file has which row, labels, and the measures of similarity
journal.json         how many rows are whole; also those of an indexing that was cut off

The three row files only grow. A row stands for a content, so copies share one, and a file that is renamed keeps its own.
"""

import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from vitreous.core.text import visible
from vitreous.data.decode import THUMBNAIL
from vitreous.errors import DataError
from vitreous.storage.atomic import write_atomically

SCHEMA = 1
INDEX_JSON, JOURNAL_JSON = "index.json", "journal.json"
RECORD = np.dtype([("key", "V16"), ("crc", "<u4")])
THUMBS = (THUMBNAIL, THUMBNAIL)
_AGAIN = "delete that folder and index again, or name another one with --index"


@dataclass(frozen=True)
class About:
    """What an index is of. `net` is how the network was named (None: the shipped one), `size` the side of its pictures where that was given;
    `policy` the rule of decoding, `engine` what made the features."""

    folder: str
    table: str
    network: str
    net: str | None
    size: int | None
    fingerprint: str
    stage: str
    pool: str
    view: dict[str, Any]
    policy: dict[str, Any]
    engine: str
    width: int

    @property
    def features(self) -> str:
        """In words.

        >>> About("", "", "net", None, None, "", "stage5", "mean", {}, {}, "", 9).features
        'stage5 of net, mean'
        """
        pool = "" if self.stage == "features" else f", {self.pool}"
        return f"{visible(self.stage)} of {visible(self.network)}{pool}"

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Manifest:
    """`index.json`. `token` names the row files, `rows` how many of their rows count, `generation` the folder of the rest; `facts`: what was
    found when it was made."""

    about: About
    token: str
    rows: int
    generation: int
    facts: dict[str, Any]

    def write(self, folder: Path) -> None:
        value = {"vitreous_index": SCHEMA, "about": self.about.to_json(), "token": self.token, "rows": self.rows}
        value |= {"generation": self.generation, "facts": self.facts}
        write_atomically(folder / INDEX_JSON, json.dumps(value, indent=1).encode())


def read_manifest(folder: Path) -> Manifest | None:
    """None where there is none. Raises DataError for one of another version, and for what cannot be read."""
    file = folder / INDEX_JSON
    failed = f"cannot use the index {visible(str(folder))}"
    try:
        value = json.loads(file.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(failed, f"{INDEX_JSON} cannot be read ({getattr(error, 'strerror', None) or 'it is no JSON'})", remedy=_AGAIN) from None
    version = value.get("vitreous_index") if isinstance(value, dict) else None
    if version != SCHEMA:
        arrived = f"it is of version {visible(str(version))}" if version is not None else f"its {INDEX_JSON} is no index of Vitreous"
        raise DataError(failed, arrived, f"version {SCHEMA}", _AGAIN)
    try:
        about = About(**value["about"])
        token, rows, generation, facts = str(value["token"]), int(value["rows"]), int(value["generation"]), dict(value["facts"])
        if rows < 0 or about.width < 1 or not token.isalnum():
            raise ValueError
    except (KeyError, TypeError, ValueError, OverflowError):
        raise DataError(failed, f"{INDEX_JSON} lacks something", remedy=_AGAIN) from None
    return Manifest(about, token, rows, generation, facts)


def is_index(folder: Path) -> bool:
    """Whether a folder holds an index, whole or begun."""
    return os.path.isfile(folder / INDEX_JSON) or os.path.isfile(folder / JOURNAL_JSON)


def damaged(folder: Path, what: str) -> DataError:
    return DataError(f"cannot use the index {visible(str(folder))}", f"it is damaged: {what}", remedy=_AGAIN)


def new_token() -> str:
    return secrets.token_hex(6)


def row_files(folder: Path, token: str) -> tuple[Path, Path, Path]:
    """Vectors, records, thumbnails."""
    return folder / f"vectors-{token}.f32", folder / f"records-{token}.bin", folder / f"thumbs-{token}.u8"


def generation_folder(folder: Path, generation: int) -> Path:
    return folder / f"generation-{generation}"
