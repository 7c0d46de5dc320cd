"""The table of pictures as a CSV file, UTF-8, for spreadsheets and programs."""

import csv
import io
import math
from typing import TYPE_CHECKING

from vitreous.core.text import csv_cell

if TYPE_CHECKING:
    from vitreous.survey.facts import Facts


def csv_of(facts: "Facts") -> bytes:
    """A row for each picture; a value that is not defined is an empty cell, and a text never a formula."""
    table, text = facts.table(), io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(table)
    writer.writerows([_cell(value) for value in row] for row in zip(*(column.tolist() for column in table.values()), strict=True))
    return text.getvalue().encode("utf-8", "backslashreplace")


def _cell(value: object) -> object:
    if isinstance(value, float):
        return "" if math.isnan(value) else f"{value:.4g}"
    return csv_cell(value) if isinstance(value, str) else value
