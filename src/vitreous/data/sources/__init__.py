"""What stands where: class folders, split folders, CSV tables, boxes that are read as presence.

source = read_source(Path("photos"))
require_trainable(source)
"""

import os
import re
import stat
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from vitreous.core.item import LeftOut, Source, Split
from vitreous.core.presence import Presence
from vitreous.core.text import plural, visible
from vitreous.data.formats import SUFFIXES, UNREADABLE_FORMATS
from vitreous.data.sources.boxes import holds_boxes, read_boxes
from vitreous.data.sources.csv_table import read_csv
from vitreous.data.sources.folders import LAYOUT, OUTSIDE, read_folders
from vitreous.data.sources.unlabelled import UNLABELLED, read_unlabelled
from vitreous.errors import DataError, UsageError, nearest

__all__ = ["TABLES", "UNLABELLED", "is_missed", "read_any", "read_source", "require_trainable"]

TABLES = {".csv", ".tsv", ".txt"}
TASKS = ("classify", "multilabel")
# What differs from row to row of a table in reasons that are the same.
_ROWS = re.compile(r"^rows? [\d, ]*\d:? ")
_OTHER_ROW = re.compile(r"(?<= )row \d+$")
_KINDS_SHOWN = 3
_NAME_SHOWN = 100


def read_source(
    path: Path, *, image_column: str | None = None, label_column: str | None = None, group: str | None = None, task: str | None = None
) -> Source:
    """The labelled pictures of a folder (`read_folders`, `read_boxes`) or of a CSV file (`read_csv`). No picture is opened.

    `group` is a column of the CSV or a regular expression on the path below the data folder; `task`: "classify" for one label a picture,
    "multilabel" for several, None for what the data hold. Raises DataError where there is nothing to use, and UsageError for columns of
    a folder, a wrong expression, or one that puts everything into one group.
    """
    if task not in (None, *TASKS):
        raise UsageError(f"there is no task {visible(task)!r}", remedy=nearest(task, TASKS))
    source = _read(path, image_column, label_column, group, task)
    if group and len(names := {item.group for item in source.items}) == 1 and None not in names:
        one = visible(str(*names))[:_NAME_SHOWN]
        raise UsageError(
            f"--group {visible(group)!r} divides nothing",
            f"all {len(source.items):,} pictures are in the group {one!r}, which stays on one side of the split",
            remedy="leave it out, or give what tells the patients, animals or days apart",
        )
    return replace(source, remarks=[*source.remarks, *_about_left_out(source.left_out)])


def read_any(
    path: Path, *, image_column: str | None = None, label_column: str | None = None, group: str | None = None, task: str | None = None
) -> Source:
    """The same, and where a folder holds pictures but no labels, all pictures in it, their labels empty (`read_unlabelled`)."""
    try:
        return read_source(path, image_column=image_column, label_column=label_column, group=group, task=task)
    except DataError:
        source = read_unlabelled(path, group) if os.path.isdir(path) else None
        if source is None or not source.items:
            raise
        return replace(source, remarks=[*source.remarks, *_about_left_out(source.left_out)])


def _read(path: Path, image_column: str | None, label_column: str | None, group: str | None, task: str | None) -> Source:
    failed = f"cannot read {visible(str(path))}"
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        raise DataError(failed, "there is no such folder or file", remedy=_near(path)) from None
    except (OSError, ValueError) as error:
        raise DataError(failed, getattr(error, "strerror", None) or str(error)) from None
    if stat.S_ISDIR(mode):
        if image_column or label_column:
            raise UsageError(failed, "an image or label column was named, but this is a folder", remedy="give the CSV file itself")
        if task != "classify" and holds_boxes(path):
            return read_boxes(path, group)
        source = read_folders(path, group)
        return _of_several(source) if task == "multilabel" else source
    if stat.S_ISREG(mode) and path.suffix.lower() in TABLES:
        return read_csv(path, image_column, label_column, group, task)
    raise DataError(failed, _what(path, mode), f"needed is a folder ({LAYOUT}) or a CSV file with the columns image and label")


