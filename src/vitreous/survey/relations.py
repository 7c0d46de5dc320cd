"""How pictures stand to each other: copies, copies under different labels, and relatives on both sides of a split."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from vitreous.core.item import Split
from vitreous.data.duplicates import IntArray
from vitreous.survey.table import Table

How = Literal["exact", "near", "group"]
_ORDER = (Split.TRAIN, Split.VALIDATION, Split.TEST)


@dataclass(frozen=True)
class Leak:
    """A picture of one part of the data that has a relative in an earlier one: a test picture in training or validation, or a validation
    picture in training. `how`: an exact copy, a near copy, or only of the same --group."""

    image: str
    split: str
    other: str
    other_split: str
    how: How


def lists_of_copies(table: Table) -> tuple[list[list[str]], list[list[str]]]:
    """Paths of pictures with the same bytes, group by group; and groups of copies in which at least two files differ."""
    content = np.unique(np.array(table.keys, "V16"), return_inverse=True)[1] if len(table) else np.zeros(0, np.intp)
    exact = [_paths(table, members) for members in _groups(content)]
    near = [_paths(table, members) for members in _groups(table.copies) if len(np.unique(content[members])) > 1]
    return exact, near


def contradictions(table: Table) -> list[list[tuple[str, str]]]:
    """Groups of copies that carry different labels: path and label of each."""
    labels = table["label"]
    groups = [members for members in _groups(table.copies) if len(set(labels[members])) > 1]
    return [[(str(table["path"][i]), str(labels[i])) for i in members] for members in groups]


def leaks(table: Table) -> list[Leak]:
    """Every picture with a relative in an earlier part, with one of its relatives: an exact copy rather than a near one."""
    rank = np.array([_ORDER.index(Split(split)) if split else -1 for split in table["split"]], np.intp)
    if len(set(rank.tolist()) - {-1}) < 2:
        return []
    found: dict[int, Leak] = {}
    for members in _groups(table.copies):
        found |= {i: _leak(table, i, other) for i, other in _across(table, members, rank)}
    names = np.unique(table["group"].astype(str), return_inverse=True)[1]
    for members in _groups(names):
        if table["group"][members[0]]:
            for i, other in _across(table, members, rank):
                found.setdefault(i, _leak(table, i, other))
    return [found[i] for i in sorted(found)]


def _across(table: Table, members: IntArray, rank: IntArray) -> Iterator[tuple[int, int]]:
    """For each member that has one in an earlier part (training first): the member, and one of those."""
    parts = {part: members[rank[members] == part] for part in range(len(_ORDER))}
    first = {part: {table.keys[i]: int(i) for i in theirs[::-1]} for part, theirs in parts.items()}
    for part in (1, 2):
        for i in parts[part].tolist():
            earlier = [first[before] for before in range(part) if first[before]]
            exact = [each[table.keys[i]] for each in earlier if table.keys[i] in each]
            if earlier:
                yield i, exact[0] if exact else next(iter(earlier[0].values()))


def _leak(table: Table, image: int, other: int) -> Leak:
    how: How = "exact" if table.keys[image] == table.keys[other] else "near" if table.copies[image] == table.copies[other] else "group"
    paths, splits = table["path"], table["split"]
    return Leak(paths[image], splits[image], paths[other], splits[other], how)


def _groups(number: IntArray) -> list[IntArray]:
    """The places of equal numbers, for each number that is there at least twice, in the order of the first place."""
    order = np.argsort(number, kind="stable")
    parts = np.split(order, np.flatnonzero(np.diff(number[order])) + 1)
    return sorted((part for part in parts if len(part) > 1), key=lambda part: int(part[0]))


def _paths(table: Table, members: IntArray) -> list[str]:
    return [str(path) for path in table["path"][members]]
