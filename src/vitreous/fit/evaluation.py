"""A run's model.onnx on labelled pictures: the run's own test part, or any folder."""

import os
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import numpy as np

from vitreous.core.item import Item, LeftOut, Split
from vitreous.core.reporter import Reporter
from vitreous.core.text import plural, visible
from vitreous.data.decode import content_key, read_file
from vitreous.data.duplicates import find_duplicates
from vitreous.data.sources import TABLES, read_source
from vitreous.errors import DataError, UnreadableImage
from vitreous.fit.settings import policy
from vitreous.infer.choose import setting_for_answers
from vitreous.infer.network import Network
from vitreous.metrics.classification import evaluate
from vitreous.runs.folder import RunFolder
from vitreous.runs.tables import ItemRow, items_from_csv
from vitreous.tasks.classify.answers import Failure
from vitreous.tasks.classify.evaluate import Evaluation
from vitreous.tasks.classify.predict import predict

_NAMED = 5
# A file server's clock may differ from ours by so many seconds.
_CLOCKS = 3600


def evaluate_test_part(run: RunFolder, network: Network, engine: str, reporter: Reporter) -> Evaluation:
    """The test pictures as they were when the run was trained; one that has changed since or is gone is left out, by name."""
    folder = str(run.facts["data"]["folder"])
    everything = items_from_csv(run.read("items.csv"))
    rows = [row for row in everything if row.split == Split.TEST]
    if not rows:
        raise DataError(
            "the run has no test pictures",
            "the data gave no test part, or there were too few pictures for one",
            remedy="give a labelled folder: vitreous evaluate RUN FOLDER",
        )
    if not os.path.isdir(folder):
        raise DataError(
            f"the data of the run are gone: {visible(folder)}",
            remedy="bring the folder back, or give another labelled folder: vitreous evaluate RUN FOLDER (run.json keeps the training's figures)",
        )
    items = [Item(os.path.join(folder, row.path), row.path, row.label) for row in rows]
    known = {row.path: row.key for row in rows}
    beside = run.facts["metrics"].get("out_of_fold", {})
    evaluation = _evaluate(run, network, engine, items, [], known, "test picture", reporter)
    remarks = [*run.facts["split"]["remarks"], *evaluation.remarks, *_from_training(run, evaluation), *_changed_training(run, folder, everything)]
    return Evaluation(evaluation.what, evaluation.scores, evaluation.left_out, remarks, beside)


def evaluate_folder(run: RunFolder, network: Network, data: Path, engine: str, reporter: Reporter) -> Evaluation:
    """A labelled folder or CSV; its test part where it is divided. Pictures that were trained on are counted and said."""
    source = read_source(data, **_columns(run, data))
    remarks = list(source.remarks)
    items = [item for item in source.items if item.split is Split.TEST] or source.items
    if len(items) < len(source.items):
        remarks.append(f"only the test part is used: {len(items):,} of {len(source.items):,} pictures")
    known = [item for item in items if item.label in set(network.labels)]
    left_out = list(source.left_out) + [
        LeftOut(i.relative, f"the model does not know the class {visible(i.label)!r}") for i in items if i.label not in set(network.labels)
    ]
    if not known:
        names = ", ".join(sorted({visible(item.label) for item in items})[:_NAMED])
        raise DataError(
            "no picture has a class that the model knows", f"classes {names}", "classes " + ", ".join(map(visible, network.labels[:_NAMED]))
        )
    evaluation = _evaluate(run, network, engine, known, left_out, {}, "labelled picture", reporter)
    return Evaluation(evaluation.what, evaluation.scores, evaluation.left_out, remarks + evaluation.remarks, {})


def _columns(run: RunFolder, data: Path) -> dict[str, str]:
    """The columns that the training was told, for a table that has them."""
    if data.suffix.lower() not in TABLES or not data.is_file():
        return {}
    named = {key: run.settings.get(key) for key in ("image_column", "label_column")}
    with open(data, encoding="utf-8", errors="replace") as table:
        head = table.readline()
    return {key: name for key, name in named.items() if name and name in head}


def _evaluate(
    run: RunFolder,
    network: Network,
    engine: str,
    items: Sequence[Item],
    left_out: list[LeftOut],
    known: dict[str, str],
    what: str,
    reporter: Reporter,
) -> Evaluation:
    """Answers of the model for `items`; `known`: the content's key that a file must have, by relative path."""
    setting = setting_for_answers(network, len(items), engine)
    reporter.say(f"Engine: {setting}.")
    options = run.settings
    rule = policy(options.get("max_pixels"), bool(options.get("tolerate_truncated")))
    number = {label: index for index, label in enumerate(network.labels)}
    probability, target, keys, thumbnails, names = [], [], [], [], []
    left_out = list(left_out)
    for done, (item, (answer, decoded)) in enumerate(zip(items, predict(network, setting, [i.path for i in items], rule), strict=True), 1):
        reporter.progress("pictures", done, len(items))
        if isinstance(answer, Failure) or decoded is None:
            left_out.append(LeftOut(item.relative, answer.reason if isinstance(answer, Failure) else "not decoded"))
        elif known and decoded.key.hex() != known[item.relative]:
            left_out.append(LeftOut(item.relative, "the file has changed since the training"))
        else:
            probability.append(answer.probability)
            target.append(number[item.label])
            keys.append(decoded.key)
            thumbnails.append(decoded.thumbnail)
            names.append(item.relative)
    if not target:
        raise DataError(
            "no picture is left to evaluate on",
            f"{plural(len(left_out), 'file')} left out, such as {visible(left_out[0].relative)}: {left_out[0].reason}",
        )
    if known:
        stored = run.facts.get("groups", {})
        groups = np.array([stored.get(name, -1 - number) for number, name in enumerate(names)])
    else:
        groups = find_duplicates(keys, np.stack(thumbnails)).group
    scores = evaluate(np.stack(probability), np.array(target), network.labels, groups, int(run.settings.get("seed", 0)))
    remarks = [] if known else _trained_on(items_from_csv(run.read("items.csv")), keys)
    return Evaluation(plural(len(target), what), scores, left_out, remarks, {})


def _trained_on(rows: Sequence[ItemRow], keys: Sequence[bytes]) -> list[str]:
    parts = {row.key: row.split for row in rows if row.key}
    seen = Counter(parts.get(key.hex()) for key in keys)
    count = seen[Split.TRAIN] + seen[Split.VALIDATION]
    return [f"{plural(count, 'picture')} of these {'was' if count == 1 else 'were'} seen in training: the figures are too good"] if count else []


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


def _from_training(run: RunFolder, evaluation: Evaluation) -> list[str]:
    """What was said of the test part when it was first measured, and how many of its pictures have changed since."""
    changed = [each for each in evaluation.left_out if "changed" in each.reason]
    remarks = [remark for remark in run.facts["metrics"].get("remarks", []) if remark]
    if changed:
        names = ", ".join(visible(each.relative) for each in changed[:_NAMED])
        remarks.append(f"{plural(len(changed), 'test picture')} changed since the training and left out: {names}")
    return remarks
