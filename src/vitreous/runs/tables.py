"""`items.csv` and `predictions.csv`: every picture of a run, and every answer on the test split, for a spreadsheet and back.

Text in a cell (paths, labels) is reversible: `text_of(cell_of(text)) == text` for every str, file names that are no UTF-8
included, and a cell is never a formula, a line break or a control code:

    1. a backslash is doubled; a control character, a line break and a lone surrogate become \\uXXXX (as in JSON)
    2. a cell that begins with = + - @ (a formula, OWASP "CSV injection") or with an apostrophe gets an apostrophe in front

The files are UTF-8 with one line a picture.
"""

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vitreous.core.item import Split
from vitreous.core.presence import Presence
from vitreous.core.text import csv_cell, visible
from vitreous.errors import RunError

ITEMS_CSV = "items.csv"
PREDICTIONS_CSV = "predictions.csv"

_ITEM_COLUMNS = ["path", "key", "width", "height", "label", "split", "left_out"]
_PREDICTION_COLUMNS = ["path", "label", "predicted", "confidence"]
_CLASS = "p:"  # before a class name in the header, so that no class can be called like another column


@dataclass(frozen=True, slots=True)
class ItemRow:
    """A picture of the data. `path` is relative to the data folder, `key` the hex of its content's hash, sizes in pixels.

    What is left out has a reason in `left_out`, and may have no key, size, label or split.
    """

    path: str
    key: str = ""
    width: int | None = None
    height: int | None = None
    label: str = ""
    split: Split | None = None
    left_out: str = ""


@dataclass(frozen=True)
class Predictions:
    """Answers beside the truth: N paths and labels, K classes, `probability` float32 [N, K].

    `thresholds` [K]: where a picture can have several labels, from which probability on each is said; `labels` are then each a
    `core.presence.Presence` as text.
    """

    paths: Sequence[str]
    labels: Sequence[str]
    classes: Sequence[str]
    probability: NDArray[np.float32]
    thresholds: NDArray[np.float64] | None = None

    @property
    def said(self) -> NDArray[np.bool_]:
        """Which of several labels are said of each picture: bool [N, K]."""
        assert self.thresholds is not None, "for pictures with several labels"
        return np.asarray(self.probability.astype(np.float64) >= self.thresholds)

    @property
    def predicted(self) -> list[str]:
        """The most probable class of each picture, the first of equals; or the labels that are said."""
        if self.thresholds is not None:
            return [str(Presence.of(self.classes[k] for k in np.flatnonzero(row).tolist())) for row in self.said]
        return [self.classes[index] for index in self.probability.argmax(axis=1)] if len(self.paths) else []

    @property
    def confidence(self) -> NDArray[np.float32]:
        """Its probability, [N]; of several labels that of the answer, yes or no, that is the least sure."""
        if self.thresholds is not None:
            return np.asarray(np.where(self.said, self.probability, 1 - self.probability).min(axis=1), np.float32)
        return self.probability.max(axis=1) if len(self.paths) else np.empty(0, np.float32)


def items_to_csv(rows: Iterable[ItemRow]) -> bytes:
    """The bytes of items.csv."""
    return _written(
        _ITEM_COLUMNS,
        (
            [cell_of(row.path), row.key, _number(row.width), _number(row.height), cell_of(row.label), row.split or "", cell_of(row.left_out)]
            for row in rows
        ),
    )


def items_from_csv(data: bytes) -> list[ItemRow]:
    """What `items_to_csv` wrote. Raises RunError, with the line, where it is something else."""
    header, rows = _read(data, ITEMS_CSV)
    _check_header(header == _ITEM_COLUMNS, header, ITEMS_CSV)
    items = []
    for line, (path, key, width, height, label, split, left_out) in rows:
        try:
            items.append(
                ItemRow(
                    text_of(path),
                    key,
                    int(width) if width else None,
                    int(height) if height else None,
                    text_of(label),
                    Split(split) if split else None,
                    text_of(left_out),
                )
            )
        except ValueError as error:
            raise RunError(f"cannot read {ITEMS_CSV}, line {line}", str(error)) from error
    return items


