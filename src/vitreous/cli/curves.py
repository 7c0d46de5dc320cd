"""The curves of a training as text: loss and accuracy after each epoch, of the pictures held out (drawn through) and of those learned from (dotted).

    curves(history, 80)      lines of (text, what) pieces; what is "held", "learned" or "" for axes and words

Braille characters hold 2 × 4 dots each; where the terminal's encoding has none, stars and points stand for them.
"""

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any

Piece = tuple[str, str]
_ROWS, _BESIDE = 6, 72  # rows of a chart; columns from which on two stand beside each other
_LABEL = 7  # columns of the axis
_MOST_WIDE = 60
# Dots of a braille character, by row and column: bits above U+2800.
_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))


def curves(history: Sequence[Mapping[str, Any]], columns: int, braille: bool = True) -> list[list[Piece]]:
    """Nothing before the second epoch, or where a line has less than 24 columns."""
    if len(history) < 2 or columns < 24:
        return []
    width = min(_MOST_WIDE, (columns - 2) // 2 if columns >= _BESIDE else columns)
    name = "held_map" if history[-1].get("held_map") is not None else "held_accuracy"
    told = "mAP" if name == "held_map" else "accuracy"
    charts = [_chart("loss", _series(history, "held_loss"), _series(history, "train_loss"), width, None, braille)]
    if any(value is not None for value in _series(history, name)):
        learned = _series(history, "train_accuracy") if told == "accuracy" else [None] * len(history)
        charts.append(_chart(told, _series(history, name), learned, width, (0.0, 1.0), braille))
    if len(charts) == 2 and columns >= _BESIDE:
        return [[*left, (" " * (width + 2 - _length(left)), ""), *right] for left, right in zip(*charts, strict=True)]
    return [line for chart in charts for line in chart]


def _series(history: Sequence[Mapping[str, Any]], name: str) -> list[float | None]:
    """What is no number is not drawn."""
    return [value if (value := epoch.get(name)) is not None and isfinite(value) else None for epoch in history]


def _chart(
    name: str, held: Sequence[float | None], learned: Sequence[float | None], width: int, limits: tuple[float, float] | None, braille: bool
) -> list[list[Piece]]:
    """A heading with the last figures, rows with the axis, and the epochs below."""
    across, down = (2, 4) if braille else (1, 1)
    known = [value for value in (*held, *learned) if value is not None]
    low, high = limits or (0.0, max(known, default=1.0) or 1.0)
    grid = _Grid(width - _LABEL - 1, _ROWS, across, down)
    for values, what in ((learned, "learned"), (held, "held")):
        grid.draw(values, low, high, what)
    percent = limits is not None
    heading: list[Piece] = [(f"{name} ", "")]
    for values, what, words in ((held, "held", "held out"), (learned, "learned", "learned")):
        if values[-1] is not None:
            told = f"{100 * values[-1]:.1f} %" if percent else f"{values[-1]:.3f}"
            heading += [("" if len(heading) == 1 else ", ", ""), (f"{told} {words}", what)]
    marks = {0: f"{100 * high:.0f} %" if percent else f"{high:.2g}", _ROWS - 1: "0"}
    rows = [[(f"{marks.get(row, ''):>{_LABEL - 1}} ", ""), *grid.row(row, braille)] for row in range(_ROWS)]
    count = str(len(held))
    below: list[Piece] = [(f"{'':{_LABEL}}1{f'epoch {count}':>{max(1, width - _LABEL - 2)}}", "")]
    return [_cut(heading, width), *rows, below]


class _Grid:
    """Cells of `across` × `down` dots, each with the dots of both curves; where they meet, the one drawn last shows."""

    def __init__(self, columns: int, rows: int, across: int, down: int) -> None:
        self.columns, self.rows, self.across, self.down = columns, rows, across, down
        self.dots: dict[tuple[int, int], str] = {}

    def draw(self, values: Sequence[float | None], low: float, high: float, what: str) -> None:
        """From dot to dot; the values between two epochs lie on a straight line. Of "learned" every second column is left empty."""
        wide, tall, before = self.columns * self.across, self.rows * self.down, None
        for x in range(wide):
            at = x * (len(values) - 1) / max(1, wide - 1)
            left, right = values[int(at)], values[min(int(at) + 1, len(values) - 1)]
            if left is None or right is None:
                before = None
                continue
            value = left + (at - int(at)) * (right - left)
            y = round((tall - 1) * (1 - min(1.0, max(0.0, (value - low) / (high - low)))))
            if what == "held":
                step = 1 if before is None or before <= y else -1
                for each in range(y if before is None or before == y else before + step, y + step, step):
                    self.dots[x, each] = what
            elif x // self.across % 2 == 0:
                self.dots[x, y] = what
            before = y

    def row(self, row: int, braille: bool) -> list[Piece]:
        """The row's characters, those of one kind together."""
        pieces: list[Piece] = []
        for column in range(self.columns):
            inside = {(x, y): self.dots.get((column * self.across + x, row * self.down + y)) for x in range(self.across) for y in range(self.down)}
            there = [place for place, what in inside.items() if what]
            what = "held" if "held" in inside.values() else "learned" if there else ""
            character = chr(0x2800 + sum(_DOTS[y][x] for x, y in there)) if braille else {"held": "*", "learned": ".", "": " "}[what]
            text = character if there else " "
            if pieces and pieces[-1][1] == what:
                pieces[-1] = (pieces[-1][0] + text, what)
            else:
                pieces.append((text, what))
        return pieces


def _length(pieces: Sequence[Piece]) -> int:
    return sum(len(text) for text, _ in pieces)


def _cut(pieces: Sequence[Piece], width: int) -> list[Piece]:
    """As much as fits into the line."""
    cut, left = [], width
    for text, what in pieces:
        cut.append((text[:left], what))
        left -= len(text[:left])
    return cut
