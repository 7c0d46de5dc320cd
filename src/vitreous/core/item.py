"""One labelled picture of a data set, before it is opened."""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path


class Split(StrEnum):
    """Which part of the data a picture belongs to."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"


# What folders and CSV cells call the three parts, any case.
SPLIT_ALIASES = {
    "train": Split.TRAIN,
    "training": Split.TRAIN,
    "valid": Split.VALIDATION,
    "val": Split.VALIDATION,
    "validation": Split.VALIDATION,
    "dev": Split.VALIDATION,
    "test": Split.TEST,
    "testing": Split.TEST,
}


@dataclass(frozen=True, slots=True)
class Item:
    """A file and what is known of it. `relative` is the path below the data folder, with forward slashes.

    `label` is the name of its class; where a picture can have several labels, a `core.presence.Presence` as text.
    """

    path: str
    relative: str
    label: str
    split: Split | None = None
    group: str | None = None


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A file that is not used, and why."""

    relative: str
    reason: str


@dataclass(frozen=True)
class Source:
    """What a data folder or a CSV holds: the items in a fixed order, what was left out, and remarks for the user.

    `several`: the labels that a picture may have, in sorted order, where it may have several; None where it has one. `columns`: each of
    them is a column of the table, so that of a label without one nothing is known; else what is not named is not there.
    """

    root: Path
    kind: str  # "class folders", "split folders", "csv", "boxes"
    items: list[Item]
    left_out: list[LeftOut] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    table: str = ""  # the name of the CSV file
    several: tuple[str, ...] | None = None
    columns: bool = False

    @property
    def task(self) -> str:
        """What is asked of a picture, by what the data say: "classify" (one label) or "multilabel" (several)."""
        return "classify" if self.several is None else "multilabel"

    @property
    def labels(self) -> list[str]:
        """Class names in sorted order: the order of a network's outputs."""
        return sorted({item.label for item in self.items}) if self.several is None else list(self.several)