def predictions_to_csv(predictions: Predictions) -> bytes:
    """The bytes of predictions.csv; each probability in the fewest digits that give the same float32 again."""
    digits = predictions.probability.astype(np.float32).astype("U16").tolist()
    confidence = predictions.confidence.astype(np.float32).astype("U16").tolist()
    texts = zip(predictions.paths, predictions.labels, predictions.predicted, strict=True)
    return _written(
        _PREDICTION_COLUMNS + [_CLASS + _escaped(name) for name in predictions.classes],
        ([*map(cell_of, text), sure, *row] for text, sure, row in zip(texts, confidence, digits, strict=True)),
    )


def predictions_from_csv(data: bytes, thresholds: Sequence[float] | None = None) -> Predictions:
    """What `predictions_to_csv` wrote; `thresholds` stand in run.json. Raises RunError, with the line, where it is something else."""
    header, rows = _read(data, PREDICTIONS_CSV)
    fixed, classes = header[: len(_PREDICTION_COLUMNS)], header[len(_PREDICTION_COLUMNS) :]
    _check_header(fixed == _PREDICTION_COLUMNS and all(name.startswith(_CLASS) for name in classes), header, PREDICTIONS_CSV)
    paths, labels, probability = [], [], []
    for line, (path, label, _, _, *row) in rows:
        paths.append(text_of(path))
        labels.append(text_of(label))
        try:
            probability.append(np.array(row, np.float32))
        except ValueError as error:
            raise RunError(f"cannot read {PREDICTIONS_CSV}, line {line}", str(error)) from error
    table = np.stack(probability) if probability else np.empty((0, len(classes)), np.float32)
    return Predictions(paths, labels, [_unescaped(name.removeprefix(_CLASS)) for name in classes], table, _limits(thresholds))


def _limits(thresholds: Sequence[float] | None) -> NDArray[np.float64] | None:
    return None if thresholds is None else np.array(thresholds, np.float64)


def cell_of(text: str) -> str:
    r"""Text as a cell; `text_of` gives it back.

    >>> cell_of("=1+1"), cell_of("two\nlines"), cell_of("'quoted'"), cell_of("a\\b")
    ("'=1+1", 'two\\u000alines', "''quoted'", 'a\\\\b')
    """
    cell = _escaped(text)
    return "'" + cell if cell.startswith("'") else csv_cell(cell)


def text_of(cell: str) -> str:
    r"""
    >>> text_of("'=1+1"), text_of("two\\u000alines")
    ('=1+1', 'two\nlines')
    """
    return _unescaped(cell.removeprefix("'"))


def _escaped(text: str) -> str:
    if text.isprintable() and "\\" not in text:
        return text
    return "".join(_escape(each) for each in text)


def _escape(character: str) -> str:
    if character == "\\":
        return "\\\\"
    # controls, surrogates, line and paragraph separators: all of them below 0x10000
    return f"\\u{ord(character):04x}" if unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") else character


def _unescaped(text: str) -> str:
    if "\\" not in text:
        return text
    return re.sub(r"\\(\\|u[0-9a-f]{4})", lambda found: "\\" if found[1] == "\\" else chr(int(found[1][1:], 16)), text)


def _number(value: int | None) -> str:
    return "" if value is None else str(value)


def _written(header: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    stream = io.StringIO()
    table = csv.writer(stream, lineterminator="\n")
    table.writerow(header)
    table.writerows(rows)
    return stream.getvalue().encode()


def _read(data: bytes, name: str) -> tuple[list[str], Iterator[tuple[int, list[str]]]]:
    """The header, and each row with its line; every row has as many cells as the header."""
    try:
        # utf-8-sig: a spreadsheet that saved the file again has put a byte order mark in front
        lines = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True))
    except (ValueError, csv.Error) as error:
        raise RunError(f"cannot read {name}", str(error)) from error
    header = lines[0] if lines else []
    for line, row in enumerate(lines[1:], start=2):
        if len(row) != len(header):
            raise RunError(f"cannot read {name}, line {line}", f"{len(row)} cells", f"{len(header)}")
    return header, enumerate(lines[1:], start=2)


def _check_header(right: bool, header: Sequence[str], name: str) -> None:
    if not right:
        raise RunError(f"cannot read {name}", "columns " + visible(", ".join(header[:8])), "the columns that Vitreous writes")
