"""A table of what each answer costs for each true class, read from a CSV.

    true \\ answer   ok    scratch   unknown
    ok               0     1         0.3
    scratch         50     0         5

A row for each class of the model, a column for each answer that may be given: classes, and "unknown" (or "I don't know", where a class is
called unknown). Costs are numbers in any unit, negative ones gains.
"""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from vitreous.core.text import plural, visible
from vitreous.data.sources.csv_rows import read_cells
from vitreous.errors import DataError, nearest
from vitreous.metrics.decision_rule import UNKNOWN, Costs
from vitreous.runs.tables import cell_of

_UNKNOWN_WORDS = ("unknown", "I don't know")
# A sum of such costs over all pictures still has its digits.
_MOST_COST = 1e12


def read_costs(file: Path, labels: Sequence[str]) -> Costs:
    """The rule of least expected cost by this table. Raises DataError, with row and column, where it does not fit the classes."""
    header, *rows = _cells(file)
    name = visible(str(file))
    columns = tuple(_answer(cell, labels, name) for cell in header[1:])
    if len(columns) < 2:
        raise DataError(f"{name} is no table of costs", f"{plural(len(columns), 'answer')} in its first line", "two or more to choose from")
    cost = np.full((len(labels), len(columns)), np.nan)
    for line, row in rows:
        number = _class(row[0], labels, f"{name}, line {line}")
        if not np.isnan(cost[number, 0]):
            raise DataError(f"{name}, line {line}", f"class {visible(labels[number])!r} a second time", "one row for each class")
        cost[number] = [_cost(cell, f"{name}, line {line}, column {place}") for place, cell in enumerate(row[1:], 2)]
    if missing := [label for label, first in zip(labels, cost[:, 0], strict=True) if np.isnan(first)]:
        raise DataError(
            f"{name} lacks {plural(len(missing), 'class', 'classes')}", ", ".join(map(visible, missing[:5])), "a row for each class of the model"
        )
    if len(set(columns)) < len(columns):
        raise DataError(f"{name} has an answer twice", ", ".join(map(visible, header[1:])), "a column for each answer")
    if (cost == cost[:, :1]).all():
        raise DataError(f"{name} leaves nothing to choose", "for each true class all answers cost the same", "a wrong answer that costs more")
    return Costs(columns, cost)


def odd_costs(costs: Costs, labels: Sequence[str], unknown: str) -> list[str]:
    """What in a table is probably not meant: an answer that is never the cheapest, a class for which a wrong answer is cheaper than the right one
    (C. Elkan, 2001: the conditions of reasonableness)."""
    remarks = []
    names = [unknown if column == UNKNOWN else visible(labels[column]) for column in costs.columns]
    for place, name in enumerate(names):
        dearer = (costs.cost <= costs.cost[:, [place]]).all(axis=0) & (costs.cost < costs.cost[:, [place]]).any(axis=0)
        if dearer.any():
            remarks.append(f"{name!r} is never answered: {names[int(dearer.argmax())]!r} costs no more for any true class.")
    for place, column in enumerate(costs.columns):
        cheapest = int(costs.cost[column].argmin())
        if column != UNKNOWN and costs.cost[column, cheapest] < costs.cost[column, place]:
            remarks.append(
                f"For the true class {names[place]!r} the answer {names[cheapest]!r} costs less than the right one: are rows and columns swapped?"
            )
    return remarks


def _cells(file: Path) -> tuple[list[str], *tuple[tuple[int, list[str]], ...]]:
    """The header, and the other lines with their numbers; all of one width."""
    name = visible(str(file))
    if not file.is_file():
        raise DataError(f"there is no table {name}", remedy="a CSV file: a row for each true class, a column for each answer")
    header, rows = read_cells(file)
    if not rows:
        raise DataError(f"{name} is no table of costs", "it is empty", "a row for each true class, a column for each answer")
    for number, row in rows:
        if len(row) != len(header):
            raise DataError(f"{name}, line {number}", f"{len(row)} cells", f"{len(header)}, as in the first line")
    return header, *rows


def _class(cell: str, labels: Sequence[str], where: str) -> int:
    """The class that a cell names, as it is or as the run's own tables write it."""
    for place, label in enumerate(labels):
        if cell in (label.strip(), cell_of(label).strip()):
            return place
    raise DataError(f"{where}: there is no class {visible(cell)!r}", remedy=nearest(cell, labels))


def _answer(cell: str, labels: Sequence[str], name: str) -> int:
    if cell.strip() in _UNKNOWN_WORDS and cell.strip() not in labels:
        return UNKNOWN
    return _class(cell, labels, f"{name}, line 1")


def _cost(cell: str, where: str) -> float:
    try:
        cost = float(cell)
    except ValueError:
        cost = math.nan
    if not math.isfinite(cost):
        raise DataError(where, f"{visible(cell)!r}", "a number is needed" + (", with a point" if "," in cell else ""))
    if abs(cost) > _MOST_COST:
        raise DataError(where, f"{visible(cell)!r}", f"a number from -{_MOST_COST:g} to {_MOST_COST:g} is needed", "take a larger unit")
    return cost
