"""Who trains, who is asked meanwhile, who is asked last: 70 % training, 15 % validation, 15 % test, where the data does not say.

Pictures that belong together (copies, near copies, and whatever shares a given group) stay on one side. Each class is divided in
the same shares as the whole. One greedy rule does it, a group at a time, mixed groups first, then large before small:

    the part whose targets it overshoots least, Σ over its classes of max(0, had + comes − target);
    among those, the part that still lacks the largest share of its target.

So groups of each size go to all parts, and each class ends within about one group of its target. The order among equals is drawn
by hashing the seed with the path inside the data folder: the same on every machine, and little changes when a file is added.
A class with at least two groups has one in training and one in test, whatever its share. Where a picture can have several labels, or none, each
label is divided in the same shares by iterative stratification (`stratify`).

Source: K. Sechidis, G. Tsoumakas, I. Vlahavas, "On the Stratification of Multi-Label Data", ECML 2011 (the greedy rule).
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from vitreous.core.item import Item, Split
from vitreous.core.text import plural, visible
from vitreous.data.duplicates import IntArray, connected
from vitreous.data.stratify import stratified
from vitreous.errors import DataError

SHARES = {Split.TRAIN: 0.70, Split.TEST: 0.15, Split.VALIDATION: 0.15}
FEW = 7  # images: with fewer in a class, three parts cannot all have one

Draw = int | bytes
BoolArray = npt.NDArray[np.bool_]
# Class numbers, int [N]; or where a picture has several labels 0, 1 and NaN (unknown), [N, K].
Target = npt.NDArray[Any]
# The labels that a picture has, of those that there are.
LabelsOf = Callable[[Item], Sequence[str]]


@dataclass(frozen=True)
class Division:
    """The part of each item. `given`: the data came divided. `group`: what stays together, by number.

    `leaks` names for each test item that has a relative (same group) in training or validation the item and its first relative;
    `contradictions` the groups of copies whose members carry different labels; `classes_too_small` the classes with fewer than 7 images.
    """

    split: list[Split]
    given: bool
    group: IntArray = field(compare=False)
    remarks: list[str] = field(default_factory=list)
    leaks: list[tuple[int, int]] = field(default_factory=list)
    contradictions: list[list[int]] = field(default_factory=list)
    classes_too_small: list[str] = field(default_factory=list)

    def indices(self, part: Split) -> IntArray:
        return np.flatnonzero(np.array([own == part for own in self.split], dtype=bool))


def one_label(item: Item) -> Sequence[str]:
    """The label of a picture that has one."""
    return (item.label,)


def assign(items: Sequence[Item], group: IntArray, seed: int, pinned: Sequence[int] = (), labels_of: LabelsOf = one_label) -> Division:
    """The split of every item. `group` [N] numbers the groups of copies; items that name the same `Item.group` are joined to them.

    A split that the data gives is used as it is, also where it leaks; items without one then go to training. Where the split is
    made here, the `pinned` items and their groups do not go to the test part: choices were already made on them.
    Raises DataError when there are no items, or a given split has no training part.
    """
    if not items:
        raise DataError("splitting the data", "no items arrived", "pictures with labels are needed")
    copies, group = group, _joined(items, group)
    labels = [labels_of(item) for item in items]
    named = [item.split for item in items]
    given = any(part not in (None, Split.TRAIN) for part in named)
    remarks: list[str] = []
    if given:
        split = [part or Split.TRAIN for part in named]
        remarks += _about_given(named)
    else:
        if any(named):
            remarks.append("Only a training part is given: it is divided into training, validation and test.")
        split = _divided(items, labels, group, seed, pinned)
    division = Division(split, given, group, remarks, _leaks(split, group), _contradictions(items, copies), _too_small(labels))
    remarks += _about_result(items, labels, division)
    return division


def hold_out(labels: Target, groups: IntArray, share: float, seed: int) -> BoolArray:
    """True for the items held out: this share of each class or label, whole groups. `groups` int [N]; 0 < share < 1.

    One with at least two groups has one on each side.
    """
    parts = _placed(labels, groups, [1 - share, share], _draw(groups, seed), required=(0, 1))
    return np.asarray(parts == 1, dtype=np.bool_)


def folds(labels: Target, groups: IntArray, count: int, seed: int) -> IntArray:
    """The fold of each item, 0 to count − 1: int [N]. Whole groups, each class or label spread evenly."""
    return _placed(labels, groups, [1 / count] * count, _draw(groups, seed), required=())


def _divided(items: Sequence[Item], labels: Sequence[Sequence[str]], group: IntArray, seed: int, pinned: Sequence[int]) -> list[Split]:
    parts = list(SHARES)
    draw = _draw_by_path(items, group, seed)
    test = parts.index(Split.TEST)
    closed = dict.fromkeys(group[list(pinned)].tolist(), test)
    chosen = _placed(_numbered(labels), group, [SHARES[part] for part in parts], draw, (parts.index(Split.TRAIN), test), closed)
    return [parts[part] for part in chosen]


def _numbered(labels: Sequence[Sequence[str]]) -> Target:
    """Class numbers [N] where each picture has exactly one; else which it has, [N, K]."""
    if all(len(own) == 1 for own in labels):
        return np.unique([name for own in labels for name in own], return_inverse=True)[1]
    names = sorted({name for own in labels for name in own})
    place = {name: number for number, name in enumerate(names)}
    present = np.zeros((len(labels), len(names)))
    for row, own in enumerate(labels):
        present[row, [place[name] for name in own]] = 1
    return present


def _placed(
    target: Target,
    groups: IntArray,
    shares: list[float],
    draw: Sequence[Draw],
    required: tuple[int, ...],
    closed: Mapping[int, int] = MappingProxyType({}),
) -> IntArray:
    """The part of each item: by the greedy rule for one class each, by iterative stratification for several labels."""
    if target.ndim == 1:
        return _greedy(target, groups, shares, draw, required, closed)
    numbers, member = np.unique(groups, return_inverse=True)
    place = {number: g for g, number in enumerate(numbers.tolist())}
    return stratified(target == 1, member, shares, draw, required, {place[number]: part for number, part in closed.items()})


def _greedy(
    labels: IntArray,
    groups: IntArray,
    shares: list[float],
    draw: Sequence[Draw],
    required: tuple[int, ...],
    closed: Mapping[int, int] = MappingProxyType({}),
) -> IntArray:
    """The part of each item by the rule above: int [N]. `draw[g]` orders the g-th group, counted in the order of np.unique.

    `required`: parts in which each class shall be, if it has enough groups. `closed`: by group number a part that it may not go to.
    """
    unique = np.unique(groups).tolist()
    contents, member = _contents(labels, groups)
    total = np.bincount(np.unique(labels, return_inverse=True)[1]).tolist()
    state = _State([[share * count for count in total] for share in shares], shares)
    for content in contents:
        for label in content:
            state.ahead[label] += 1
    # The bound ones first: the free ones can make up for them.
    order = sorted(range(len(unique)), key=lambda g: (unique[g] not in closed, len(contents[g]) == 1, -sum(contents[g].values()), draw[g]))
    part_of = np.zeros(len(unique), dtype=np.intp)
    for g in order:
        parts = [part for part in range(len(shares)) if part != closed.get(unique[g])]
        part_of[g] = state.place(contents[g], parts, [part for part in required if part in parts])
    return np.asarray(part_of[member], dtype=np.intp)


def _contents(labels: IntArray, groups: IntArray) -> tuple[list[dict[int, int]], IntArray]:
    """For each group how many items it has of each class (classes numbered from 0), and for each item the place of its group."""
    unique, member = np.unique(groups, return_inverse=True)
    contents: list[dict[int, int]] = [{} for _ in unique]
    for one, label in zip(member.tolist(), np.unique(labels, return_inverse=True)[1].tolist(), strict=True):
        contents[one][label] = contents[one].get(label, 0) + 1
    return contents, member


class _State:
    """What each part has of each class, against its targets [parts][classes]."""

    def __init__(self, target: list[list[float]], shares: list[float]) -> None:
        self.target, self.shares = target, shares
        self.have = [[0] * len(target[0]) for _ in shares]
        self.filled = [0] * len(shares)
        self.ahead = [0] * len(target[0])  # groups still to come

    def place(self, content: dict[int, int], parts: list[int], required: list[int]) -> int:
        part = self._last_chance(content, required)
        if part is None:
            part = min(parts, key=lambda p: self._against(p, content))
        for label, count in content.items():
            self.have[part][label] += count
            self.filled[part] += count
            self.ahead[label] -= 1
        return part

    def _against(self, part: int, content: dict[int, int]) -> tuple[float, float, float]:
        """What speaks against this part, the weightiest first: the overshoot, how little it lacks, how full it is."""
        have, target = self.have[part], self.target[part]
        overshoot = lacking = 0.0
        for label, count in content.items():
            overshoot += max(0.0, have[label] + count - target[label])
            lacking += count * (1 - have[label] / target[label])
        return round(overshoot, 9), round(-lacking, 9), self.filled[part] / self.shares[part]

    def _last_chance(self, content: dict[int, int], required: list[int]) -> int | None:
        """The required part that one of these classes would otherwise miss, because too few groups of it are to come."""
        for place, part in enumerate(required):
            for label in content:
                if self.have[part][label] == 0 and self.ahead[label] <= sum(self.have[other][label] == 0 for other in required[place:]):
                    return part
        return None


def _draw(groups: IntArray, seed: int) -> list[Draw]:
    # The raw stream of PCG64 is the part of numpy's generators that never changes between versions (NEP 19).
    raw = np.random.PCG64(seed).random_raw(len(np.unique(groups)))
    return [int(value) for value in raw]


def _draw_by_path(items: Sequence[Item], group: IntArray, seed: int) -> list[Draw]:
    first: dict[int, str] = {}
    for item, number in zip(items, group.tolist(), strict=True):
        first[number] = min(item.relative, first.get(number, item.relative))
    return [blake2b(f"{seed}\0{first[number]}".encode("utf-8", "surrogatepass"), digest_size=8).digest() for number in sorted(first)]


def _joined(items: Sequence[Item], group: IntArray) -> IntArray:
    """Groups of copies and groups by name, joined wherever they share an item."""
    if len(group) != len(items):
        raise ValueError(f"assign: {len(group)} group numbers for {len(items)} items; one for each is needed")
    first_of_number: dict[int, int] = {}
    first_of_name: dict[str, int] = {}
    by_copy = [first_of_number.setdefault(number, index) for index, number in enumerate(group.tolist())]
    by_name = [index if item.group is None else first_of_name.setdefault(item.group, index) for index, item in enumerate(items)]
    everyone = np.arange(len(items))
    return connected(len(items), np.concatenate([everyone, everyone]), np.array(by_copy + by_name))


def _about_given(named: Sequence[Split | None]) -> list[str]:
    count = Counter(named)
    if not count[Split.TRAIN] and not count[None]:
        there = ", ".join(sorted(part.value for part in count if part))
        raise DataError("splitting the data", f"the given split has {there} but no training part", remedy="name one part 'train'")
    remarks = []
    if count[None]:
        remarks.append(f"{plural(count[None], 'image has', 'images have')} no split while others have one: they are used for training.")
    if not count[Split.VALIDATION]:
        remarks.append("No validation part is given: whatever must be chosen is chosen on a part held out from training.")
    if not count[Split.TEST]:
        remarks.append("No test part is given: nothing is kept aside for the last measurement.")
    return remarks


def _leaks(split: Sequence[Split], group: IntArray) -> list[tuple[int, int]]:
    relative: dict[int, int] = {}
    for index, number in enumerate(group.tolist()):
        if split[index] != Split.TEST:
            relative.setdefault(number, index)
    return [(i, relative[number]) for i, number in enumerate(group.tolist()) if split[i] == Split.TEST and number in relative]


def _validation_copies(division: Division) -> int:
    """How many validation items have a relative in training: the data was divided so."""
    validation = division.group[division.indices(Split.VALIDATION)]
    return int(np.isin(validation, division.group[division.indices(Split.TRAIN)]).sum())


def _contradictions(items: Sequence[Item], copies: IntArray) -> list[list[int]]:
    order = np.argsort(copies, kind="stable")
    parts = [part.tolist() for part in np.split(order, np.flatnonzero(np.diff(copies[order])) + 1)]
    return sorted(part for part in parts if len({items[i].label for i in part}) > 1)


def _too_small(labels: Sequence[Sequence[str]]) -> list[str]:
    return sorted(label for label, count in Counter(name for own in labels for name in own).items() if count < FEW)


def _about_result(items: Sequence[Item], labels: Sequence[Sequence[str]], division: Division) -> list[str]:
    remarks = []
    if division.contradictions:
        shown = "; ".join(_against_each_other(items, part) for part in division.contradictions[:3])
        remarks.append(f"{plural(len(division.contradictions), 'group')} of copies under different labels: {shown}.")
    if division.leaks:
        shown = "; ".join(f"{visible(items[test].relative)} with {visible(items[other].relative)}" for test, other in division.leaks[:3])
        belong = plural(len(division.leaks), "test image belongs", "test images belong")
        remarks.append(f"{belong} together with a training or validation image: {shown}.")
    if copied := _validation_copies(division):
        belong = plural(copied, "validation image belongs", "validation images belong")
        remarks.append(f"{belong} together with a training image: what is chosen on them will look too good.")
    remarks += _about_classes(division.classes_too_small, f"fewer than {FEW} images")
    remarks += _about_classes(_of_one_group(labels, division.group), "images that all belong together (copies, or one group), and count as one")
    for part, name in ((Split.TEST, "test"), (Split.TRAIN, "training")):
        present = {label for mine, own in zip(labels, division.split, strict=True) if own == part for label in mine}
        if present:
            remarks += _about_classes(sorted({label for mine in labels for label in mine} - present), f"no {name} image")
    return remarks


def _of_one_group(labels: Sequence[Sequence[str]], group: IntArray) -> list[str]:
    """The classes of several images that are all in one group: what is learned of them and what they are tested on would be the same."""
    counts = Counter(label for own in labels for label in own)
    groups: dict[str, set[int]] = {}
    for own, number in zip(labels, group.tolist(), strict=True):
        for label in own:
            groups.setdefault(label, set()).add(number)
    return sorted(label for label, found in groups.items() if len(found) == 1 and counts[label] > 1)


def _against_each_other(items: Sequence[Item], part: list[int]) -> str:
    other = next(i for i in part if items[i].label != items[part[0]].label)
    return " and ".join(f"{visible(items[i].relative)} ({visible(items[i].label)})" for i in (part[0], other))


def _about_classes(names: list[str], what: str) -> list[str]:
    if not names:
        return []
    shown = ", ".join(visible(name) for name in names[:8]) + (", …" if len(names) > 8 else "")
    return [f"{plural(len(names), 'class has', 'classes have')} {what}: {shown}."]
