"""The files of an index: which row each has, its label and split, and the size and times by which a change is noticed.

Kept as arrays in files, so that a million of them are opened without being read.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.integer[Any]]
_TIMES = 4
_FILES = ("row", "label", "split", "times", "offsets", "paths", "names_offsets", "names")


@dataclass(frozen=True, eq=False)
class Entries:
    """`row` int32 [E]; `label`, `split` int32 [E], numbers of `texts`; `times` int64 [E, 4]: size, two times and inode of the file, zeros where
    it must be read again."""

    row: IntArray
    label: IntArray
    split: IntArray
    times: IntArray
    paths: "Texts"
    texts: "Texts"

    def __len__(self) -> int:
        return len(self.row)

    def labels(self) -> list[str]:
        """Of each entry."""
        known = [self.texts[number] for number in range(len(self.texts))]
        return [known[number] for number in self.label.tolist()]

    def of_rows(self, rows: Sequence[int]) -> dict[int, list[int]]:
        """The entries that have one of these rows, in order."""
        found: dict[int, list[int]] = {row: [] for row in rows}
        for entry in np.flatnonzero(np.isin(self.row, np.asarray(list(rows), np.int64))).tolist():
            found[int(self.row[entry])].append(entry)
        return found

    def write(self, folder: Path) -> None:
        arrays = (self.row, self.label, self.split, self.times, self.paths.offsets, self.paths.data, self.texts.offsets, self.texts.data)
        for name, values in zip(_FILES, arrays, strict=True):
            save(folder / f"{name}.npy", values)

    @classmethod
    def read(cls, folder: Path) -> "Entries":
        """Raises OSError, ValueError."""
        row, label, split, times, offsets, paths, names_offsets, names = (load(folder / f"{name}.npy") for name in _FILES)
        if not len(row) == len(label) == len(split) == len(times) == len(offsets) - 1:
            raise ValueError("lengths differ")
        return cls(row, label, split, times, Texts(paths, offsets), Texts(names, names_offsets))

    @classmethod
    def of(cls, rows: Sequence[int], paths: Sequence[str], labels: Sequence[str], splits: Sequence[str], times: Sequence[Sequence[int]]) -> "Entries":
        texts = sorted({*labels, *splits, ""})
        number = {text: place for place, text in enumerate(texts)}
        label, split = (np.array([number[each] for each in values], np.int32) for values in (labels, splits))
        seen = np.array(times, np.int64).reshape(-1, _TIMES)
        return cls(np.array(rows, np.int32), label, split, seen, Texts.of(paths), Texts.of(texts))

    def same_as(self, other: "Entries") -> bool:
        """Whether they say the same of the same files; of times only that they are known."""
        return len(self) == len(other) and all(
            np.array_equal(one, two)
            for one, two in (
                (self.row, other.row), (self.label, other.label), (self.split, other.split), (self.times, other.times),
                (self.paths.offsets, other.paths.offsets), (self.paths.data, other.paths.data),
                (self.texts.offsets, other.texts.offsets), (self.texts.data, other.texts.data),
            )
        )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Texts:
    """Texts one after the other: number i is `data[offsets[i]:offsets[i + 1]]` in UTF-8."""

    data: npt.NDArray[np.uint8]
    offsets: IntArray

    @classmethod
    def of(cls, texts: Sequence[str]) -> "Texts":
        parts = [text.encode("utf-8", "surrogatepass") for text in texts]
        offsets = np.concatenate([[0], np.cumsum([len(part) for part in parts])]).astype(np.int64)
        return cls(np.frombuffer(b"".join(parts), np.uint8), offsets)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, number: int) -> str:
        return bytes(self.data[int(self.offsets[number]) : int(self.offsets[number + 1])]).decode("utf-8", "surrogatepass")

    def all(self) -> list[str]:
        data, offsets = bytes(self.data), self.offsets.tolist()
        return [data[a:b].decode("utf-8", "surrogatepass") for a, b in pairwise(offsets)]


def times_of(path: str) -> tuple[int, int, int, int]:
    """Size, two times, inode. Raises OSError."""
    status = os.stat(path)
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino & 0x7FFF_FFFF_FFFF_FFFF


def save(file: Path, values: npt.NDArray[Any]) -> None:
    """A new .npy file, on the disk when this returns. Raises OSError."""
    with file.open("xb") as stream:
        np.save(stream, np.ascontiguousarray(values), allow_pickle=False)
        stream.flush()
        os.fsync(stream.fileno())


def load(file: Path) -> npt.NDArray[Any]:
    """Memory-mapped. Raises OSError, ValueError."""
    values: npt.NDArray[Any] = np.load(file, mmap_mode="r", allow_pickle=False)
    return np.asarray(values)
