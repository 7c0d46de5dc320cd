"""Whether new pictures are other ones than a run was trained on: what they show, how they look, what the model answers.

    what they show      features of the shipped network, which was fitted to neither sample: energy test
    predicted classes   on new pictures, beside those on pictures that the model was not fitted to: χ²
    how they look       brightness, contrast, sharpness, size, proportions, bytes a pixel: Kolmogorov–Smirnov; camera: χ²

All of them together give a false alarm in at most the share `rate` of the cases where nothing differs (Holm). Copies count once, and pictures
that the run was trained on are no new ones.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vitreous.core.item import Item, LeftOut, Split
from vitreous.core.reporter import Reporter
from vitreous.core.text import plural, visible
from vitreous.core.view import View
from vitreous.data.duplicates import find_duplicates
from vitreous.data.pack import open_pack
from vitreous.data.sources import is_missed, read_any
from vitreous.errors import DataError, UsageError
from vitreous.fit.evaluation import data_are_gone, policy_of
from vitreous.fit.features import Extractor, Gathered, Wanted
from vitreous.fit.stages import with_more_stages
from vitreous.infer.choose import setting_for_answers
from vitreous.infer.network import Network, load_network
from vitreous.runs.contents import HELD_OUT_CSV
from vitreous.runs.folder import RunFolder
from vitreous.runs.tables import ITEMS_CSV, items_from_csv, predictions_from_csv
from vitreous.tasks.task import task_of
from vitreous.trust.unknown.differences import Difference, held_to, kinds_differ, looks_differ, pictures_differ
from vitreous.trust.unknown.promises import one_of_each
from vitreous.trust.unknown.telling import Counts, Drift, Shown

MOST = 1500  # pictures of each sample, drawn at random: the distances of all pairs are in memory
_EXAMPLES = 12


@dataclass(frozen=True, eq=False)
class Sample:
    """Pictures of a folder: their facts, and features [N, D] of the shipped network."""

    folder: Path
    items: list[Item]
    keys: list[bytes]
    facts: NDArray[np.void]
    features: NDArray[np.float32]
    left_out: list[LeftOut]

    def at(self, places: Sequence[int]) -> "Sample":
        keys = [self.keys[place] for place in places]
        return replace(self, items=[self.items[place] for place in places], keys=keys, facts=self.facts[places], features=self.features[places])

    def without_copies(self) -> "Sample":
        group = find_duplicates(self.keys, self.facts["thumbnail"]).group
        return self.at(np.sort(np.unique(group, return_index=True)[1]).tolist())

    def shown(self, places: Sequence[int]) -> list[Shown]:
        return [Shown(self.items[place].relative, self.keys[place].hex(), self.items[place].label) for place in places]


def drift_of(run: RunFolder, network: Network, data: Path, rate: float, seed: int, reporter: Reporter) -> Drift:
    """Compare the pictures of a folder or table with those that `run` was trained on.

    Raises UsageError, DataError where there is no picture, or where those of the run are gone.
    """
    if not 0 < rate < 1:
        raise UsageError("--rate", f"{rate:g}", "a share above 0 and below 1", "0.05 is a false alarm in one of twenty")
    source = read_any(data)  # what is no folder of pictures is said before those of the run are looked at
    folder = Path(str(run.facts["data"]["folder"]))
    if data_are_gone(run):
        raise DataError(f"the pictures that the run was trained on are gone: {visible(str(folder))}", remedy="bring the folder back")
    rng = np.random.default_rng(seed)
    rows = [row for row in items_from_csv(run.read(ITEMS_CSV)) if row.split in (Split.TRAIN, Split.VALIDATION)]
    known = {row.key for row in rows}
    items = [Item(str(folder / row.path), row.path, row.label) for row in rows]
    old = sample_of(run, folder, _drawn(items, rng), "pictures of the run", reporter)
    new = sample_of(run, source.root, _drawn(source.items, rng), "new pictures", reporter)
    new = replace(new, left_out=[*(each for each in source.left_out if is_missed(each)), *new.left_out])
    if not new.items or not old.items:
        which, sample = ("new picture", new) if not new.items else ("picture of the run", old)
        first = sample.left_out[0]
        raise DataError(f"no {which} can be read", f"{plural(len(sample.left_out), 'file')}, such as {visible(first.relative)}: {first.reason}")
    fresh = [place for place, key in enumerate(new.keys) if key.hex() not in known]
    seen = Counts(len(source.items), len(new.items), len(new.items) - len(fresh))
    old, new = old.without_copies(), new.at(fresh).without_copies()
    found = Drift(run.path.name, data, rate, len(old.items), len(new.items), seen, new.left_out)
    if not new.items:
        return found
    compared, witness = _differences(run, network, old, new, rng, reporter)
    strange = np.argsort(-witness[len(old.items) :], kind="stable")[:_EXAMPLES].tolist()
    missing = np.argsort(witness[: len(old.items)], kind="stable")[:_EXAMPLES].tolist()
    remarks = [] if task_of(run.facts).name == "classify" else ["the run has several labels: how often each is said is not compared"]
    return replace(
        found, differences=held_to(rate, compared), strange=new.shown(strange), missing=old.shown(missing), remarks=remarks,
        folders=(folder, source.root), policy=policy_of(run),
    )  # fmt: skip


def _differences(
    run: RunFolder, network: Network, old: Sample, new: Sample, rng: np.random.Generator, reporter: Reporter
) -> tuple[list[Difference], NDArray[np.float64]]:
    shown, witness = pictures_differ(old.features, new.features, rng)
    found = [shown]
    if task_of(run.facts).name == "classify" and HELD_OUT_CSV in run.document.files:
        held = predictions_from_csv(run.read(HELD_OUT_CSV))
        before = held.probability[one_of_each(held.paths, run.facts.get("groups", {}))].reshape(-1, len(held.classes)).argmax(1)
        labels = list(run.facts["labels"])
        answers = _gathered(run, new.folder, network, network.view, new.items, Wanted("probability", len(labels)), "answers", reporter)
        found.append(kinds_differ("predicted classes", before, answers.features.argmax(1), labels, rng))
    return [*found, *looks_differ(old.facts, new.facts, rng)], witness


def sample_of(run: RunFolder, folder: Path, items: list[Item], what: str, reporter: Reporter) -> Sample:
    """What can be read of them."""
    network = with_more_stages(load_network())
    own = str(run.facts.get("network", {}).get("network", "")) == load_network().facts.get("network")
    view = View.from_json(run.facts["preprocessing"]["view"]) if own else network.view  # as training has left them in the pack
    wanted = Wanted(width=int(network.facts["features"]))
    gathered = _gathered(run, folder, network, view, items, wanted, what, reporter)
    kept = gathered.readable
    found = Sample(folder, items, gathered.keys, gathered.facts, gathered.features, list(gathered.errors.values()))
    return found.at(kept)


def _gathered(
    run: RunFolder, folder: Path, network: Network, view: View, items: list[Item], wanted: Wanted, what: str, reporter: Reporter
) -> Gathered:
    rule = policy_of(run)
    with open_pack(folder, rule.key) as pack:
        setting = setting_for_answers(network, len(items), "auto")
        return Extractor(network, setting, pack, rule, reporter.progress, wanted).gather(items, view, what)


def _drawn(items: list[Item], rng: np.random.Generator) -> list[Item]:
    """All of them, or `MOST` at random, in their order."""
    if len(items) <= MOST:
        return items
    return [items[number] for number in np.sort(rng.permutation(len(items))[:MOST]).tolist()]
