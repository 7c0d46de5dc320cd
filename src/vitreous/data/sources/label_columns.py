"""How the labels stand in a table: one in a column, several in a column ("a;b" or "a|b"), or a column of 0 and 1 for each of them.

A column holds several where a cell is divided by a semicolon or a bar and one of its parts stands in another cell too. An empty cell
then means that the picture has none of the labels; in a column of 0 and 1 it means that nobody knows.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from vitreous.core.presence import Presence
from vitreous.core.text import cut, plural, visible
from vitreous.data.sources.folders import clean_label
from vitreous.errors import DataError, UsageError

SEPARATORS = (";", "|")
_YES, _NO, _UNKNOWN = {"1", "1.0", "true", "yes"}, {"0", "0.0", "false", "no"}, {"", "nan", "?"}
_NAMED, _SHOWN = 6, 60

Row = list[str]


class Reading(Protocol):
    """How a row's labels are read. `remarks` say how, where that is not plain."""

    @property
    def several(self) -> bool: ...

    @property
    def labels(self) -> Sequence[str] | None:
        """All labels that there are, where the table's header says so."""
        ...

    @property
    def remarks(self) -> list[str]: ...

    def label(self, row: Row) -> str | None:
        """As `Item.label` has it; None where the row has none and must have one."""
        ...

    def together(self, labels: Sequence[str]) -> str | None:
        """What several rows say of one picture; None where they contradict each other."""
        ...


@dataclass(frozen=True)
class OneLabel:
    """A class in the column `place`."""

    place: int
    several: bool = False
    labels: None = None
    remarks: list[str] = field(default_factory=list)

    def label(self, row: Row) -> str | None:
        return clean_label(_cell(row, self.place)) or None

    def together(self, labels: Sequence[str]) -> str | None:
        return labels[0] if len(set(labels)) == 1 else None


@dataclass(frozen=True)
class DividedCells:
    """Several labels in the column `place`, divided by `separator`."""

    place: int
    separator: str
    remarks: list[str]
    several: bool = True
    labels: None = None

    def label(self, row: Row) -> str | None:
        return str(Presence.of(parts_of(_cell(row, self.place), self.separator)))

    def together(self, labels: Sequence[str]) -> str | None:
        return str(Presence.of(name for label in labels for name in Presence.read(label).present))


@dataclass(frozen=True)
class YesNoColumns:
    """A column for each label: its place by name."""

    places: dict[str, int]
    remarks: list[str]
    several: bool = True

    @property
    def labels(self) -> Sequence[str]:
        return sorted(self.places)

    def label(self, row: Row) -> str | None:
        said = {name: _cell(row, place).lower() for name, place in self.places.items()}
        return str(Presence.of((name for name, cell in said.items() if cell in _YES), (name for name, cell in said.items() if cell in _UNKNOWN)))

    def together(self, labels: Sequence[str]) -> str | None:
        """What one row knows and another does not is known."""
        read = [Presence.read(label) for label in labels]
        present = {name for each in read for name in each.present}
        absent = {name for each in read for name in self.places if name not in each.present and name not in each.unknown}
        return None if present & absent else str(Presence.of(present, set(self.places) - present - absent))


def in_column(header: Sequence[str], rows: Sequence[Row], place: int, task: str | None) -> Reading:
    """One label or several in the column `place`, by the `task` that is asked for, else by what stands there. Raises DataError where it holds
    none."""
    cells = {_cell(row, place) for row in rows}
    if cells and all(cell.lower() in _UNKNOWN for cell in cells) and any(cells):
        raise DataError(f"the column {visible(header[place])!r} holds no label", f"only {_listed(cells)}, which is how an unknown one is written")
    if task == "classify":
        return OneLabel(place)
    separator = next((each for each in SEPARATORS if _divides(cells, each)), None)
    if separator is None and task is None:
        return OneLabel(place, remarks=_about_cells(visible(header[place]), cells))
    separator = separator or next((each for each in SEPARATORS if any(each in cell for cell in cells)), SEPARATORS[0])
    name = visible(header[place])
    remarks = []
    if example := next((_cell(row, place) for row in rows if separator in _cell(row, place)), ""):
        asked = "" if task else "; --task classify takes each cell for one label"
        remarks.append(f"the column {name!r} holds several labels for a picture, such as {cut(visible(example), _SHOWN)!r}{asked}")
    if empty := sum(not _cell(row, place) for row in rows):
        remarks.append(f"{plural(empty, 'row has', 'rows have')} an empty cell in {name!r}: read as none of the labels")
    return DividedCells(place, separator, remarks)


