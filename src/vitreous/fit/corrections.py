"""Corrections of labels as a table, and the same data with them: nothing on the disk is changed.

    path,action,label,hash
    shirt/17.jpg,relabel,dress,5f0c…       its label is "dress"
    shirt/18.jpg,remove,,91ab…             it is no picture for this task
    shirt/19.jpg,keep,shirt,77d0…          somebody has looked, and the label is right

A path counts from the data folder. The hash (of the file's content, as in items.csv) finds a picture that was moved since, and a file that is
another one now is left as it is. Cells are written as in items.csv.
"""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from vitreous.core.item import Item, LeftOut, Source
from vitreous.core.text import plural, visible
from vitreous.data.decode import content_key, read_file
from vitreous.data.sources.csv_rows import read_cells
from vitreous.errors import DataError, UnreadableImage, nearest
from vitreous.runs.tables import cell_of, text_of

CORRECTIONS_CSV = "corrections.csv"
COLUMNS = ("path", "action", "label", "hash")
KEEP, RELABEL, REMOVE = "keep", "relabel", "remove"
ACTIONS = (KEEP, RELABEL, REMOVE)
REMOVED = "removed by a correction"
_NAMED = 3


@dataclass(frozen=True, slots=True)
class Correction:
    """`label` is what the picture shows; of one that is removed nothing. `key` may be empty: then the path alone counts."""

    path: str
    action: str
    label: str = ""
    key: str = ""
    line: int = 0


@dataclass(frozen=True)
class Matched:
    """What corrections come to on data as they are: new labels by path, paths that are removed, how many need nothing, and paths of which the file
    is another one now, or is not there."""

    relabelled: dict[str, str] = field(default_factory=dict)
    removed: list[str] = field(default_factory=list)
    kept: int = 0
    already: int = 0
    changed: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)

    @property
    def sentences(self) -> list[str]:
        """What is done, and what is not."""
        parts = [(len(self.relabelled), "relabelled"), (len(self.removed), "removed"), (self.kept, "kept as they are"), (self.already, "already so")]
        told = [f"Corrections: {', '.join(f'{count:,} {what}' for count, what in parts if count) or 'none'}."]
        if self.changed:
            told.append(f"Not applied, another file stands there since: {_shown(self.changed)}.")
        if self.unknown:
            told.append(f"Not applied, no such picture in the data: {_shown(self.unknown)}.")
        return told


def read_corrections(file: Path) -> list[Correction]:
    """Raises DataError, with the line, for a table that holds something else."""
    failed = f"cannot read the corrections {visible(str(file))}"
    try:
        if not file.is_file():
            raise DataError(failed, "there is no such file" if not file.exists() else "it is no file")
        header, rows = read_cells(file)
    except DataError as error:
        raise DataError(failed, error.arrived, f"a table with the columns {','.join(COLUMNS)}") from None
    place = {name: header.index(name) for name in COLUMNS if name in header}
    if not {"path", "action", "label"} <= set(place):
        arrived = f"it has the columns {visible(', '.join(header[:6]))}"
        raise DataError(failed, arrived, f"needed are {','.join(COLUMNS)}", "suspects.html saves such a file")
    found: dict[str, Correction] = {}
    for line, row in rows:
        cell = {name: row[at] if at < len(row) else "" for name, at in place.items()}
        read = Correction(text_of(cell["path"]), cell["action"].lower(), text_of(cell["label"]), cell.get("hash", "").lower(), line)
        if not read.path or read.action not in ACTIONS:
            arrived = f"the action {visible(cell['action'])!r}" if read.path else "no path"
            raise DataError(f"{failed}, line {line}", arrived, "one of " + ", ".join(ACTIONS) if read.path else "the path of a picture")
        if read.action == RELABEL and not read.label:
            raise DataError(f"{failed}, line {line}", "relabel without a label")
        before = found.setdefault(read.path, read)
        if (before.action, before.label) != (read.action, read.label):
            raise DataError(f"{failed}, line {line}", f"line {before.line} says something else of {visible(read.path)}", "each picture once")
    return list(found.values())


