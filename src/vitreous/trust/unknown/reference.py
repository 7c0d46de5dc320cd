"""What "none of these" is told by, for a run: made from its own pictures when it is first asked for, and then kept with it (reference.npz).

Which pictures are ordinary ones that the model was not fitted to: where the network stayed as it was (a probe), those with answers out of fold,
and their distances are taken out of fold too; where it learned, validation and test pictures, as its features fit what it learned from.
"""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np

from vitreous.core.item import Item, Split
from vitreous.core.reporter import Reporter
from vitreous.core.text import plural, visible
from vitreous.data.pack import open_pack
from vitreous.data.split import folds
from vitreous.errors import DataError, RunError, StorageError
from vitreous.fit.evaluation import data_are_gone, policy_of
from vitreous.fit.features import Extractor, Wanted
from vitreous.fit.head import Floats, Ints
from vitreous.fit.stages import with_more_stages
from vitreous.infer.choose import setting_for_answers
from vitreous.infer.network import Network, load_network
from vitreous.metrics.figures import FloatArray
from vitreous.runs.amending import amend
from vitreous.runs.contents import HELD_OUT_CSV
from vitreous.runs.folder import RunFolder
from vitreous.runs.tables import ITEMS_CSV, PREDICTIONS_CSV, Predictions, items_from_csv, predictions_from_csv
from vitreous.tasks.task import require_one_label
from vitreous.trust.unknown.promises import one_of_each
from vitreous.trust.unknown.unlike import Reference, reference, require_rate, space_of

REFERENCE = "reference.npz"
_FOLDS = 5


def reference_of(run: RunFolder, network: Callable[[], Network], rate: float, reporter: Reporter) -> tuple[Reference, RunFolder]:
    """The run's reference, and the run, into which it is put where it was not there.

    Raises UsageError, DataError where its pictures are gone, RunError for a run that kept no answers on held-out pictures.
    """
    require_rate(rate)
    require_one_label(run.facts, "--unknown", "several labels may all be missing: then none is said")
    if REFERENCE in run.document.files:
        with suppress(KeyError):  # of another version, which kept other figures: made again
            return Reference.from_bytes(run.read(REFERENCE)), run
    if HELD_OUT_CSV not in run.document.files:
        where = visible(str(run.path))
        raise RunError(
            f"no limit can be chosen for {where}", "an older version trained it, which kept no answers on held-out pictures", remedy="train again"
        )
    made = _made(run, network(), reporter)
    try:
        return made, amend(run, {REFERENCE: made.to_bytes()}, run.facts)
    except (RunError, StorageError) as error:  # a run that cannot be written, or is not finished, is asked all the same
        reporter.say(f"The reference is not kept with the run, and will be made again: {visible(str(error))}")
        return made, run