def _about_cells(name: str, cells: set[str]) -> list[str]:
    """What may be meant otherwise where each cell is one label."""
    remarks = []
    if _divides(cells, ","):
        example = max((cell for cell in cells if "," in cell), key=len)
        several = SEPARATORS[0].join(parts_of(example, ","))
        remarks.append(
            f"the cells of {name!r} with commas, such as {cut(visible(example), _SHOWN)!r}, are read as one label each; "
            f"{cut(visible(several), _SHOWN)!r} would be several"
        )
    if "?" in cells:
        remarks.append(f"the label '?' of {name!r} is learned as a class; an empty cell says that nobody knows")
    return remarks


def _listed(cells: set[str]) -> str:
    return ", ".join(repr(cell) if cell else "empty cells" for cell in sorted(cells, reverse=True))


def in_columns(header: Sequence[str], numbered: Sequence[tuple[int, Row]], used: Sequence[int]) -> YesNoColumns | None:
    """The columns of 0 and 1 (true and false, yes and no; empty: unknown) but the `used` ones; None where there is none.

    Raises UsageError where two of them have one name, DataError where nothing is known in any of them.
    """
    places: dict[str, int] = {}
    odd = []
    for place, name in enumerate(header):
        if place in used or not name:
            continue
        wrong = next(((number, cell) for number, row in numbered if (cell := _cell(row, place)).lower() not in _YES | _NO | _UNKNOWN), None)
        if wrong is not None:
            odd.append(f"{visible(name)!r} (row {wrong[0]}: {visible(wrong[1])[:40]!r})")
        elif clean_label(name) in places:
            raise UsageError(f"two columns are called {visible(name)!r}", needed="each label once")
        else:
            places[clean_label(name)] = place
    if not any(_cell(row, place).lower() in _YES | _NO for place in places.values() for _, row in numbered):
        if places and any(_cell(row, place) for place in places.values() for _, row in numbered):
            named = ", ".join(repr(visible(name)) for name in list(places)[:_NAMED]) + (", …" if len(places) > _NAMED else "")
            arrived = "every cell is empty, '?' or 'nan', which is how an unknown one is written"
            raise DataError(f"the columns {named} hold no label", arrived, "0 or 1 for each label and picture of which it is known")
        return None
    unknown = sum(_cell(row, place).lower() in _UNKNOWN for place in places.values() for _, row in numbered)
    remarks = [f"{plural(len(places), 'column of 0 and 1 is', 'columns of 0 and 1 are')} read as {plural(len(places), 'label')}"]
    if unknown:
        remarks.append(f"{plural(unknown, 'cell is', 'cells are')} empty: unknown, left out of learning and of every figure")
    if odd:
        remarks.append(f"not read as labels, as other values stand in them: {', '.join(odd[:_NAMED])}{', …' if len(odd) > _NAMED else ''}")
    return YesNoColumns(places, remarks)


def parts_of(cell: str, separator: str) -> list[str]:
    """The labels in a cell, without spaces around them.

    >>> parts_of("ace; king;;", ";")
    ['ace', 'king']
    """
    return [clean_label(part.strip()) for part in cell.split(separator) if part.strip()]


def _divides(cells: set[str], separator: str) -> bool:
    """Whether a part of a divided cell stands in another cell too, alone or with others."""
    divided = [cell for cell in cells if len(parts_of(cell, separator)) > 1]
    if not divided:
        return False
    counts: dict[str, int] = {}
    for cell in cells:
        for part in set(parts_of(cell, separator)):
            counts[part] = counts.get(part, 0) + 1
    return any(counts[part] > 1 for cell in divided for part in parts_of(cell, separator))


def _cell(row: Row, place: int) -> str:
    return row[place] if place < len(row) else ""


LabelOf = Callable[[Row], str | None]
