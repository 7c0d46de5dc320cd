"""The pictures on which a landscape is worked out: drawn once from those that the run learned from, and the same at every point."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from vitreous.core.item import Item, Split
from vitreous.core.text import plural, visible
from vitreous.errors import DataError
from vitreous.fit.evaluation import policy_of
from vitreous.infer.network import Network
from vitreous.infer.pipeline import decoded_side_by_side
from vitreous.runs.folder import RunFolder
from vitreous.runs.tables import ITEMS_CSV, items_from_csv
from vitreous.tasks.task import Target, task_of

_MORE = 1.1  # so many times more are looked at than are needed: some may have changed


@dataclass(frozen=True)
class Sample:
    """`pictures` uint8 [N, S, S, 3] as the network sees them, and their `target`; of `available` training pictures, `left_out` had changed."""

    pictures: npt.NDArray[np.uint8]
    target: Target
    available: int
    left_out: int

    def __len__(self) -> int:
        return len(self.pictures)

    def halves(self, first: int) -> tuple["Sample", "Sample"]:
        """The first so many, and the others."""
        return self.at(slice(0, first)), self.at(slice(first, None))

    def at(self, rows: slice) -> "Sample":
        return replace(self, pictures=self.pictures[rows], target=self.target[rows])


def sample_of(run: RunFolder, network: Network, count: int, seed: int) -> Sample:
    """At most `count` of the training pictures of a run, in an order drawn by the seed. One that has changed since, or is gone, is left out.

    Raises DataError where none is left.
    """
    folder = str(run.facts["data"]["folder"])
    rows = [row for row in items_from_csv(run.read(ITEMS_CSV)) if row.split == Split.TRAIN and row.key]
    if not rows:
        raise DataError(f"{visible(str(run.path))} has no landscape", "it names no pictures that it learned from", "a run of vitreous train")
    if not os.path.isdir(folder):
        raise DataError("the pictures of the run are gone", visible(folder), "a landscape is worked out on them", "restore them there")
    drawn = [rows[place] for place in np.random.default_rng(seed).permutation(len(rows))[: int(count * _MORE) + 1]]
    items = [Item(os.path.join(folder, row.path), row.path, row.label) for row in drawn]
    kept: list[Item] = []
    pictures, left_out = [], 0
    for result in decoded_side_by_side(((place, item.path) for place, item in enumerate(items)), (network.view,), policy_of(run)):
        if len(kept) == count:
            break
        if result.decoded is None or result.decoded.key.hex() != drawn[result.index].key:
            left_out += 1
            continue
        kept.append(items[result.index])
        pictures.append(result.decoded.views[0])
    if not kept:
        raise DataError("no picture of the run is left", f"{plural(left_out, 'file')} gone or changed since the training", remedy="restore them")
    return Sample(np.stack(pictures), _target(run, kept, network.labels), len(rows), left_out)


def _target(run: RunFolder, items: Sequence[Item], labels: list[str]) -> Target:
    return task_of(run.facts).target(items, labels)
