"""Labels from a table: CSV with the columns image and label, and split where the parts are given. How labels stand in it: `label_columns`.

Names in any case; the delimiter is a comma, semicolon or tab; the encoding UTF-8, or UTF-16 with a byte-order mark. Paths count from
the table's folder and may not leave it. A row that cannot be used is left out with its number (the header is row 1) and its reason.
"""

import csv
import io
import os
import stat
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from vitreous.core.item import SPLIT_ALIASES, Item, LeftOut, Source, Split
from vitreous.core.presence import Presence
from vitreous.core.text import plural, visible
from vitreous.data.sources.folders import case_remarks
from vitreous.data.sources.groups import grouped
from vitreous.data.sources.label_columns import LabelOf, OneLabel, Reading, in_column, in_columns
from vitreous.data.sources.walk import special, why_not_suffix
from vitreous.errors import DataError, nearest

_IMAGE = ("image", "filename", "file", "path", "image_path", "filepath", "file_name", "image_name", "img")
_LABEL = ("label", "class", "target", "category", "class_name", "labels", "tags", "classes", "categories")
_SPLIT = ("split",)
_BYTES = 500_000_000
_NAME_SHOWN = 100
_NO_LABEL = "has no label"
_SAVE = 'save the table as UTF-8, in a spreadsheet as "CSV UTF-8"'


@dataclass(frozen=True, slots=True)
class _Row:
    number: int
    item: Item


def read_csv(
    path: Path, image_column: str | None = None, label_column: str | None = None, group: str | None = None, task: str | None = None
) -> Source:
    """The labelled pictures of a table, in its order. `group` names a column, or else is a regular expression on the path; `task`:
    "classify" for one label a picture, "multilabel" for several, None for what the table holds.

    Raises DataError for a table that is empty, in a wrong encoding, without the columns, or with no row that can be used.
    """
    header, rows = _table(path)
    image = _column(path, header, image_column, _IMAGE, "image")
    split = next((header.index(name) for name in header if name.lower() in _SPLIT), None)
    member = next((i for i, name in enumerate(header) if group and name.lower() == group.lower()), None)
    reading = _reading(path, header, rows, label_column, task, [place for place in (image, split, member) if place is not None])
    usable, left_out = [], []
    for number, row in rows:
        read = _read_row(path.parent, number, row, image, reading.label, split, member)
        if isinstance(read, LeftOut):
            left_out.append(read)
        else:
            usable.append(read)
    items, refused, joined = _each_once(usable, reading)
    left_out += refused
    if not items:
        raise _nothing_usable(path, left_out)
    several = _labels_of(items, reading) if reading.several else None
    together = [f"{plural(joined, 'row is', 'rows are')} put together with others of the same picture"] if joined else []
    remarks = [*reading.remarks, *together, *case_remarks(set(several) if several is not None else {item.label for item in items})]
    if isinstance(reading, OneLabel) and split is None and (found := {item.label.lower() for item in items}) and found <= set(SPLIT_ALIASES):
        remarks.append(f"the labels are names of splits: is {header[reading.place]!r} the right column?")
    if group and member is None:
        items, more = grouped(items, group, header)
        remarks += more
    elif group and (alone := sum(item.group is None for item in items)):
        remarks.append(f"{plural(alone, 'picture')} of {len(items):,} have no {visible(group)!r} and stand alone")
    if split is not None and len({item.split for item in items}) == 1:
        remarks.append(f"only the part {items[0].split!s} is there, so it is split anew")
        items = [replace(item, split=None) for item in items]
    return Source(path.parent, "csv", items, left_out, remarks, path.name, several, reading.labels is not None)


def _reading(path: Path, header: list[str], rows: list[tuple[int, list[str]]], named: str | None, task: str | None, used: list[int]) -> Reading:
    """How the labels stand in this table: in the column of labels, or where there is none in columns of 0 and 1."""
    lower = [name.lower() for name in header]
    if named is None and task != "classify" and not any(name in lower for name in _LABEL) and (columns := in_columns(header, rows, used)):
        return columns
    return in_column(header, [row for _, row in rows], _column(path, header, named, _LABEL, "label"), task)


