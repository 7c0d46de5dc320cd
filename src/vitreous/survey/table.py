"""The pictures of a folder as columns of equal length, one row for each that can be read."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitreous.core.item import Item
from vitreous.data.duplicates import IntArray

Column = NDArray[Any]

_NUMBERS = ("width", "height", "bytes", "orientation", "brightness", "darkest", "brightest", "contrast", "entropy", "sharpness")
_TEXTS = ("mode", "format", "camera", "software", "taken")


@dataclass(frozen=True, eq=False)
class Table:
    """`columns` by name, each [N]; `copies` [N] numbers the pictures by what they show: the same number for copies; `keys` their contents."""

    columns: dict[str, Column]
    keys: list[bytes]
    copies: IntArray

    def __len__(self) -> int:
        return len(self.keys)

    def __getitem__(self, name: str) -> Column:
        return self.columns[name]


def table_of(items: Sequence[Item], facts: NDArray[np.void], keys: list[bytes], copies: IntArray) -> Table:
    """From the items that can be read, and their rows of FACTS."""
    columns: dict[str, Column] = {
        "path": _objects([item.relative for item in items]),
        "label": _objects([item.label for item in items]),
        "split": _objects([item.split.value if item.split else "" for item in items]),
    }
    columns |= {name: np.array(facts[name]) for name in _NUMBERS}
    columns |= {name: _decoded(facts[name]) for name in _TEXTS}
    columns["group"] = _objects([item.group or "" for item in items])
    columns["hash"] = _objects([key.hex() for key in keys])
    columns["copies"] = np.asarray(copies, np.int64)
    return Table(columns, keys, copies)


def _objects(values: list[str]) -> Column:
    # as objects: a label of 300 characters would widen every row of a fixed width
    column = np.empty(len(values), object)
    column[:] = values
    return column


def _decoded(texts: NDArray[np.bytes_]) -> Column:
    unique, place = np.unique(texts, return_inverse=True)
    return _objects([each.decode("utf-8", "replace") for each in unique.tolist()])[place]
