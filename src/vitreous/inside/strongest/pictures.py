"""Whose pictures: those that a run was trained on, or those of a folder, labelled or not."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from vitreous.core.item import Item, LeftOut, Split
from vitreous.core.presence import Presence
from vitreous.core.reporter import Reporter
from vitreous.core.text import plural, visible
from vitreous.data.decode import Policy
from vitreous.data.sources import is_missed, read_any
from vitreous.errors import DataError, UnreadableImage
from vitreous.fit.evaluation import data_are_gone
from vitreous.infer.network import Network
from vitreous.infer.pipeline import Picture, decoded_side_by_side
from vitreous.runs.folder import RunFolder
from vitreous.runs.tables import ITEMS_CSV, items_from_csv
from vitreous.tasks.task import task_of

TRAINING = "of the training"
_CHANGED = "the file has changed since the training"


@dataclass
class Pictures:
    """Items in a fixed order. `known`: the hex of the content's hash that each must have, by relative path. While they are read, `size`
    gets width and height of each by its number, `left_out` those that cannot be read, `copies` the number of those passed over."""

    items: list[Item]
    what: str
    several: bool = False
    known: dict[str, str] = field(default_factory=dict)
    size: dict[int, tuple[int, int]] = field(default_factory=dict)
    left_out: list[LeftOut] = field(default_factory=list)
    copies: int = 0

    def labels(self, number: int) -> tuple[str, ...]:
        """What a picture is labelled with; nothing where that is not known."""
        label = self.items[number].label
        return Presence.read(label).present if self.several else (label,) if label else ()

    @property
    def used(self) -> str:
        """How many pictures were looked at, and which.

        >>> Pictures([], "of photos", size={0: (4, 3)}).used
        '1 picture of photos'
        """
        if self.what == TRAINING:
            return plural(len(self.size), "training picture")
        return f"{plural(len(self.size), 'picture')} {self.what}"

    def read(self, network: Network, rule: Policy, reporter: Reporter) -> Iterator[tuple[int, Picture]]:
        """The pictures as the network sees them, with their numbers; each content once, at its first place.

        Raises DataError at the end where there was none.
        """
        seen: set[bytes] = set()
        paths = ((number, item.path) for number, item in enumerate(self.items))
        for result in decoded_side_by_side(paths, (network.view,), rule):
            reporter.progress("pictures", result.index + 1, len(self.items))
            relative, decoded = self.items[result.index].relative, result.decoded
            if decoded is None:
                self.left_out.append(LeftOut(relative, _reason(result.error)))
            elif self.known and decoded.key.hex() != self.known[relative]:
                self.left_out.append(LeftOut(relative, _CHANGED))
            elif decoded.key in seen:
                self.copies += 1
            else:
                seen.add(decoded.key)
                self.size[result.index] = decoded.width, decoded.height
                yield result.index, decoded.views[0]
        if not self.size:
            first = self.left_out[0]
            arrived = f"{plural(len(self.left_out), 'file')} left out, such as {visible(first.relative)}: {first.reason}"
            raise DataError("no picture is left to look at", arrived)


def training_pictures(run: RunFolder) -> Pictures:
    """What the run learned from. Raises DataError where the folder is gone."""
    folder = str(run.facts["data"]["folder"])
    if data_are_gone(run):
        remedy = "bring the folder back, or give another: vitreous see RUN FOLDER --strongest"
        raise DataError(f"the pictures of the run are gone: {visible(folder)}", remedy=remedy)
    rows = [row for row in items_from_csv(run.read(ITEMS_CSV)) if row.split == Split.TRAIN and not row.left_out]
    items = [Item(os.path.join(folder, row.path), row.path, row.label, Split.TRAIN) for row in rows]
    return Pictures(items, TRAINING, task_of(run.facts).name == "multilabel", {row.path: row.key for row in rows if row.key})


def pictures_of(data: Path) -> Pictures:
    """All pictures of a folder or a table, with their labels where it has some. Raises DataError where there is no picture."""
    source = read_any(data)
    left_out = [entry for entry in source.left_out if is_missed(entry)]
    return Pictures(list(source.items), f"of {visible(data.name) or 'this folder'}", source.several is not None, left_out=left_out)


def _reason(error: UnreadableImage | None) -> str:
    if error is None:
        return "not decoded"
    return f"{error.arrived}; {error.remedy}" if error.remedy else error.arrived