def corrections_to_csv(corrections: Sequence[Correction]) -> bytes:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([cell_of(each.path), each.action, cell_of(each.label), each.key] for each in corrections)
    return stream.getvalue().encode()


def together(earlier: Sequence[Correction], later: Sequence[Correction]) -> list[Correction]:
    """Both, where what was said later of a picture counts."""
    said = {each.path for each in later} | {each.key for each in later if each.key}
    return [*(each for each in earlier if each.path not in said and each.key not in said), *later]


def matched(source: Source, corrections: Sequence[Correction]) -> Matched:
    """Find the pictures that are meant. Raises DataError for a label that the data do not have, and where not one of the pictures is there."""
    labels = set(source.labels)
    for each in corrections:
        if each.action == RELABEL and each.label not in labels:
            where = f", line {each.line}" if each.line else ""
            arrived = f"the label {visible(each.label)!r} for {visible(each.path)}"
            raise DataError(f"cannot apply the corrections{where}", arrived, "a label of the data", nearest(each.label, labels))
    by_path = {item.relative: item for item in source.items}
    found = Matched()
    lost = []
    for each in corrections:
        item = by_path.get(each.path)
        if item is None or (each.key and _key(item) != each.key):
            lost.append(each)
        else:
            found = _with(found, each, item)
    by_key = _by_key(source.items) if any(each.key for each in lost) else {}
    for each in lost:
        if item := by_key.get(each.key):
            found = _with(found, each, item)
        elif each.path in by_path:
            found.changed.append(each.path)
        elif each.action == REMOVE:
            found = replace(found, already=found.already + 1)  # it was removed
        else:
            found.unknown.append(each.path)
    if corrections and len(found.unknown) == len(corrections):
        arrived = f"not one of {plural(len(corrections), 'picture')}, such as {visible(corrections[0].path)}, is in {visible(str(source.root))}"
        raise DataError("cannot apply the corrections", arrived, "corrections of these data")
    return found


def corrected(source: Source, corrections: Sequence[Correction]) -> tuple[Source, list[str]]:
    """The same pictures with other labels, and without those that are removed; and what there is to say. Raises DataError."""
    if source.several is not None:
        raise DataError("cannot apply the corrections", "several labels for a picture", "one label for each picture")
    found = matched(source, corrections)
    gone = set(found.removed)
    items = [replace(item, label=found.relabelled.get(item.relative, item.label)) for item in source.items if item.relative not in gone]
    left_out = [*source.left_out, *(LeftOut(path, REMOVED) for path in found.removed)]
    said = found.sentences
    if emptied := sorted(set(source.labels) - {item.label for item in items}):
        said.append(f"No picture is left of {', '.join(map(visible, emptied))}.")
    return replace(source, items=items, left_out=left_out), said


def _with(found: Matched, each: Correction, item: Item) -> Matched:
    if each.action == REMOVE:
        found.removed.append(item.relative)
    elif each.action == RELABEL and item.label != each.label:
        found.relabelled[item.relative] = each.label
    elif each.action == RELABEL:
        return replace(found, already=found.already + 1)
    else:
        return replace(found, kept=found.kept + 1)
    return found


def _by_key(items: Sequence[Item]) -> dict[str, Item]:
    found: dict[str, Item] = {}
    for item in items:
        if key := _key(item):
            found.setdefault(key, item)
    return found


def _key(item: Item) -> str:
    try:
        return content_key(read_file(item.path)).hex()
    except UnreadableImage:
        return ""


def _shown(paths: Sequence[str]) -> str:
    more = f" and {len(paths) - _NAMED:,} more" if len(paths) > _NAMED else ""
    return ", ".join(map(visible, paths[:_NAMED])) + more