def _of_several(source: Source) -> Source:
    """One label for each picture as a case of several."""
    items = [replace(item, label=str(Presence.of([item.label]))) for item in source.items]
    return replace(source, items=items, several=tuple(source.labels))


def require_trainable(source: Source) -> None:
    """Raises DataError unless there are two classes or more, each with two pictures or more, and each in the training part."""
    failed = f"cannot train on {visible(str(source.root / source.table))}"
    missing = f" ({_first_left_out(source.left_out)})" if source.left_out else ""
    counts = Counter(item.label for item in source.items)
    if len(counts) < 2:
        found = ", ".join(f"{visible(label)!r} with {plural(count, 'picture')}" for label, count in counts.items()) or "none"
        needed = f"two classes or more are needed: {LAYOUT}" if source.kind != "csv" else "two different labels or more are needed"
        arrived = f"only one class was found, {found}" if counts else "no labelled picture that can be read was found"
        raise DataError(failed, arrived + missing, needed)
    if small := sorted(label for label, count in counts.items() if count < 2):
        arrived = f"only one picture in {_listed(small)}{missing}"
        raise DataError(failed, arrived, "two or more are needed in each", "add pictures or leave the class out")
    learned = {item.label for item in source.items if item.split in (None, Split.TRAIN)}
    if unseen := sorted(set(counts) - learned):
        raise DataError(failed, f"no picture to learn from in {_listed(unseen)}, only in other parts", remedy="add some to train, or leave it out")


def is_missed(entry: LeftOut) -> bool:
    """Whether something in a folder that is left out should have been a picture, by its suffix: a HEIC photo, a link to a picture that is gone."""
    suffix = os.path.splitext(entry.relative)[1].lower()
    return (suffix in SUFFIXES or suffix in UNREADABLE_FORMATS) and entry.reason != OUTSIDE


def _listed(labels: list[str]) -> str:
    shown = ", ".join(repr(visible(label)) for label in labels[:8])
    return ("class " if len(labels) == 1 else "the classes ") + shown + (f" and {len(labels) - 8} more" if len(labels) > 8 else "")


def _about_left_out(left_out: Sequence[LeftOut]) -> list[str]:
    """One remark that counts what is left out, by reason, with the first of each."""
    if not left_out:
        return []
    reasons = [_OTHER_ROW.sub("another row", _ROWS.sub("", entry.reason)) for entry in left_out]
    kinds = Counter(reasons).most_common()
    firsts = [visible(left_out[reasons.index(kind)].relative)[:_NAME_SHOWN] for kind, _ in kinds[:_KINDS_SHOWN]]
    shown = [f"{f'{count:,} such as ' if count > 1 else ''}{first} ({kind})" for first, (kind, count) in zip(firsts, kinds, strict=False)]
    more = ", …" if len(kinds) > _KINDS_SHOWN else ""
    return [f"{plural(len(left_out), 'entry is', 'entries are')} left out: {', '.join(shown)}{more}"]


def _first_left_out(left_out: Sequence[LeftOut]) -> str:
    first = left_out[0]
    return f"{plural(len(left_out), 'entry is', 'entries are')} left out, such as {visible(first.relative)[:_NAME_SHOWN]}: {first.reason}"


def _near(path: Path) -> str:
    try:
        return nearest(path.name, [visible(name) for name in os.listdir(path.parent) if not name.startswith(".")])
    except OSError:
        return f"there is no {visible(str(path.parent))} either"


def _what(path: Path, mode: int) -> str:
    if not stat.S_ISREG(mode):
        return "it is neither a folder nor a file"
    suffix = path.suffix.lower()
    if suffix in SUFFIXES:
        return "it is a single picture"
    if suffix in {".zip", ".tar", ".gz", ".tgz", ".xz", ".7z", ".rar"}:
        return "it is an archive, which must be unpacked first"
    return f"it is a file {f'of the kind {suffix}' if suffix else 'without suffix'}"
