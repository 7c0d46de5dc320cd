"""What ends a training early says how it goes on, where there is something to go on from."""

from pathlib import Path

import pytest

from vitreous.errors import RunError, StorageError
from vitreous.fit.unfinished import noted
from vitreous.runs.writing import create


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(143), StorageError("the disk is full"), MemoryError(), ValueError()])
def test_the_command_that_goes_on_is_noted_on_the_error(error: BaseException, tmp_path: Path) -> None:
    with pytest.raises(type(error)), create(tmp_path, "x", {}) as writer, noted(writer):
        writer.write_state({"model.onnx": b"", "state/training.json": b"{}"}, {})
        raise error
    assert error.__notes__ == [f"to go on with it: vitreous train --resume {tmp_path / 'x-1'}"]


def test_nothing_is_noted_where_there_is_no_state_or_going_on_was_refused(tmp_path: Path) -> None:
    for files, error in (({"model.onnx": b""}, KeyboardInterrupt()), ({"state/training.json": b"{}"}, RunError("its data changed"))):
        with pytest.raises(type(error)), create(tmp_path, "x", {}) as writer, noted(writer):
            writer.write_state(files, {})
            raise error
        assert not hasattr(error, "__notes__")
