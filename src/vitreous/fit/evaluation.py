"""A run's model.onnx on labelled pictures: the run's own test part, or any folder.

labelled_items   which pictures, and what each file must be
answered         what the model says of each, with what was seen of the picture on the way
evaluate_…       the figures of that
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from vitreous.core.item import Item, LeftOut, Split
from vitreous.core.reporter import Reporter
from vitreous.core.text import plural, visible
from vitreous.data.decode import Policy, content_key, policy, read_file
from vitreous.data.duplicates import find_duplicates
from vitreous.data.sources import TABLES, read_source
from vitreous.errors import DataError, UnreadableImage
from vitreous.infer.choose import setting_for_answers
from vitreous.infer.network import Network
from vitreous.runs.contents import contents_of
from vitreous.runs.folder import RunFolder
from vitreous.runs.tables import ITEMS_CSV, ItemRow, Predictions, items_from_csv
from vitreous.tasks.classify.answers import Failure
from vitreous.tasks.predict import predict
from vitreous.tasks.task import Asked, Evaluation, Target, Told, task_of, thresholds_of

IntArray = npt.NDArray[np.intp]

_NAMED = 5
# A file server's clock may differ from ours by so many seconds.
_CLOCKS = 3600


@dataclass(frozen=True)
class LabelledItems:
    """Pictures whose classes the model knows, in a fixed order.

    `known_keys`: for the run's own test part the hex of the content's hash that each file must have, by relative path; empty for
    other data. `what`: what one of them is called, "test picture" or "labelled picture".
    """

    items: list[Item]
    known_keys: dict[str, str]
    left_out: list[LeftOut]
    remarks: list[str]
    what: str


@dataclass(frozen=True)
class Answered:
    """Answers to N pictures, K classes: `probability` float32 [N, K], `target` as the task has it; `group` int [N] numbers copies and what else
    belongs together. Of each picture the key of its content, its size in pixels as it is looked at, and a grey thumbnail, uint8 [N, 32, 32]."""

    items: list[Item]
    probability: npt.NDArray[np.float32]
    target: Target
    group: IntArray
    key: list[bytes]
    width: IntArray
    height: IntArray
    thumbnail: npt.NDArray[np.uint8]
    left_out: list[LeftOut] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    what: str = ""


def labelled_items(run: RunFolder, network: Network, data: Path | None) -> LabelledItems:
    """The run's own test pictures where `data` is None, else those of a labelled folder or CSV: its test part where it is divided.

    Raises DataError where there are none, where their folder is gone, or where the model knows none of their classes.
    """
    return _items_of_test_part(run) if data is None else _items_of_folder(run, network, data)


def answered(run: RunFolder, network: Network, data: Path | None, engine: str, reporter: Reporter) -> Answered:
    """What the model says of `labelled_items`. A picture that cannot be read, or has changed since the training, is left out by name.

    Raises DataError where no picture is left.
    """
    return answers_to(labelled_items(run, network, data), network, policy_of(run), run.facts.get("groups", {}), engine, reporter)


def answers_to(labelled: LabelledItems, network: Network, rule: Policy, groups: Mapping[str, int], engine: str, reporter: Reporter) -> Answered:
    """The same for pictures that were chosen before; `groups` are those that a training found, by path, and count for its own test part."""
    setting = setting_for_answers(network, len(labelled.items), engine)
    reporter.say(f"Engine: {setting}.")
    known, left_out = labelled.known_keys, list(labelled.left_out)
    items, probability, pictures = [], [], []
    answers = predict(network, setting, [item.path for item in labelled.items], rule)
    for done, (item, (answer, decoded)) in enumerate(zip(labelled.items, answers, strict=True), 1):
        reporter.progress("pictures", done, len(labelled.items))
        if isinstance(answer, Failure) or decoded is None:
            left_out.append(LeftOut(item.relative, answer.reason if isinstance(answer, Failure) else "not decoded"))
        elif known and decoded.key.hex() != known[item.relative]:
            left_out.append(LeftOut(item.relative, "the file has changed since the training"))
        else:
            items.append(item)
            probability.append(answer.probability)
            pictures.append((decoded.key, decoded.width, decoded.height, decoded.thumbnail))
    if not items:
        raise DataError(
            "no picture is left to evaluate on",
            f"{plural(len(left_out), 'file')} left out, such as {visible(left_out[0].relative)}: {left_out[0].reason}",
        )
    keys, widths, heights, thumbnails = zip(*pictures, strict=True)
    thumbnail = np.stack(thumbnails)
    group = _stored_groups(groups, [item.relative for item in items]) if known else find_duplicates(keys, thumbnail).group
    target = task_of(network.facts).target(items, network.labels)
    return Answered(
        items, np.stack(probability), target, group, list(keys), np.array(widths), np.array(heights), thumbnail,
        left_out, list(labelled.remarks), labelled.what,
    )  # fmt: skip


def evaluate_test_part(run: RunFolder, network: Network, engine: str, reporter: Reporter) -> Evaluation:
    """The test pictures as they were when the run was trained; one that has changed since or is gone is left out, by name."""
    found = answered(run, network, None, engine, reporter)
    everything = items_from_csv(run.read(ITEMS_CSV))
    remarks = [*_from_training(run, found.left_out), *_changed_training(run, str(run.facts["data"]["folder"]), everything)]
    return _evaluation(run, network, found, remarks, run.facts["metrics"].get("out_of_fold", {}))


def evaluate_folder(run: RunFolder, network: Network, data: Path, engine: str, reporter: Reporter) -> Evaluation:
    """A labelled folder or CSV; its test part where it is divided. Pictures that were trained on are counted and said."""
    found = answered(run, network, data, engine, reporter)
    return _evaluation(run, network, found, about_seen(run, found.key), {})


def about_seen(run: RunFolder, keys: Sequence[bytes]) -> list[str]:
    """What is to be said where pictures of these contents were trained on."""
    count = int(trained_on(run, keys).sum())
    return [f"{plural(count, 'picture')} of these {'was' if count == 1 else 'were'} seen in training: the figures are too good"] if count else []


def evaluate_stored(run: RunFolder) -> Evaluation:
    """The figures of the answers that the training stored with the run: for one whose pictures are gone, or that has no test part.

    Raises RunError where they are damaged, DataError where there are none.
    """
    contents = contents_of(run)
    metrics, folder = run.facts["metrics"], visible(str(run.facts["data"]["folder"]))
    gone = f"the data of the run are gone ({folder}): " if data_are_gone(run) else ""
    if contents.predictions.paths:
        predictions, what = contents.predictions, plural(len(contents.predictions.paths), "test picture")
        remarks = [f"{gone}these are the figures of the answers that the training stored"]
    elif contents.held_out is not None and contents.held_out.paths:
        predictions, what = contents.held_out, plural(len(contents.held_out.paths), "held-out picture")
        about = run.facts.get("held_out", {}).get("what", "pictures that the model was not fitted to")
        remarks = [f"{gone}there is no test part: these are the figures of the stored answers on {about}"]
    else:
        raise DataError(f"{gone}the run has no stored answers", remedy="give a labelled folder: vitreous evaluate RUN FOLDER")
    task = task_of(run.facts)
    rows = [Item("", path, label) for path, label in zip(predictions.paths, predictions.labels, strict=True)]
    target = task.target(rows, predictions.classes)
    group = _stored_groups(run.facts.get("groups", {}), predictions.paths)
    remarks += [*run.facts["split"]["remarks"], *_about_decision(run), *(remark for remark in metrics.get("remarks", []) if remark)]
    seed = int(run.settings.get("seed", 0))
    asked = Asked(predictions.probability, target, list(predictions.classes), group, predictions.thresholds, seed)
    return task.evaluation(asked, Told(what, [], remarks, metrics.get("out_of_fold", {}), predictions, group))


def has_pictures(run: RunFolder) -> bool:
    """Whether the run has a test part, and the folder it was trained on is where it was."""
    return not data_are_gone(run) and any(row.split == Split.TEST for row in items_from_csv(run.read(ITEMS_CSV)))


def data_are_gone(run: RunFolder) -> bool:
    """Whether the folder that the run was trained on is not where it was."""
    return not os.path.isdir(str(run.facts["data"]["folder"]))


def policy_of(run: RunFolder) -> Policy:
    """How pictures are read for a run: as they were for its training."""
    return policy(run.settings.get("max_pixels"), bool(run.settings.get("tolerate_truncated")))


def trained_on(run: RunFolder, keys: Sequence[bytes]) -> npt.NDArray[np.bool_]:
    """Whether the run was fitted to, or chosen by, a picture of this content, for each of N keys: bool [N]."""
    rows = items_from_csv(run.read(ITEMS_CSV))
    fitted = {row.key for row in rows if row.key and row.split in (Split.TRAIN, Split.VALIDATION)}
    return np.array([key.hex() in fitted for key in keys], dtype=np.bool_)


def _items_of_test_part(run: RunFolder) -> LabelledItems:
    folder = str(run.facts["data"]["folder"])
    rows = [row for row in items_from_csv(run.read(ITEMS_CSV)) if row.split == Split.TEST]
    if not rows:
        raise DataError(
            "the run has no test pictures",
            "the data gave no test part, or there were too few pictures for one",
            remedy="give a labelled folder: vitreous evaluate RUN FOLDER",
        )
    if data_are_gone(run):
        raise DataError(
            f"the data of the run are gone: {visible(folder)}",
            remedy="bring the folder back, or give another labelled folder: vitreous evaluate RUN FOLDER (run.json keeps the training's figures)",
        )
    items = [Item(os.path.join(folder, row.path), row.path, row.label, Split.TEST) for row in rows]
    return LabelledItems(items, {row.path: row.key for row in rows}, [], list(run.facts["split"]["remarks"]), "test picture")


def _items_of_folder(run: RunFolder, network: Network, data: Path) -> LabelledItems:
    task = task_of(network.facts)
    source = read_source(data, **_columns(run, data), task=task.name)
    remarks = list(source.remarks)
    items = [item for item in source.items if item.split is Split.TEST] or source.items
    if len(items) < len(source.items):
        remarks.append(f"only the test part is used: {len(items):,} of {len(source.items):,} pictures")
    known, unknown, more = task.known_to(network.labels, replace(source, items=items))
    return LabelledItems(known, {}, [*source.left_out, *unknown], [*remarks, *more], "labelled picture")


def _columns(run: RunFolder, data: Path) -> dict[str, str]:
    """The columns that the training was told, for a table that has them."""
    if data.suffix.lower() not in TABLES or not data.is_file():
        return {}
    named = {key: run.settings.get(key) for key in ("image_column", "label_column")}
    with open(data, encoding="utf-8", errors="replace") as table:
        head = table.readline()
    return {key: name for key, name in named.items() if name and name in head}


def _evaluation(run: RunFolder, network: Network, found: Answered, remarks: list[str], out_of_fold: dict[str, dict[str, Any]]) -> Evaluation:
    """`remarks` come behind those on the data."""
    task, labels = task_of(network.facts), network.labels
    thresholds = thresholds_of(network.facts)
    names, true = [item.relative for item in found.items], [item.label for item in found.items]
    predictions = Predictions(names, true, labels, found.probability, thresholds)
    told = [*found.remarks, *_about_decision(run), *remarks]
    asked = Asked(found.probability, found.target, labels, found.group, thresholds, int(run.settings.get("seed", 0)))
    return task.evaluation(asked, Told(plural(len(names), found.what), found.left_out, told, out_of_fold, predictions, found.group))


def _about_decision(run: RunFolder) -> list[str]:
    if not run.facts.get("decision"):
        return []
    return ["the figures are those of the most probable class, not of the decision that is stored with the run"]


def _stored_groups(groups: Mapping[str, int], names: Sequence[str]) -> IntArray:
    """A picture that belongs to no group is one of its own."""
    return np.array([groups.get(name, -1 - number) for number, name in enumerate(names)], dtype=np.intp)


def _changed_training(run: RunFolder, folder: str, rows: Sequence[ItemRow]) -> list[str]:
    """Which pictures that were trained on are not what they were: the figures hold for the model, but not for a training today.

    A file whose times are older than the run is not read again.
    """
    begun = datetime.fromisoformat(run.document.process.since).timestamp()
    changed = []
    for row in rows:
        if row.key and row.split is not Split.TEST:
            path = os.path.join(folder, row.path)
            try:
                status = os.stat(path)
                same = max(status.st_mtime, status.st_ctime) < begun - _CLOCKS or content_key(read_file(path)).hex() == row.key
            except (OSError, UnreadableImage):
                same = False
            if not same:
                changed.append(row.path)
    if not changed:
        return []
    names = ", ".join(visible(name) for name in changed[:_NAMED]) + (", …" if len(changed) > _NAMED else "")
    return [f"{plural(len(changed), 'training or validation picture')} changed or gone since the training: {names}"]


def _from_training(run: RunFolder, left_out: Sequence[LeftOut]) -> list[str]:
    """What was said of the test part when it was first measured, and how many of its pictures have changed since."""
    changed = [each for each in left_out if "changed" in each.reason]
    remarks = [remark for remark in run.facts["metrics"].get("remarks", []) if remark]
    if changed:
        names = ", ".join(visible(each.relative) for each in changed[:_NAMED])
        remarks.append(f"{plural(len(changed), 'test picture')} changed since the training and left out: {names}")
    return remarks