def _labels_of(items: Sequence[Item], reading: Reading) -> tuple[str, ...]:
    """All labels that the table knows."""
    if reading.labels is not None:
        return tuple(reading.labels)
    return tuple(sorted({name for label in {item.label for item in items} for name in Presence.read(label).present}))


def _table(path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """The header and the numbered rows that are not empty."""
    text = _text(path)
    first = text.split("\n", 1)[0]
    delimiter = max((",", ";", "\t"), key=first.count)
    # strict: a quotation mark that is never closed would otherwise swallow all rows behind it
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    table: list[list[str]] = []
    begin = 1
    try:
        for row in reader:
            table.append([cell.strip() for cell in row])
            begin = reader.line_num + 1
    except csv.Error as error:
        arrived = "a quotation mark is not closed" if "unexpected end" in str(error) else f"no table ({error})"
        raise DataError(_failed(path), f"{arrived}, in line {begin}", remedy="a quotation mark inside a quoted cell is written twice") from None
    rows = [(number, row) for number, row in enumerate(table, start=1) if any(row)]
    if not rows:
        raise DataError(_failed(path), "the table is empty", "needed are the columns image and label")
    return rows[0][1], rows[1:]


def column_of(path: Path, header: Sequence[str], given: str | None = None) -> int:
    """The place of the column of pictures. Raises DataError."""
    return _column(path, header, given, _IMAGE, "image")


def label_column_of(path: Path, header: Sequence[str], given: str | None = None) -> int:
    """The place of the column of labels. Raises DataError."""
    return _column(path, header, given, _LABEL, "label")


def relative_path(folder: Path, name: str) -> str:
    """A picture's path below the folder of its table, as items have it."""
    return _relative(folder, name)[0]


def table_text(path: Path) -> tuple[str, bytes, str]:
    """A table as text, the byte-order mark that it begins with, and the encoding behind that. Raises DataError."""
    text, begin = _text(path), path.read_bytes()[:3]
    for mark, encoding in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"), (b"\xef\xbb\xbf", "utf-8")):
        if begin.startswith(mark):
            return text, mark, encoding
    return text, b"", "utf-8"


def _text(path: Path) -> str:
    try:
        size = path.stat().st_size
        data = path.read_bytes() if size <= _BYTES else b""
    except OSError as error:
        raise DataError(_failed(path), (error.strerror or str(error)).lower()) from None
    if size > _BYTES:
        raise DataError(_failed(path), f"{size:,} bytes; at most {_BYTES:,}")
    encoding, name = ("utf-16", "UTF-16") if data.startswith((b"\xff\xfe", b"\xfe\xff")) else ("utf-8-sig", "UTF-8")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        arrived = f"the byte 0x{data[error.start]:02x} in line {line} (byte {error.start + 1:,}) is no {name}"
        raise DataError(_failed(path), arrived, remedy=_SAVE) from None
    if "\0" in text:
        raise DataError(_failed(path), "there are zero bytes in it", "needed is text", _SAVE)
    return text


def _column(path: Path, header: Sequence[str], given: str | None, names: Sequence[str], duty: str) -> int:
    """The place of the column, by the user's name or else by the first usual one."""
    lower = [name.lower() for name in header]
    if place := [lower.index(name.lower()) for name in ([given] if given else names) if name.lower() in lower]:
        return place[0]
    present = ", ".join(repr(visible(name)) for name in header[:20]) + (" …" if len(header) > 20 else "")
    remedy = nearest(given, header) if given else f"rename one to {duty!r}, or name it with --{duty}-column"
    raise DataError(_failed(path), f"there is no column {visible(given or duty)!r}, only {present}", remedy=remedy)


def _read_row(folder: Path, number: int, row: list[str], image: int, label_of: LabelOf, split: int | None, member: int | None) -> _Row | LeftOut:
    """One row as an item, or the reason why not."""
    name = _cell(row, image)
    if not name:
        return LeftOut(f"row {number}", f"row {number} names no picture")
    relative, inside = _relative(folder, name)
    if not inside:
        return LeftOut(name, f"row {number}: the path leads out of the table's folder")
    label = label_of(row)
    if label is None:
        return LeftOut(relative, f"row {number} {_NO_LABEL}")
    path = os.path.join(folder, relative)
    reason = _why_not(path)
    part: Split | None = None
    if split is not None and not reason:
        part = SPLIT_ALIASES.get(_cell(row, split).lower())
        if part is None:
            reason = f"the split {visible(_cell(row, split))!r} is none of train, valid, test"
    if reason:
        return LeftOut(relative, f"row {number}: {reason}")
    return _Row(number, Item(path, relative, label, part, _cell(row, member) or None if member is not None else None))


def _cell(row: list[str], place: int) -> str:
    return row[place] if place < len(row) else ""


def _relative(folder: Path, name: str) -> tuple[str, bool]:
    """The path below the folder, with forward slashes, and whether it is below. Other ways to write the same name are tried:
    backslashes, and composed or decomposed accents."""
    ways = (name, name.replace("\\", "/"), unicodedata.normalize("NFC", name), unicodedata.normalize("NFD", name))
    chosen = next((way for way in ways if "\0" not in way and os.path.lexists(os.path.join(folder, way))), ways[1])
    relative = os.path.relpath(os.path.join(folder, chosen), folder).replace(os.sep, "/")
    return relative, not (relative == ".." or relative.startswith("../"))


def _why_not(path: str) -> str:
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        return special(path) if os.path.lexists(path) else "there is no such file"
    except OSError as error:
        return (error.strerror or str(error)).lower()
    except ValueError:  # where the system speaks ASCII
        return "no name that this system's encoding can hold"
    if stat.S_ISDIR(mode):
        return "a folder, not a file"
    return why_not_suffix(path) if stat.S_ISREG(mode) else special(path)


def _each_once(rows: list[_Row], reading: Reading) -> tuple[list[Item], list[LeftOut], int]:
    """Each file once, and how many rows were put together with others. A file of which rows say different things is left out
    altogether; a row that only repeats another is left out alone."""
    by_file: dict[str, list[_Row]] = defaultdict(list)
    for row in rows:
        by_file[row.item.relative].append(row)
    items, left_out, joined = [], [], 0
    for relative, same in by_file.items():
        numbers = ", ".join(str(row.number) for row in same)
        labels = sorted({row.item.label for row in same})
        label = labels[0] if len(labels) == 1 else reading.together(labels)
        if label is None:
            left_out.append(LeftOut(relative, f"rows {numbers} give it different labels: {', '.join(map(repr, map(visible, labels)))}"))
        elif len({row.item.split for row in same}) > 1:
            left_out.append(LeftOut(relative, f"rows {numbers} put it into different splits"))
        else:
            items.append(replace(same[0].item, label=label))
            if len(labels) > 1:
                joined += len(same) - 1
            else:
                left_out += [LeftOut(relative, f"row {row.number} repeats row {same[0].number}") for row in same[1:]]
    return items, left_out, joined


def _nothing_usable(path: Path, left_out: list[LeftOut]) -> DataError:
    if not left_out:
        return DataError(_failed(path), "there is a header, but no row below it")
    first = left_out[0]
    if all(each.reason.endswith(_NO_LABEL) for each in left_out):
        return DataError(_failed(path), f"none of its {plural(len(left_out), 'row')} has a label", "a column in which labels stand")
    return DataError(
        _failed(path),
        f"none of its {plural(len(left_out), 'row')} can be used; {visible(first.relative)[:_NAME_SHOWN]}: {first.reason}",
        "paths count from the folder of the table",
    )


def _failed(path: Path) -> str:
    return f"cannot read {visible(str(path))}"
