"""What ends a training early says how it goes on, where there is something to go on from."""

from pathlib import Path

import pytest

from vitreous.errors import RunError, StorageError
from vitreous.fit.unfinished import noted
from vitreous.runs.writing import create


def ended_by(error: BaseException, folder: Path, files: dict[str, bytes]) -> None:
    with create(folder, "x", {}) as writer, noted(writer):
        writer.write_state(files, {})
        raise error


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(143), StorageError("the disk is full"), MemoryError(), ValueError("x")])
def test_the_command_that_goes_on_is_noted_on_the_error(error: BaseException, tmp_path: Path) -> None:
    with pytest.raises(type(error)):
        ended_by(error, tmp_path, {"model.onnx": b"", "state/training.json": b"{}"})
    assert error.__notes__ == [f"to go on with it: vitreous train --resume {tmp_path / 'x-1'}"]


def test_nothing_is_noted_where_there_is_no_state_or_going_on_was_refused(tmp_path: Path) -> None:
    for files, error in (({"model.onnx": b""}, KeyboardInterrupt()), ({"state/training.json": b"{}"}, RunError("its data changed"))):
        with pytest.raises(type(error)):
            ended_by(error, tmp_path, files)
        assert not hasattr(error, "__notes__")
