"""`watch` follows a training by what lies in its folder, and ends with it."""

import json
from pathlib import Path

import pytest

from vitreous.errors import RunError
from vitreous.runs.contents import HISTORY, JOURNAL
from vitreous.runs.writing import create
from vitreous.training.watching import follow


def line(epoch: int) -> str:
    return json.dumps({"epoch": epoch, "held_loss": 1 / epoch}) + "\n"


def test_epochs_are_told_once_each_as_they_come_and_it_ends_with_the_training(tmp_path: Path) -> None:
    writer = create(tmp_path, "x", {})
    journal = writer.path / JOURNAL
    journal.write_text(line(1))
    looks = 0

    def wait(seconds: float) -> None:
        nonlocal looks
        looks += 1
        if looks == 1:
            journal.write_text(line(1) + line(2) + '{"epoch": 3, "held')  # the last one is being written
        elif looks == 2:
            writer.write_state({"model.onnx": b"m", HISTORY: (line(1) + line(2) + line(3)).encode()}, {})
            journal.unlink()
            writer.finish()
            writer.close()

    assert [each["epoch"] for each in follow(writer.path, wait)] == [1, 2, 3] and looks == 2


def test_a_finished_or_stopped_run_is_told_at_once(tmp_path: Path) -> None:
    with create(tmp_path, "x", {}) as writer:
        writer.write_state({"model.onnx": b"m", HISTORY: (line(1) + line(2)).encode()}, {})
    assert [each["epoch"] for each in follow(writer.path, pytest.fail)] == [1, 2]


def test_what_is_no_run_is_said(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="is no run"):
        list(follow(tmp_path))
