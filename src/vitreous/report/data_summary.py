"""What a run's table of pictures says of the data: counts, sizes, what was left out and why, copies, and what the network does not see."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from vitreous.core.item import Item, Split
from vitreous.core.view import View
from vitreous.runs.contents import Contents
from vitreous.runs.tables import ItemRow
from vitreous.tasks.task import task_of


@dataclass(frozen=True)
class ClassCount:
    """How many pictures a class has in each part."""

    label: str
    train: int
    validation: int
    test: int

    @property
    def total(self) -> int:
        return self.train + self.validation + self.test


@dataclass(frozen=True)
class Reason:
    """Why files were left out, how many, and the first of them."""

    reason: str
    count: int
    examples: list[str]


@dataclass(frozen=True)
class Sizes:
    """Upright sizes in pixels, by the short side, then by the long one: (width, height) of the smallest, the median and the largest picture;
    `enlarged`: the share whose short side is below what the network sees."""

    smallest: tuple[int, int]
    median: tuple[int, int]
    largest: tuple[int, int]
    enlarged: float

    def __str__(self) -> str:
        smallest, median, largest = (f"{width} × {height}" for width, height in (self.smallest, self.median, self.largest))
        if smallest == largest:
            return f"Every picture has {median} pixels."
        return f"The median picture has {median} pixels, the smallest {smallest}, the largest {largest}."


@dataclass(frozen=True)
class DataSummary:
    """`used`: pictures that the run was made of. `copies`: how many of them have the bytes of an earlier one. `contradictions`: groups of
    files with the same bytes and different labels, as (path, label). `unseen`: mean share of the area outside of the network's view. `parts`:
    pictures of each part."""

    used: int
    classes: list[ClassCount]
    left_out: list[Reason]
    copies: int
    contradictions: list[list[tuple[str, str]]]
    sizes: Sizes | None
    unseen: float
    parts: Mapping[str, int]

    @property
    def num_left_out(self) -> int:
        return sum(each.count for each in self.left_out)

    def in_part(self, part: str) -> int:
        """`part`: train, validation or test."""
        return self.parts.get(part, 0)


def summarize(contents: Contents) -> DataSummary:
    """From `items` and the facts of a run; classes in the order of the network's outputs."""
    used = [row for row in contents.items if not row.left_out]
    task = task_of(contents.facts)
    counts = Counter((label, row.split) for row in used for label in task.labels_of(Item("", row.path, row.label)))
    classes = [ClassCount(label, *(counts[label, part] for part in Split)) for label in contents.facts["labels"]]
    view = _view(contents.facts)
    left_out = [row for row in contents.items if row.left_out]
    by_key: dict[str, list[ItemRow]] = defaultdict(list)
    for row in used:
        if row.key:
            by_key[row.key].append(row)
    several = [rows for rows in by_key.values() if len(rows) > 1]
    contradictions = [[(row.path, row.label) for row in rows] for rows in several if len({row.label for row in rows}) > 1]
    return DataSummary(
        len(used),
        classes,
        _reasons(left_out),
        sum(len(rows) - 1 for rows in several),
        contradictions,
        _sizes(used, view),
        _unseen(used, view),
        Counter(str(row.split) for row in used),
    )


def _view(facts: Any) -> View | None:
    stored = (facts.get("preprocessing") or {}).get("view")
    return View.from_json(stored) if stored else None


def _reasons(rows: Sequence[ItemRow]) -> list[Reason]:
    by_reason: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        by_reason[row.left_out].append(row.path)
    return sorted((Reason(reason, len(paths), paths[:5]) for reason, paths in by_reason.items()), key=lambda each: -each.count)


def _sizes(rows: Sequence[ItemRow], view: View | None) -> Sizes | None:
    known = np.array([(row.width, row.height) for row in rows if row.width and row.height], dtype=int).reshape(-1, 2)
    if not len(known):
        return None
    short, long = known.min(axis=1), known.max(axis=1)
    order = np.lexsort((known[:, 0], long, short))  # where all short sides are equal, by the long one
    smallest, median, largest = ((int(known[place][0]), int(known[place][1])) for place in (order[0], order[len(order) // 2], order[-1]))
    return Sizes(smallest, median, largest, float((short < view.size).mean()) if view else 0.0)


def _unseen(rows: Sequence[ItemRow], view: View | None) -> float:
    sizes = Counter((row.width, row.height) for row in rows if row.width and row.height)
    if view is None or not sizes:
        return 0.0
    return sum(view.unseen(width, height) * count for (width, height), count in sizes.items() if width and height) / sum(sizes.values())
