"""The labels as a table that `vitreous train` takes as it is: path,label and, where the folder has parts, split. Paths count from the table."""

import csv
import io
import os
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from pathlib import Path

from vitreous.core.text import visible
from vitreous.data.sources.csv_rows import read_rows
from vitreous.errors import DataError, UsageError

_FORMULA = ("=", "+", "-", "@")


def require_above(table: Path, folder: Path) -> None:
    """Raises UsageError where a table would have to name pictures that do not lie below its folder: `train` would not follow it there."""
    base, data = (os.path.abspath(each) for each in (table.parent, folder))
    if os.path.commonpath([base, data]) != base:
        arrived = f"the pictures in {visible(str(folder))} do not lie below its folder"
        remedy = f"leave it away, or --out {visible(os.path.join(os.path.dirname(data), table.name))}"
        raise UsageError(f"--out {visible(str(table))}", arrived, "a table in that folder or in one above it, as training reads it", remedy)


def labels_table(table: Path, folder: Path, rows: Sequence[tuple[str, str, str]]) -> tuple[bytes, list[str]]:
    """The bytes of the table for rows of (path below `folder`, label, split), and the paths that no table in UTF-8 can name."""
    below = os.path.relpath(os.path.abspath(folder), os.path.abspath(table.parent))
    prefix = "" if below == "." else below.replace(os.sep, "/") + "/"
    parts = any(split for _, _, split in rows)
    stream, unnamed = io.StringIO(), []
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["path", "label", "split"] if parts else ["path", "label"])
    for path, label, split in rows:
        name = prefix + path
        if any("\ud800" <= each <= "\udfff" for each in name):
            unnamed.append(path)
            continue
        name = f"./{name}" if name.startswith(_FORMULA) or name != name.strip() else name
        writer.writerow([name, label, split] if parts else [name, label])
    return stream.getvalue().encode(), unnamed


def known_labels(table: Path, folder: Path) -> dict[str, str]:
    """Labels by path below `folder` of a table that is there already; other pictures' rows and empty cells are passed over.

    Raises UsageError where the file is no table of labels.
    """
    if not table.exists():
        return {}
    try:
        if not table.stat().st_size:
            return {}
        rows = read_rows(table, ())
    except OSError as error:
        raise UsageError(f"--out {visible(str(table))}", (error.strerror or str(error)).lower()) from None
    except DataError as error:
        if "no row below it" in str(error):  # only a header: the table of a labelling in which nothing has a label yet
            return {}
        remedy = "give another name, or move that file away"
        raise UsageError(f"--out {visible(str(table))}", f"what is there is no table of labels: {error.arrived}", "a new name", remedy) from None
    base, data = os.path.abspath(table.parent), os.path.abspath(folder)
    found = {}
    for row in rows:
        if row.item is not None and row.item.label:
            below = os.path.relpath(os.path.join(base, row.item.relative), data).replace(os.sep, "/")
            if below != ".." and not below.startswith("../"):
                found[below] = row.item.label
    return found


def differing(known: Mapping[str, str], ours: Mapping[str, str]) -> dict[str, str]:
    """Of labels by path those that are not ours."""
    return {path: label for path, label in known.items() if ours.get(path) != label}


def fingerprint(data: bytes) -> str:
    return blake2b(data, digest_size=12).hexdigest()
