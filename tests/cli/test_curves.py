"""Curves as text: what stands where, within the columns there are, and only where a terminal can show them."""

import os
import subprocess
import sys
from typing import Any

import pytest

from vitreous.cli.curves import curves
from vitreous.cli.terminal import Terminal

HISTORY: list[dict[str, Any]] = [
    {"epoch": n, "train_loss": 2.0 / n**2, "held_loss": 2.0 / n, "train_accuracy": 1 - 0.9 / n**2, "held_accuracy": 1 - 0.9 / n} for n in range(1, 13)
]
TOLD = """
from test_curves import HISTORY
from vitreous.cli.terminal import Terminal
with Terminal() as terminal:
    terminal.epoch("Epoch 12.", HISTORY)
"""


def lines(history: list[dict[str, Any]], columns: int, braille: bool = True) -> list[str]:
    return ["".join(text for text, _ in line) for line in curves(history, columns, braille)]


@pytest.mark.parametrize("columns", [24, 39, 40, 71, 72, 80, 200])
@pytest.mark.parametrize("braille", [True, False])
def test_no_line_is_longer_than_there_are_columns(columns: int, braille: bool) -> None:
    drawn = lines(HISTORY, columns, braille)
    assert drawn and max(map(len, drawn)) <= columns and len(drawn) == (8 if columns >= 72 else 16)


def test_a_loss_falls_from_the_upper_left_to_the_lower_right_and_the_last_figures_stand_above() -> None:
    drawn = lines(HISTORY, 40, braille=False)
    assert drawn[0] == "loss 0.167 held out, 0.014 learned" and drawn[8].startswith("accuracy 92.5 % held out, 99.4 % learned"[:39])
    assert drawn[1].startswith("     2 *") and drawn[6].startswith("     0") and drawn[6].rstrip().endswith("*") and len(drawn[6].rstrip()) == 39
    assert drawn[7].split() == ["1", "epoch", "12"]


def test_braille_dots_are_where_the_values_are() -> None:
    straight = [{"held_loss": value} for value in (1.0, 0.0)]
    drawn = lines(straight, 24)  # 16 characters of 2 × 4 dots across, 6 down: a diagonal
    inside = [line[7:23] for line in drawn[1:7]]
    assert ord(inside[0][0]) - 0x2800 & 0x01 and ord(inside[5].rstrip()[-1]) - 0x2800 & 0x80 and len(inside[5].rstrip()) == 16
    assert all(inside[row].strip() for row in range(6))


def test_both_curves_are_told_apart_without_colour_by_gaps() -> None:
    rows = curves([{"held_loss": 1.0, "train_loss": 0.5}] * 3, 60)[1:7]
    held, learned = (next(row[1:] for row in rows if name in [what for _, what in row]) for name in ("held", "learned"))
    assert " " not in "".join(text for text, _ in held).strip()
    assert " " in "".join(text for text, _ in learned).strip()


@pytest.mark.parametrize("wrong", [float("nan"), float("inf"), None])
def test_what_is_no_number_is_left_out(wrong: float | None) -> None:
    assert lines([{"held_loss": value, "held_accuracy": wrong} for value in (1.0, wrong, 0.5)], 40)
    assert lines([{"held_loss": wrong}] * 3, 40)


def test_one_epoch_or_no_room_draws_nothing() -> None:
    assert lines(HISTORY[:1], 80) == lines(HISTORY, 23) == []


def test_where_nobody_looks_an_epoch_is_its_line_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    with Terminal() as terminal:
        terminal.epoch("Epoch 12.", HISTORY)
    assert capsys.readouterr() == ("", "Epoch 12.\n")


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs a terminal made by the system")
@pytest.mark.parametrize(
    ("variables", "drawn", "coloured"),
    [
        ({}, "⠉", True),
        ({"NO_COLOR": "1"}, "⠉", False),
        ({"TERM": "dumb"}, "", False),
        ({"PYTHONIOENCODING": "ascii"}, "*****", True),
        ({"COLUMNS": "40"}, "⠉", True),
        ({"LINES": "9"}, "", False),
    ],
)
def test_a_terminal_shows_what_it_can(variables: dict[str, str], drawn: str, coloured: bool) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    environment |= {
        "TERM": "xterm",
        "PYTHONIOENCODING": "utf-8",
        "COLUMNS": "100",
        "LINES": "40",
        "PYTHONPATH": os.path.dirname(__file__),
    } | variables
    ours, theirs = os.openpty()
    subprocess.run([sys.executable, "-c", TOLD], stderr=theirs, env=environment, check=True, timeout=60)
    os.close(theirs)
    said = os.read(ours, 65536).decode()
    os.close(ours)
    assert "Epoch 12." in said and (drawn in said if drawn else "loss" not in said) and ("\x1b[36m" in said) == coloured
