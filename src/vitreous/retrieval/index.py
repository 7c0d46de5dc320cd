"""An index, opened: which pictures of a folder there are, and their features, memory-mapped."""

import os
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from vitreous.core.text import plural, visible
from vitreous.errors import DataError
from vitreous.retrieval.entries import Entries, IntArray
from vitreous.retrieval.exact import Nearest, nearest
from vitreous.retrieval.layout import INDEX_JSON, About, Manifest, damaged, generation_folder, read_manifest
from vitreous.retrieval.rows import Rows, map_rows
from vitreous.retrieval.similarity import Floats, Similarity

_TRIES = 5


@dataclass(frozen=True, eq=False, repr=False)
class Index:
    """The state in which it was opened: what a writer does meanwhile is not seen, and the files stay readable.

    `path`: its folder; `remarks`: what happened when it was brought up to date, where it was.
    """

    path: Path
    manifest: Manifest
    rows: Rows
    entries: Entries
    similarity: Similarity
    remarks: tuple[str, ...] = ()

    @property
    def about(self) -> About:
        return self.manifest.about

    @property
    def facts(self) -> dict[str, Any]:
        return self.manifest.facts

    @property
    def folder(self) -> Path:
        """That of the pictures."""
        return Path(self.about.folder)

    def __len__(self) -> int:
        return len(self.entries)

    def nearest(self, features: Floats, count: int, *, by_labels: bool = False) -> Nearest:
        """The rows most similar to each row of `features` [Q, D], exactly, with their similarity."""
        query = self.similarity.queries(features, by_labels)
        return nearest(self.similarity.terms(self.rows.vectors, query), count)

    def vectors(self) -> Floats:
        """The features of each entry, float32 [N, D]: a copy."""
        return self.rows.vectors[self.entries.row]

    @property
    def contents(self) -> int:
        """How many of the pictures are different ones."""
        return int(np.count_nonzero(np.bincount(self.entries.row)))  # numpy.unique would import numpy.ma

    @property
    def sentence(self) -> str:
        copies = len(self) - self.contents
        also = f" ({plural(copies, 'copy', 'copies')} among them)" if copies else ""
        return f"{plural(len(self), 'picture')}{also} of {visible(self.folder.name)}: {self.about.features}"

    def to_json(self) -> dict[str, Any]:
        return {
            "index": str(self.path),
            "folder": self.about.folder,
            "pictures": len(self),
            "contents": self.contents,
            "features": self.about.width,
            "network": self.about.network,
            "fingerprint": self.about.fingerprint,
            "stage": self.about.stage,
            "pool": self.about.pool,
            "bytes": sum(file.stat().st_size for file in self.path.rglob("*") if file.is_file()),
            **self.facts,
        }

    def __repr__(self) -> str:
        return f"Index {visible(str(self.path))}: {self.sentence}"

    def _repr_html_(self) -> str:
        return f"<p><b>Index</b> {escape(self.sentence)}</p>"


def open_index(folder: Path) -> Index:
    """Open it to read; a writer at work does not disturb. Raises DataError where there is none, or it is damaged or of another version."""
    reason: Exception | None = None
    for _ in range(_TRIES):
        manifest = read_manifest(folder)
        if manifest is None:
            raise _no_index(folder)
        try:
            return _opened(folder, manifest)
        except FileNotFoundError as error:  # a writer has put another state in its place meanwhile
            reason = error
        except (OSError, ValueError, EOFError) as error:
            raise damaged(folder, getattr(error, "strerror", None) or str(error)) from None
    raise damaged(folder, f"{visible(Path(str(getattr(reason, 'filename', ''))).name)} is missing")


def _opened(folder: Path, manifest: Manifest) -> Index:
    state = generation_folder(folder, manifest.generation)
    entries = Entries.read(state)
    head = manifest.facts.get("labels_help") or {}
    similarity = Similarity.read(state, head.get("weight"))
    rows = map_rows(folder, manifest.token, manifest.rows, manifest.about.width)
    if not _fits(entries.row, manifest.rows) or len(similarity.scale) != manifest.rows or len(similarity.centre) != manifest.about.width:
        raise damaged(folder, "its files are not of one state")
    return Index(folder, manifest, rows, entries, similarity)


def _fits(rows: IntArray, count: int) -> bool:
    return not len(rows) or (int(rows.min()) >= 0 and int(rows.max()) < count)


def _no_index(folder: Path) -> DataError:
    failed = f"there is no index in {visible(str(folder))}"
    if (folder / "journal.json").is_file():
        return DataError(failed, "an indexing that was begun is not finished", remedy="run vitreous index again: it goes on where it was cut off")
    arrived = f"no {INDEX_JSON}" if os.path.isdir(folder) else "there is no such folder"
    return DataError(failed, arrived, remedy="make one with vitreous index FOLDER")
