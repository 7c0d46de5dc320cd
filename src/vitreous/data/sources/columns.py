"""What else a table says of its pictures: the columns beside image, label and split."""

import os
from pathlib import Path

from vitreous.data.sources.csv_table import _IMAGE, _LABEL, _SPLIT, _cell, _column, _relative, _table

Columns = dict[str, dict[str, str]]


def read_columns(table: Path, image_column: str | None = None, label_column: str | None = None) -> Columns:
    """For each further column, in the table's order, its cells by the picture's path below the table's folder. Empty cells are left out.

    Raises DataError for a table that cannot be read, or without a column of pictures.
    """
    header, rows = _table(table)
    image = _column(table, header, image_column, _IMAGE, "image")
    named = {label_column.lower()} if label_column else {next((name.lower() for name in header if name.lower() in _LABEL), "")}
    used = {image} | {place for place, name in enumerate(header) if name.lower() in named or name.lower() in _SPLIT}
    columns: Columns = {name: {} for place, name in enumerate(header) if place not in used and name}
    for _, row in rows:
        if name := _cell(row, image):
            relative, _ = _relative(table.parent, name)
            for place, column in enumerate(header):
                if column in columns and (cell := _cell(row, place)):
                    columns[column].setdefault(relative, cell)
    return columns


def has_image_column(table: Path, image_column: str | None = None) -> bool:
    """Whether the first line of a file is the header of a table of pictures."""
    try:
        with open(table, encoding="utf-8-sig", errors="replace") as file:
            head = file.readline(100_000).lower()
    except OSError:
        return False
    cells = {cell.strip().strip('"') for delimiter in ",;\t" for cell in head.split(delimiter)}
    return bool(cells & ({image_column.lower()} if image_column else set(_IMAGE))) and os.path.getsize(table) > 0