def _made(run: RunFolder, network: Network, reporter: Reporter) -> Reference:
    folder = str(run.facts["data"]["folder"])
    if data_are_gone(run):
        needed = f"the pictures that it was trained on, in {visible(folder)}, once"
        raise DataError(f"no limit can be chosen for {visible(str(run.path))}", "its pictures are gone", needed, "bring the folder back")
    labels, learned = list(run.facts["labels"]), not _is_probe(run)
    number = {label: k for k, label in enumerate(labels)}
    rows = {row.path: row for row in items_from_csv(run.read(ITEMS_CSV)) if row.split and row.key}
    train = [path for path, row in rows.items() if row.split is Split.TRAIN]
    known = _ordinary(run, learned)
    paths = list(dict.fromkeys([*train, *known.paths]))
    items = [Item(str(Path(folder) / path), path, rows[path].label) for path in paths]
    backbone = _same_features(run, network)
    with open_pack(Path(folder), policy_of(run).key) as pack:
        setting = setting_for_answers(network, len(items), "auto")
        wanted = Wanted(width=int(backbone.facts["features"])) if "features" in backbone.facts else _width(network)
        gathered = Extractor(backbone, setting, pack, policy_of(run), reporter.progress, wanted).gather(items, network.view, "features")
    unchanged = [place for place, path in enumerate(paths) if gathered.keys[place].hex() == rows[path].key]
    if len(unchanged) < len(paths):
        reporter.say(f"{plural(len(paths) - len(unchanged), 'picture')} of the run changed since, or gone: left out.")
    there = {paths[place]: place for place in unchanged}
    fitted = np.array([there[path] for path in train if path in there], np.intp)
    asked = [place for place, path in enumerate(known.paths) if path in there]
    if not len(fitted) or not asked:
        raise DataError(f"no limit can be chosen for {visible(str(run.path))}", "none of its pictures is as it was", remedy="train again")
    target = np.array([number[rows[paths[place]].label] for place in fitted], np.intp)
    places = np.array([there[known.paths[place]] for place in asked], np.intp)
    groups = run.facts.get("groups", {})
    group = np.array([groups.get(paths[place], -1 - place) for place in fitted.tolist()], np.intp)
    far = _far(gathered.features, fitted, target, np.unique(group, return_inverse=True)[1], places, int(run.settings.get("seed", 0)))
    return reference(space_of(gathered.features[fitted], target), far, known.probability[asked])


def _far(features: Floats, fitted: Ints, target: Ints, group: Ints, asked: Ints, seed: int) -> FloatArray:
    """[2, n]: how far the pictures `asked` are from those of `fitted`, each from a space that was made without it and its copies (`group`)."""
    far = np.zeros((2, len(asked)))
    own = np.isin(asked, fitted)
    if not own.all():
        far[:, ~own] = space_of(features[fitted], target).distances(features[asked[~own]])
    if own.any():
        fold = folds(target, group, _FOLDS, seed)
        fold_of = dict(zip(fitted.tolist(), fold.tolist(), strict=True))
        part = np.array([fold_of.get(int(place), -1) for place in asked])
        for each in np.unique(fold):
            if (mine := np.flatnonzero(part == each)).size and (fold != each).sum() > 1:
                far[:, mine] = space_of(features[fitted[fold != each]], target[fold != each]).distances(features[asked[mine]])
    return far


def _ordinary(run: RunFolder, learned: bool) -> Predictions:
    """Answers on pictures that the model was not fitted to; of copies one."""
    held = predictions_from_csv(run.read(HELD_OUT_CSV))
    groups = run.facts.get("groups", {})
    if learned:
        train = {row.path for row in items_from_csv(run.read(ITEMS_CSV)) if row.split is Split.TRAIN}
        parts = [held, predictions_from_csv(run.read(PREDICTIONS_CSV))]
        kept = [[row for row, path in enumerate(part.paths) if path not in train] for part in parts]
        held = Predictions(
            [part.paths[row] for part, rows in zip(parts, kept, strict=True) for row in rows],
            [part.labels[row] for part, rows in zip(parts, kept, strict=True) for row in rows],
            held.classes,
            np.concatenate([part.probability[rows].reshape(-1, len(held.classes)) for part, rows in zip(parts, kept, strict=True)]),
        )
    rows = one_of_each(held.paths, groups)
    return Predictions([held.paths[row] for row in rows], [held.labels[row] for row in rows], held.classes, held.probability[rows])


def _is_probe(run: RunFolder) -> bool:
    classifier = run.facts.get("classifier") or {}
    return "strength" in classifier and not classifier.get("phases")


def _same_features(run: RunFolder, network: Network) -> Network:
    """A network with the same features whose values the training has left in the pack, where there is one; else the network itself."""
    shipped = load_network()
    if _is_probe(run) and network.facts.get("network") == shipped.facts.get("network"):
        wide = with_more_stages(shipped)
        if _width(network).width == wide.facts["features"]:
            return wide
    return network


def _width(network: Network) -> Wanted:
    from vitreous.extraction import wanted_of

    return wanted_of(network, None)
