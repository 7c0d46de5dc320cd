"""The confusion matrix for a page: of few classes a table with counts, of many a picture of it; always the most frequent mistakes in words.

A cell is shaded by its share of the row, as 1/8 + 7/8 √share (the rule of `draw.confusion`), so that a single mistake is seen; at most
60 % of the hue, so that its number stays readable in every theme.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from vitreous.metrics.figures import IntArray
from vitreous.report.charts import confusion_picture
from vitreous.report.limits import confusions
from vitreous.report.wording import named, times

MOST_WRITTEN = 25
_DEEPEST = 60


@dataclass(frozen=True)
class Cell:
    """`kind` is right, wrong or none; `shade` in per cent of the hue; `told` for whoever points at it or cannot see it."""

    count: int
    kind: str
    shade: int
    told: str


@dataclass(frozen=True)
class Matrix:
    """`rows` of cells for at most 25 classes, else `picture`; `pairs` (count, true class, answer) of the most frequent mistakes."""

    title: str
    labels: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    picture: str
    pairs: Sequence[tuple[int, str, str]]


def matrix(metrics: Mapping[str, Any]) -> Matrix:
    """From the metrics of a run with one label for each picture."""
    labels, pairs = [each["label"] for each in metrics["classes"]], confusions(metrics, 12)
    title = f"{named(pairs[0][1])} is taken for {named(pairs[0][2])} {times(pairs[0][0])}" if pairs else "No answer is wrong"
    return shaded(np.array(metrics["confusion"]), labels, title, pairs, "{row}, answered {column}: {count}")


def shaded(table: IntArray, labels: Sequence[str], title: str, pairs: Sequence[tuple[int, str, str]], told: str) -> Matrix:
    """Of any table of counts, int [K, K]; `told` says of a cell what it is, of {row}, {column} and {count}."""
    if len(labels) > MOST_WRITTEN:
        return Matrix(title, labels, [], confusion_picture(table), pairs)
    count = table.sum(axis=1, keepdims=True)
    shade = np.where(table > 0, _DEEPEST * (0.125 + 0.875 * np.sqrt(table / np.maximum(count, 1))), 0).round().astype(int)
    rows = [
        [
            Cell(
                int(table[i, j]),
                "right" if i == j else "wrong",
                int(shade[i, j]),
                told.format(row=named(labels[i]), column=named(labels[j]), count=table[i, j]),
            )
            if table[i, j]
            else Cell(0, "none", 0, "")
            for j in range(len(labels))
        ]
        for i in range(len(labels))
    ]
    return Matrix(title, labels, rows, "", pairs)
