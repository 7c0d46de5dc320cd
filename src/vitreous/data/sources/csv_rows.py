"""Every row of a table, those that cannot be used too, with the cells of its other columns: for lists of which nothing may be passed over."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from vitreous.core.item import Item
from vitreous.data.sources.csv_table import _IMAGE, _LABEL, _cell, _column, _failed, _read_row, _Row, _table
from vitreous.data.sources.label_columns import OneLabel
from vitreous.errors import DataError


@dataclass(frozen=True, slots=True)
class TableRow:
    """Row `number` (the header is row 1) as it is written; `item`, or the `reason` why it is none; the other cells by column."""

    number: int
    image: str
    label: str
    item: Item | None
    reason: str
    cells: Mapping[str, str]


def read_cells(path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """The header and the numbered rows that are not empty, cells without space around them. Raises DataError where it is no table."""
    return _table(path)


def read_rows(path: Path, columns: Sequence[str]) -> list[TableRow]:
    """The rows with an image and a label; `columns` are others, in small letters, of which a table without them has empty cells.

    Raises DataError for a table that is empty, in a wrong encoding, or without the columns image and label.
    """
    header, rows = _table(path)
    image, label = _column(path, header, None, _IMAGE, "image"), _column(path, header, None, _LABEL, "label")
    if not rows:
        raise DataError(_failed(path), "there is a header, but no row below it")
    lower = [name.lower() for name in header]
    place = {name: lower.index(name) for name in columns if name in lower}
    result = []
    for number, row in rows:
        read = _read_row(path.parent, number, row, image, OneLabel(label).label, None, None)
        item = read.item if isinstance(read, _Row) else None
        reason = "" if isinstance(read, _Row) else read.reason
        cells = {name: _cell(row, place[name]) if name in place else "" for name in columns}
        result.append(TableRow(number, _cell(row, image), _cell(row, label), item, reason, cells))
    return result
