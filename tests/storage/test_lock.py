import subprocess
import sys
from pathlib import Path

import pytest

from vitreous.errors import RunError
from vitreous.storage.lock import holder, lock_file, locked

HOLD = """
import sys
from pathlib import Path
from vitreous.storage.lock import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.readline()
"""


def holding(path: Path) -> "subprocess.Popen[str]":
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == "held\n"
    return process


def end(process: "subprocess.Popen[str]") -> None:
    process.kill()
    process.communicate()


def test_a_second_process_is_told_at_once_who_holds_it(tmp_path: Path) -> None:
    process = holding(tmp_path)
    try:
        with pytest.raises(RunError, match=rf"in use by process {process.pid} since 20\d\d-"), locked(tmp_path):
            pass
        assert (who := holder(tmp_path)) is not None and who.pid == process.pid
    finally:
        end(process)


def test_a_killed_holder_holds_nothing(tmp_path: Path) -> None:
    end(holding(tmp_path))
    assert holder(tmp_path) is None
    with locked(tmp_path):
        pass


def test_waiting_ends_when_the_other_is_done(tmp_path: Path) -> None:
    process = holding(tmp_path)
    with pytest.raises(RunError), locked(tmp_path, timeout=0.1):
        pass
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()
    with locked(tmp_path, timeout=30):
        pass
    process.communicate()


def test_the_same_process_cannot_take_it_twice(tmp_path: Path) -> None:
    with locked(tmp_path), pytest.raises(RunError, match="in use"), locked(tmp_path):
        pass


def test_an_error_inside_gives_the_lock_back(tmp_path: Path) -> None:
    with pytest.raises(KeyError), locked(tmp_path):
        raise KeyError
    with locked(tmp_path):
        assert holder(tmp_path) is not None
    assert holder(tmp_path) is None


def test_the_lock_of_a_file_lies_beside_it(tmp_path: Path) -> None:
    (tmp_path / "x.pack").touch()
    with locked(tmp_path / "x.pack"):
        assert (tmp_path / "x.pack.lock").exists()


def test_a_damaged_lock_file_still_locks(tmp_path: Path) -> None:
    lock_file(tmp_path).write_bytes(b"\xff{nonsense" * 1000)
    assert holder(tmp_path) is None
    with locked(tmp_path), pytest.raises(RunError, match="process"), locked(tmp_path):
        pass
