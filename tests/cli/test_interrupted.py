"""Trainings that are stopped, killed or begun twice: what is left, what is said of it, and that the next one works."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from small_network import colourful
from trained_run import Said, small_vitreous

from vitreous.errors import RunError
from vitreous.runs.folder import open_run, verify

pytest_plugins = ["shared_fixtures"]
pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")]


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A folder with data that take the small network some tenths of a second."""
    for picture in colourful(tmp_path / "photos", {"red": 150, "green": 150}).glob("*/*"):
        os.utime(picture, (1_700_000_000, 1_700_000_000))
    return tmp_path


@pytest.fixture(autouse=True)
def _interrupts_are_heard() -> Iterator[None]:
    """A process begun in the background of a shell ignores Ctrl-C, and so would its children."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def begun(work: Path) -> "subprocess.Popen[str]":
    """A training whose run folder is there."""
    process = subprocess.Popen(small_vitreous("train", "photos"), cwd=work, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("Run: "):
            return process
    raise AssertionError("the training did not begin")


def finished(work: Path) -> str:
    done = subprocess.run(small_vitreous("train", "photos"), cwd=work, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    verify(open_run(work / done.stdout.strip()))
    return done.stdout.strip()


def runs(work: Path) -> list[Path]:
    return sorted((work / "runs").iterdir()) if (work / "runs").exists() else []


def test_ctrl_c_exits_130_leaves_no_run_and_the_next_training_works(work: Path) -> None:
    interrupted = 0
    for moment in (0.0, 0.1, 0.25, 0.5):
        before = runs(work)
        process = begun(work)
        time.sleep(moment)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
        if process.returncode == 0:  # it was done already
            verify(open_run(work / out.strip()))
            continue
        interrupted += 1
        assert process.returncode == 130 and out == "" and "Traceback" not in err and "Interrupted: nothing is left half-written." in err
        assert runs(work) == before
    assert interrupted >= 1
    finished(work)


def test_a_polite_request_to_stop_is_heard_as_ctrl_c_is(work: Path) -> None:
    process = begun(work)
    process.terminate()
    out, err = process.communicate(timeout=30)
    assert process.returncode == 128 + signal.SIGTERM and out == "" and "Traceback" not in err
    assert runs(work) == []


def test_an_impatient_second_ctrl_c_does_no_harm(work: Path) -> None:
    process = begun(work)
    for _ in range(5):
        process.send_signal(signal.SIGINT)
        time.sleep(0.01)
    process.communicate(timeout=30)
    assert process.returncode == 130
    for path in runs(work):
        with pytest.raises(RunError):
            open_run(path)
    finished(work)


def test_after_kill_9_at_any_moment_the_next_command_says_what_is_there(
    work: Path, vitreous: Callable[..., Said], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(work)
    moments, complete = random.Random(1), 0
    for _ in range(8):
        process = begun(work)
        time.sleep(moments.random() * 0.9)
        process.kill()
        process.communicate()
        newest = max(runs(work), key=lambda path: int(path.name.rsplit("-", 1)[1]))
        said = vitreous("evaluate", newest)
        if said.code == 0:
            complete += 1
            verify(open_run(newest))
        else:
            assert said.code == 1 and said.err.count("\n") == 1
            assert f"{newest} holds no model: its training, begun " in said.err and "train again; this folder can be deleted" in said.err
    assert complete < 8
    finished(work)


def test_the_work_of_a_killed_training_is_not_lost(work: Path) -> None:
    process = begun(work)
    packs, deadline = Path(os.environ["VITREOUS_CACHE"]) / "packs", time.monotonic() + 20
    while not list(packs.glob("*/features-*.keys")) and time.monotonic() < deadline:
        time.sleep(0.005)
    process.kill()
    process.communicate()
    kept = {file: file.read_bytes() for file in packs.glob("*/features-*.rows")}
    assert sum(map(len, kept.values())) > 0
    finished(work)
    assert all(file.read_bytes().startswith(content) for file, content in kept.items())


def test_two_trainings_at_once_both_finish_with_the_same_model(work: Path) -> None:
    both = [begun(work), begun(work)]
    said = [process.communicate(timeout=60) for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    names = [out.strip() for out, _ in said]
    assert sorted(names) == ["runs/photos-1", "runs/photos-2"]
    first, second = (open_run(work / name) for name in names)
    verify(first)
    verify(second)
    assert first.read("model.onnx") == second.read("model.onnx")


def test_a_run_in_training_says_so(work: Path, vitreous: Callable[..., Said]) -> None:
    process = begun(work)
    process.send_signal(signal.SIGSTOP)
    try:
        said = vitreous("evaluate", work / "runs" / "photos-1")
    finally:
        process.send_signal(signal.SIGCONT)
    process.communicate(timeout=60)
    assert process.returncode == 0
    if said.code:  # it was stopped before its first state
        assert f"its training goes on (process {process.pid} " in said.err and "wait for its first state" in said.err
    assert vitreous("evaluate", work / "runs" / "photos-1").code == 0
