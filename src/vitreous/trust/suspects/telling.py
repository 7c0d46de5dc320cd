"""Suspects in lines for a terminal, and as a table for a spreadsheet."""

import csv
import io
from typing import TYPE_CHECKING

from vitreous.core.text import cut, plural, visible
from vitreous.runs.tables import cell_of

if TYPE_CHECKING:
    from vitreous.trust.suspects.suspects import Suspects

_NAME, _PATH = 20, 60
COLUMNS = ("path", "label", "suggested", "wrong", "split", "hash", "nearest")


def lines(found: "Suspects", most: int) -> list[str]:
    """The sentence, and a row for each of the first suspects."""
    rows = found.ranking[: min(most, found.listed)]
    told = [f"{visible(str(found.folder / found.table))}: {found.sentence}"]
    if not rows:
        return [*told, "Nothing speaks against the labels."]
    table = [("wrong", "label", "rather", "picture", "nearest pictures")]
    for each in rows:
        counts: dict[str, int] = {}
        for near in each.nearest:
            counts[near.label] = counts.get(near.label, 0) + 1
        nearest = ", ".join(f"{count} {cut(visible(label), _NAME)}" for label, count in sorted(counts.items(), key=lambda one: -one[1]))
        path = visible(each.path)
        shown = path if len(path) <= _PATH else "…" + path[1 - _PATH :]
        table.append((each.chance, cut(visible(each.label), _NAME), cut(visible(each.suggested), _NAME), shown, nearest))
    widths = [max(len(row[column]) for row in table) for column in range(4)]
    told += ["", *("  ".join([row[0].rjust(widths[0]), *(row[c].ljust(widths[c]) for c in (1, 2, 3)), row[4]]).rstrip() for row in table)]
    if (rest := found.listed - len(rows)) > 0:
        told.append(f"… and {rest:,} more (--csv, --json and suspects.html have them)")
    if found.left_out:
        told += ["", f"left out: {plural(len(found.left_out), 'file')}, such as {visible(found.left_out[0].relative)}: {found.left_out[0].reason}"]
    told += ["", *found.remarks] if found.remarks else []
    return told


def csv_of(found: "Suspects") -> bytes:
    """A row for every judged picture, the most suspicious first, UTF-8."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(COLUMNS)
    for each in found.ranking:
        nearest = "; ".join(f"{near.path} ({near.label})" for near in each.nearest)
        texts = (each.path, each.label, each.suggested)
        writer.writerow([*map(cell_of, texts), f"{each.wrong:.4f}", each.split, each.key, cell_of(nearest)])
    return stream.getvalue().encode()
