"""Corrections carried out on the data themselves: pictures moved between class folders, or rows of the table changed.

relabel    shirt/17.jpg → dress/17.jpg (dress/17-2.jpg where that stands there); of a table the cell of its label
remove     shirt/18.jpg → FOLDER-removed/shirt/18.jpg, beside the folder; of a table its row, and the picture stays
undo file  FOLDER-undo-1.json, beside the folder, before the first change (`journal`)
"""

import csv
import io
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from vitreous.core.item import Item, Source
from vitreous.core.text import plural, visible
from vitreous.data.sources.csv_table import column_of, label_column_of, relative_path, table_text
from vitreous.data.sources.folders import class_depth, clean_label
from vitreous.errors import DataError
from vitreous.fit.corrections import Correction, Matched, corrections_to_csv, matched
from vitreous.storage.cache import cache_folder
from vitreous.storage.lock import locked
from vitreous.trust.suspects.journal import APPLIED, APPLYING, UNDOING, UNDONE, Journal, Move, Rewritten, read_journal

_IN_FOLDERS, _IN_TABLE = ("class folders", "split folders"), "csv"


@dataclass(frozen=True)
class Applied:
    """What was done, in sentences, and the file that takes it back; None where there was nothing to do."""

    sentences: list[str]
    undo: Path | None
    found: Matched


def apply(source: Source, corrections: Sequence[Correction], image_column: str | None = None, label_column: str | None = None) -> Applied:
    """Carry out corrections on the data. What a killed call left is finished first. Raises DataError, RunError, StorageError."""
    place = _beside(source)
    asked = blake2b(corrections_to_csv(corrections), digest_size=16).hexdigest()
    with _alone(str(place)):
        for earlier in _journals(place):
            if earlier.state == APPLYING:
                done = earlier.carried_out()
                said = ["Finished what was begun before."]
                if earlier.corrections == asked:
                    return Applied(said, done.file, Matched(already=len(corrections)))
                raise DataError("the corrections were not applied", said[0].rstrip("."), remedy="give the same command again, for these corrections")
            if earlier.state == UNDOING:
                raise DataError(
                    "the corrections were not applied", "an undo was interrupted", remedy=f"finish it: vitreous suspects --undo {earlier.file}"
                )
        found = matched(source, corrections)
        if not found.relabelled and not found.removed:
            return Applied([*found.sentences, "Nothing is left to do: the data are as they were."], None, found)
        journal = _planned(source, found, place, asked, image_column, label_column).written(APPLYING).carried_out()
    what = f"{plural(len(journal.moves), 'picture')} moved" if journal.moves else f"{visible(source.table)} changed"
    removed = f"; what was removed lies in {visible(str(_removed(place)))}" if found.removed and journal.moves else ""
    return Applied([*found.sentences, f"{what}{removed}."], journal.file, found)


def undo(file: Path) -> list[str]:
    """Take back what an undo file holds; from any state in which it was left. Raises DataError, RunError, StorageError."""
    file = Path(os.path.abspath(file))
    with _alone(read_journal(file).folder):
        journal = read_journal(file)
        if journal.state == UNDONE:
            return ["Nothing is left to do: it was taken back before."]
        later = [each for each in _journals_in(journal.file.parent) if _number(each.file) > _number(file) and each.folder == journal.folder]
        if open_ones := [each for each in later if each.state in (APPLYING, APPLIED)]:
            raise DataError(
                f"cannot undo by {visible(str(file))}",
                f"later corrections stand on it: {visible(str(open_ones[-1].file))}",
                remedy="undo that one first",
            )
        journal.taken_back()
    table = f"{visible(journal.table.path)} as it was" if journal.table else ""
    return [f"Taken back: {table or plural(len(journal.moves), 'picture') + ' moved'}."]


def _planned(source: Source, found: Matched, place: Path, asked: str, image_column: str | None, label_column: str | None) -> Journal:
    file = place.with_name(f"{place.name}-undo-{max((_number(each.file) for each in _journals(place)), default=0) + 1}.json")
    if source.kind == _IN_TABLE:
        return Journal(file, str(place), asked, (), _rewritten(source, found, image_column, label_column))
    if source.kind not in _IN_FOLDERS:
        raise DataError(
            "cannot apply the corrections",
            f"labels that are read from {source.kind}",
            "class folders or a table",
            "vitreous train --again takes them",
        )
    depth, taken = class_depth(source.root), set[str]()
    folders = _class_folders(source.items, depth)
    moves = []
    for item in source.items:
        parts = item.relative.split("/")
        if item.relative in found.relabelled:
            label = found.relabelled[item.relative]
            parts[depth] = folders.get(("/".join(parts[:depth]), label)) or folders.get(("", label), label)
            moves.append(_move_of(item, os.path.join(source.root, *parts), taken))
        elif item.relative in set(found.removed):
            moves.append(_move_of(item, os.path.join(_removed(place), *parts), taken))
    return Journal(file, str(place), asked, tuple(moves))


