"""Look at every picture of a folder once, and keep what was seen, so that neither a second look nor a training decodes it again.

read → decode what the pack does not hold → copies → relations, odd ones, giveaways → Facts

Beside the facts of each picture, the pixels are kept that a training with the usual settings will ask for: every view that it tries.
Where there are many pictures, the plain view of all, and the others of those on which it will choose between them: only where it then
takes another one than the plain one must it decode the rest again. They are kept where there are labels to train on, and room.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vitreous.core.item import Item, Source
from vitreous.core.reporter import Reporter
from vitreous.core.view import View
from vitreous.data.decode import Policy
from vitreous.data.pack import FACTS, Pack, fits, open_pack
from vitreous.data.sources import is_missed, read_any
from vitreous.errors import DataError
from vitreous.infer.gather import Shelf
from vitreous.survey.copies import copies_of
from vitreous.survey.facts import Facts
from vitreous.survey.giveaways import find_giveaways
from vitreous.survey.odd import find_odd
from vitreous.survey.relations import contradictions, leaks, lists_of_copies
from vitreous.survey.remarks import remarks_on
from vitreous.survey.table import Table, table_of
from vitreous.survey.together import together
from vitreous.tasks.task import task_named

# Up to so many pictures every view is cut of all: whichever of them the training takes, it then decodes nothing.
_ALL_VIEWS = 2000

Pass = tuple[list[int], tuple[View, ...]]


def look(
    path: Path,
    policy: Policy,
    reporter: Reporter,
    *,
    group: str | None = None,
    image_column: str | None = None,
    label_column: str | None = None,
    task: str | None = None,
) -> Facts:
    """What is in a folder or a table. Raises DataError where there is no picture at all, UsageError for columns and groups that are not there."""
    source = read_any(path, image_column=image_column, label_column=label_column, group=group, task=task)
    with open_pack(source.root, policy.key) as pack:
        shelf = Shelf(pack, source.items)
        _decode_missing(shelf, source, policy, reporter)
        kept = [number for number, key in enumerate(shelf.keys) if key]
        keys, thumbnails = [shelf.keys[number] for number in kept], shelf.facts["thumbnail"]
        copies = copies_of(pack, keys, thumbnails if len(kept) == len(thumbnails) else thumbnails[kept])
    said = [text for text in (pack.remark, shelf.remark) if text]
    items = [source.items[number] for number in kept]
    table = table_of(items, shelf.facts[kept], keys, copies)
    return _facts(source, items, table, shelf, said, policy)


def _decode_missing(shelf: Shelf, source: Source, policy: Policy, reporter: Reporter) -> None:
    missing, total = shelf.recall(), len(source.items)
    done = total - len(missing)
    for numbers, views in _passes(shelf.pack, source, missing):
        for _ in shelf.decode(numbers, views, policy):
            done += 1
            reporter.progress("looking", done, total)


def _passes(pack: Pack, source: Source, missing: Sequence[int]) -> Iterator[Pass]:
    """Which pictures are decoded, and the views that are cut of them."""
    if not missing:
        return
    views, sample = _wanted_by_training(source)
    chosen = set(missing if len(source.items) <= _ALL_VIEWS else sample).intersection(missing)
    size = len(missing) * FACTS.itemsize + sum(view.size**2 * 3 * (len(chosen) if place else len(missing)) for place, view in enumerate(views))
    if not fits(pack, size):
        views, chosen = (), set()  # the facts alone are a thousandth of the pixels
    if chosen:
        yield sorted(chosen), views
    if rest := [number for number in missing if number not in chosen]:
        yield rest, views[:1]


def _wanted_by_training(source: Source) -> tuple[tuple[View, ...], list[int]]:
    """The views that a training with the usual settings tries, the plain one first, and the items that it tries them on."""
    try:
        source = task_named(source.task).learnable(source)
    except DataError:
        return (), []
    from vitreous.fit.methods import method_for
    from vitreous.fit.plan import make_plan
    from vitreous.fit.settings import TrainSettings

    settings = TrainSettings()
    method = replace(method_for(settings, source.items, task=source.task), measured=False)  # how fast the engine is does not matter here
    plan = make_plan(source, method, settings)
    return plan.views, [int(number) for number in plan.sample]


def _facts(source: Source, items: Sequence[Item], table: Table, shelf: Shelf, said: list[str], policy: Policy) -> Facts:
    exact, near = lists_of_copies(table)
    unread = [entry for entry in source.left_out if source.kind != "csv" and is_missed(entry)]
    found = Facts(
        folder=source.root,
        kind=source.kind,
        columns=table.columns,
        unreadable=sorted([*shelf.errors.values(), *unread], key=lambda entry: os.fsencode(entry.relative)),
        left_out=[entry for entry in source.left_out if entry not in unread],
        duplicates=exact,
        near_duplicates=near,
        contradictions=contradictions(table),
        leaks=leaks(table),
        odd=find_odd(table),
        giveaways=find_giveaways(table, _days(items)),
        remarks=[*source.remarks, *said],
        policy=policy,
        together=together(table["label"], source.several),
    )
    return replace(found, remarks=[*found.remarks, *remarks_on(found)])


def _days(items: Sequence[Item]) -> NDArray[np.str_]:
    """The day on which each file was last changed, as YYYY-MM-DD in universal time; empty where the file has gone meanwhile."""
    seconds = np.array([_changed(item.path) for item in items], np.int64)
    days = np.datetime_as_string(seconds.astype("datetime64[s]").astype("datetime64[D]")) if len(items) else np.zeros(0, "U10")
    return np.where(seconds > 0, days, "").astype(np.str_)


def _changed(path: str) -> int:
    try:
        return int(os.stat(path).st_mtime)
    except OSError:
        return 0
