"""The training pictures that are nearest to a picture as the network sees it: what its answer was learned from.

Nearness is measured on the features, what the last layer reads, each made as large as the others (less its mean over the training pictures,
by its deviation): the root mean square of the differences. So 1.4 is what two pictures without anything in common have, 0 a copy. Features
that the training stored are used again, also of pictures that are gone since; what is not stored is worked out and stored.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from vitreous.core.item import Item, Split
from vitreous.core.text import plural, visible
from vitreous.data.decode import content_key, decode, read_file
from vitreous.data.pack import open_pack
from vitreous.errors import UnreadableImage, VitreousError
from vitreous.fit.evaluation import policy_of
from vitreous.fit.features import Extractor, Wanted
from vitreous.fit.stages import with_more_stages
from vitreous.infer.choose import setting_for_answers
from vitreous.infer.network import Network, load_network
from vitreous.layers.walk import Walk, read_walk
from vitreous.runs.folder import MODEL, RunFolder, open_run
from vitreous.runs.tables import ITEMS_CSV, ItemRow, items_from_csv

if TYPE_CHECKING:
    from vitreous.inside.inside import Inside

COUNT = 6
# More pictures than this are not sent through the network for a question; some of them, drawn at random, are.
_MOST = 3000
_FEATURES = "features"


@dataclass(frozen=True, eq=False)
class Neighbour:
    """A training picture: its path in the data, its label, its distance, and what the network saw of it, None where it is gone."""

    path: str
    label: str
    distance: float
    picture: NDArray[np.uint8] | None

    def to_json(self) -> dict[str, Any]:
        return {"image": self.path, "label": self.label, "distance": round(self.distance, 4), "gone": self.picture is None}


@dataclass(frozen=True, eq=False)
class Evidence:
    """The nearest of `count` training pictures, the nearest first, and what else is to be said."""

    neighbours: tuple[Neighbour, ...]
    count: int
    remarks: tuple[str, ...] = ()

    def share(self, label: str) -> int:
        """How many of them have this label, alone or among others."""
        return sum(label in (each.label, *each.label.split(";")) for each in self.neighbours)

    def to_json(self) -> dict[str, Any]:
        return {"nearest": [each.to_json() for each in self.neighbours], "of_pictures": self.count, "remarks": list(self.remarks)}


def evidence(found: "Inside", count: int = COUNT) -> Evidence | None:
    """The `count` nearest training pictures; None where the network is not that of a run, or has no features."""
    run = run_of(found.network)
    if run is None or _FEATURES not in found.values:
        return None
    rows = [row for row in items_from_csv(run.read(ITEMS_CSV)) if row.split == Split.TRAIN and row.key]
    remarks = []
    if len(rows) > _MOST:
        drawn = sorted(np.random.default_rng(0).choice(len(rows), _MOST, replace=False).tolist())
        remarks.append(f"among {_MOST:,} of {len(rows):,} training pictures, drawn at random")
        rows = [rows[k] for k in drawn]
    features, known = _features(found, run, rows)
    if not known.any():
        return Evidence((), 0, (f"the training pictures are gone: {visible(str(run.facts['data']['folder']))}",))
    if not known.all():
        remarks.append(f"{plural(int((~known).sum()), 'training picture')} gone or changed since, and left out")
    kept = np.flatnonzero(known)
    distance = distances(features[kept], found.values[_FEATURES][0])
    nearest = kept[np.argsort(distance, kind="stable")[:count]]
    by_row = dict(zip(kept.tolist(), distance.tolist(), strict=True))
    neighbours = tuple(_neighbour(found, run, rows[row], by_row[row]) for row in nearest.tolist())
    if _key_of(found.image) == rows[int(nearest[0])].key:
        remarks.append("the picture itself was trained on")
    return Evidence(neighbours, len(kept), tuple(remarks))


def distances(features: NDArray[np.float32], one: NDArray[np.float32]) -> NDArray[np.float64]:
    """Root mean square differences of standardized features [N, D] to `one` [D]. What is the same in all of them does not count."""
    wide = features.astype(np.float64)
    deviation = wide.std(0)
    counts = deviation > 1e-6 * max(1e-30, float(np.abs(wide).max()))
    if not counts.any():
        return np.zeros(len(features))
    apart = (wide[:, counts] - one[counts]) / deviation[counts]
    return np.asarray(np.sqrt(np.square(apart).mean(1)))


def run_of(network: Network) -> RunFolder | None:
    """The run that a network is the model.onnx of."""
    folder = Path(network.path).parent
    if network.path.name != MODEL or not os.path.isfile(folder / "run.json"):
        return None
    try:
        run = open_run(folder)
        return run if run.read(MODEL) == network.data else None
    except VitreousError:
        return None


def _features(found: "Inside", run: RunFolder, rows: Sequence[ItemRow]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Features [N, D] of training pictures, and which of them are known."""
    folder, rule = str(run.facts["data"]["folder"]), policy_of(run)
    network, width = _made_by(found), found.values[_FEATURES].shape[1]
    features, known = np.zeros((len(rows), width), np.float32), np.zeros(len(rows), bool)
    with open_pack(Path(folder), rule.key) as pack:
        setting, wanted = setting_for_answers(found.network, len(rows), "auto"), Wanted(width=width)
        extractor = Extractor(network, setting, pack, rule, lambda stage, done, total: None, wanted)
        stored = extractor.stored(found.network.view)
        for number, row in enumerate(rows):
            if (values := stored(bytes.fromhex(row.key))) is not None:
                features[number], known[number] = values, True
        missing = [n for n in np.flatnonzero(~known).tolist() if os.path.isfile(os.path.join(folder, rows[n].path))]
        if missing:
            items = [Item(os.path.join(folder, rows[n].path), rows[n].path, rows[n].label, Split.TRAIN) for n in missing]
            gathered = extractor.gather(items, found.network.view, "features")
            for place, number in enumerate(missing):
                if gathered.keys[place].hex() == rows[number].key:
                    features[number], known[number] = gathered.features[place], True
    return features, known


def _made_by(found: "Inside") -> Network:
    """The network whose features the training stored: the shipped one, asked at more stages or not, where the run's is that one with another head."""
    shipped = load_network()
    if found.network.facts.get("network") == shipped.facts["network"] and _begins_with(found.walk, read_walk(shipped.data)):
        wide = with_more_stages(shipped)
        return wide if wide.facts.get("features") == found.values[_FEATURES].shape[1] else shipped
    return found.network


def _begins_with(walk: Walk, shipped: Walk) -> bool:
    """Whether all weights before the features are those of the shipped network."""
    own = {name for node in shipped.nodes for name in node.inputs if name in shipped.constants and not name.startswith("classifier.")}
    return all(name in walk.constants and np.array_equal(walk.constants[name], shipped.constants[name]) for name in own)


def _neighbour(found: "Inside", run: RunFolder, row: ItemRow, distance: float) -> Neighbour:
    try:
        decoded = decode(os.path.join(str(run.facts["data"]["folder"]), row.path), (found.network.view,), policy_of(run))
    except UnreadableImage:
        return Neighbour(row.path, row.label, distance, None)
    return Neighbour(row.path, row.label, distance, decoded.views[0] if decoded.key.hex() == row.key else None)


def _key_of(path: str) -> str:
    try:
        return content_key(read_file(path)).hex()
    except UnreadableImage:
        return ""