def _class_folders(items: Sequence[Item], depth: int) -> dict[tuple[str, str], str]:
    """What the folder of a class is called, for each folder that it lies in, and for "" anywhere."""
    found: dict[tuple[str, str], str] = {}
    for item in items:
        parts = item.relative.split("/")
        found.setdefault(("/".join(parts[:depth]), clean_label(parts[depth])), parts[depth])
        found.setdefault(("", clean_label(parts[depth])), parts[depth])
    return found


def _move_of(item: Item, target: str, taken: set[str]) -> Move:
    """To `target`, or with a number behind its name where something stands there."""
    stem, suffix = os.path.splitext(target)
    number = 1
    while os.path.lexists(target) or target.casefold() in taken:
        number += 1
        target = f"{stem}-{number}{suffix}"
    taken.add(target.casefold())
    origin, target = os.path.abspath(item.path), os.path.abspath(target)
    if not os.path.islink(origin):
        return Move(origin, target)
    said = os.readlink(origin)
    there = said if os.path.isabs(said) else os.path.relpath(os.path.join(os.path.dirname(origin), said), os.path.dirname(target))
    return Move(origin, target, (said, there))


def _rewritten(source: Source, found: Matched, image_column: str | None, label_column: str | None) -> Rewritten:
    """The table with other cells, and without the rows of what is removed; every other byte stays."""
    path = source.root / source.table
    before = path.read_bytes()
    text, mark, encoding = table_text(path)
    lines = io.StringIO(text, newline="").readlines()
    delimiter = max((",", ";", "\t"), key=text.split("\n", 1)[0].count)
    reader, result, begin, header = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True), [], 0, None
    image = label = -1
    for row in reader:
        own, begin = "".join(lines[begin : reader.line_num]), reader.line_num
        cells = [cell.strip() for cell in row]
        if header is None and any(cells):
            header = cells
            image, label = column_of(path, header, image_column), label_column_of(path, header, label_column)
        elif header is not None and image < len(row):
            relative = relative_path(source.root, cells[image])
            if relative in set(found.removed):
                continue
            if relative in found.relabelled:
                row[label] = found.relabelled[relative]
                own = _row(row, delimiter) + own[len(own.rstrip("\r\n")) :]
        result.append(own)
    return Rewritten(os.path.abspath(path), before, mark + "".join(result).encode(encoding))


def _row(cells: Sequence[str], delimiter: str) -> str:
    stream = io.StringIO()
    csv.writer(stream, delimiter=delimiter, lineterminator="").writerow(cells)
    return stream.getvalue()


def _beside(source: Source) -> Path:
    """The name, beside the data, that what belongs to them begins with."""
    path = Path(os.path.abspath(source.root / source.table if source.table else source.root))
    return path.with_name(Path(source.table).stem) if source.table else path


def _removed(place: Path) -> Path:
    return place.with_name(f"{place.name}-removed")


@contextmanager
def _alone(place: str) -> Iterator[None]:
    """No other process changes these data meanwhile. Raises RunError where one does."""
    folder = cache_folder("applying")
    if folder is None:
        yield
        return
    with locked(folder / blake2b(os.fsencode(place), digest_size=10).hexdigest()):
        yield


def _journals(place: Path) -> list[Journal]:
    """Those of these data, the oldest first."""
    return [each for each in _journals_in(place.parent) if each.folder == str(place)]


def _journals_in(folder: Path) -> list[Journal]:
    found = []
    for file in folder.glob("*-undo-*.json"):
        try:
            found.append(read_journal(file))
        except DataError:
            continue  # a file of somebody else
    return sorted(found, key=lambda each: _number(each.file))


def _number(file: Path) -> int:
    last = file.stem.rsplit("-", 1)[-1]
    return int(last) if last.isdecimal() else 0
