"""Metadata that give the class away: a camera used for one class only, sizes, formats, days.

A model that learns such a thing is right on these pictures and wrong on the next ones. For each column of metadata X:

    told(X) = (I(X; Y) − E I(X; π Y)) / (H(Y) − E I(X; π Y))        share of the uncertainty about the class Y that X takes away

with the mutual information I, the entropy H, and the mean over permutations π of the labels: what X takes away by chance, because it
has many values, is taken off (N. X. Vinh, J. Epps, J. Bailey, "Information Theoretic Measures for Clusterings Comparison", 2010).
A column is named where it tells at least 15 %, and where its standardized I is beyond the largest of all columns' in 99 % of the
permutations (P. H. Westfall, S. S. Young, "Resampling-Based Multiple Testing", 1993: the correction for looking at many columns).

Numbers go into 8 classes of equal counts, seldom values into one. Of copies only the first counts.
"""

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitreous.core.text import visible
from vitreous.survey.table import Table

_TELLS = 0.15
_SIGNIFICANT = 0.01
_PERMUTATIONS = 199
_MOST = 3000  # pictures that are looked at, drawn at random
_FEWEST = 20
_BINS = 8
_SELDOM = 5
_DATE = re.compile(r"(?<!\d)(?:19|20)\d\d[-_.]?(?:0[1-9]|1[0-2])[-_.]?(?:0[1-9]|[12]\d|3[01])(?!\d)")
_SHOWN = 60

Ints = NDArray[np.intp]


@dataclass(frozen=True)
class Giveaway:
    """`told`: the share of the uncertainty about the class that this column takes away, 0 to 1; `example`: the value that tells most."""

    column: str
    told: float
    p_value: float
    example: str


@dataclass(frozen=True, eq=False)
class _Column:
    """A code for each picture [N], and what each code stands for."""

    name: str
    code: Ints
    values: list[str]


def find_giveaways(table: Table, changed: NDArray[np.str_]) -> list[Giveaway]:
    """The columns that give the class away, the most telling first. `changed`: the day of each file [N]."""
    if not len(table):
        return []
    first = np.sort(np.unique(table.copies, return_index=True)[1])
    if len(first) > _MOST:
        first = np.sort(np.random.default_rng(0).permutation(first)[:_MOST])
    names, label = np.unique(table["label"][first].astype(str), return_inverse=True)
    if len(first) < _FEWEST or len(names) < 2:
        return []
    columns = [column for column in _columns(table, first, changed[first]) if len(column.values) > 1]
    if not columns:
        return []
    told, p_value = _tested(columns, label)
    found = [
        Giveaway(column.name, round(float(share), 3), round(float(p), 4), _example(column, label, names.tolist()))
        for column, share, p in zip(columns, told, p_value, strict=True)
        if share >= _TELLS and p <= _SIGNIFICANT
    ]
    return sorted(found, key=lambda each: -each.told)


def _tested(columns: list[_Column], label: Ints) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What each column tells, and its p-value among all columns."""
    random = np.random.default_rng(0)
    observed = np.array([_information(column.code, label) for column in columns])
    chance = np.empty((_PERMUTATIONS, len(columns)))
    for row in chance:
        mixed = random.permutation(label)
        row[:] = [_information(column.code, mixed) for column in columns]
    mean, spread = chance.mean(axis=0), np.maximum(chance.std(axis=0), 1e-12)
    largest = ((chance - mean) / spread).max(axis=1)
    beyond = (largest[:, None] >= (observed - mean) / spread).sum(axis=0)
    left = _entropy(np.bincount(label)) - mean
    return np.where(left > 1e-9, (observed - mean) / np.maximum(left, 1e-9), 0.0), (1 + beyond) / (1 + _PERMUTATIONS)


def _information(code: Ints, label: Ints) -> float:
    """The mutual information of two numberings, in bits."""
    classes = int(label.max()) + 1
    joint = np.bincount(code * classes + label, minlength=(int(code.max()) + 1) * classes).reshape(-1, classes)
    return _entropy(joint.sum(axis=0)) + _entropy(joint.sum(axis=1)) - _entropy(joint.ravel())


def _entropy(counts: NDArray[Any]) -> float:
    share = counts[counts > 0] / counts.sum()
    return float(-(share * np.log2(share)).sum())


def _columns(table: Table, rows: Ints, changed: NDArray[np.str_]) -> list[_Column]:
    width, height, size = (table[name][rows].astype(np.int64) for name in ("width", "height", "bytes"))
    dates = [_DATE.search(str(path)) for path in table["path"][rows]]
    texts = {
        "camera": table["camera"][rows],
        "software": table["software"][rows],
        "format": table["format"][rows],
        "mode": table["mode"][rows],
        "orientation in EXIF": table["orientation"][rows].astype(str),
        "size": np.char.add(np.char.add(width.astype(str), "×"), height.astype(str)),
        "day taken": np.array([str(taken)[:10] for taken in table["taken"][rows]]),
        "day of the file": changed,
        "date in the path": np.array([re.sub(r"\D", "", found.group()) if found else "" for found in dates]),
    }
    numbers = {"short side": np.minimum(width, height).astype(float), "shape": width / np.maximum(height, 1)}
    numbers["bytes a pixel"] = size / np.maximum(width * height, 1)
    return [_of_text(name, values) for name, values in texts.items()] + [_of_numbers(name, values) for name, values in numbers.items()]


def _of_text(name: str, values: NDArray[Any]) -> _Column:
    unique, code, count = np.unique(values.astype(str), return_inverse=True, return_counts=True)
    often = np.flatnonzero(count >= _SELDOM)
    place = np.full(len(unique), len(often))
    place[often] = np.arange(len(often))
    return _numbered(name, place[code], [*(str(each) or "(none)" for each in unique[often]), "(seldom)"])


def _of_numbers(name: str, values: NDArray[np.float64]) -> _Column:
    edges = np.unique(np.quantile(values, np.arange(1, _BINS) / _BINS))
    code = np.searchsorted(edges, values, side="left")
    ends = [(values[code == each].min(), values[code == each].max()) if (code == each).any() else (0.0, 0.0) for each in range(len(edges) + 1)]
    return _numbered(name, code, [f"{low:.3g}" if low == high else f"{low:.3g} to {high:.3g}" for low, high in ends])


def _numbered(name: str, code: Ints, values: list[str]) -> _Column:
    """Without the codes that do not occur."""
    used, code = np.unique(code, return_inverse=True)
    return _Column(name, np.asarray(code, np.intp), [values[each] for each in used])


def _example(column: _Column, label: Ints, names: list[str]) -> str:
    """The value and class that bind most: n(v, y) ln(P(y | v) / P(y)) is largest."""
    joint = np.bincount(column.code * len(names) + label, minlength=len(column.values) * len(names)).reshape(-1, len(names)).astype(float)
    share = joint.sum(axis=0) / joint.sum()
    with np.errstate(divide="ignore", invalid="ignore"):
        weight = np.nan_to_num(joint * np.log(joint / joint.sum(axis=1, keepdims=True) / share))
    value, which = np.unravel_index(np.argmax(weight), weight.shape)
    count, of = int(joint[value, which]), int(joint[value].sum())
    shown = visible(column.values[value])[:_SHOWN]
    return f"of {of:,} pictures with {column.name} {shown}, {count:,} are '{visible(names[which])[:_SHOWN]}' ({share[which]:.0%} of all are)"
