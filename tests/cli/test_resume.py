"""Trainings from scratch on the command line: killed, interrupted, gone on with, done again; the last weights are the same bits."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("torch")
pytest.importorskip("safetensors")
sys.path.insert(0, str(Path(__file__).parents[1]))
from trained_run import Said

from vitreous.errors import RunError
from vitreous.runs.folder import open_run, verify

pytest_plugins = ["shared_fixtures"]
pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")]

OPTIONS = [
    "--net",
    "mlp",
    "--size",
    "12",
    "--epochs",
    "12",
    "--batch",
    "8",
    "--dropout",
    "0.2",
    "--mixup",
    "0.2",
    "--average",
    "0.95",
    "--threads",
    "1",
]
KILLS = 4


@pytest.fixture
def heard() -> Iterator[None]:
    """Ctrl-C is heard by what is begun here, also where the tests run in the background of a shell, which lets them ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """240 grey pictures of two classes, bright on the left or on the right."""
    rng = np.random.default_rng(0)
    for number in range(240):
        values = rng.integers(0, 160, (12, 12))
        side = number % 2
        values[:, 6 * side : 6 * side + 6] += 60
        folder = tmp_path / "sides" / ("left", "right")[side]
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(values.astype(np.uint8)).save(folder / f"{number:03}.png")
        os.utime(folder / f"{number:03}.png", (1_700_000_000, 1_700_000_000))
    return tmp_path


def begun(work: Path, *arguments: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "vitreous", "train", *arguments]
    return subprocess.Popen(command, cwd=work, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)


def until(process: "subprocess.Popen[str]", beginning: str) -> None:
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith(beginning):
            return
    raise AssertionError(f"it ended before {beginning!r}: {process.wait()}")


def test_interrupted_and_killed_it_ends_with_the_bits_of_one_left_alone(
    work: Path, vitreous: Callable[..., Said], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(work)
    whole = vitreous("train", "sides", *OPTIONS)
    assert whole.code == 0, whole.err
    expected = (work / "runs" / "sides-1" / "model.onnx").read_bytes()
    process = begun(work, "sides", *OPTIONS)
    until(process, "Epoch 2")
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 128 + signal.SIGTERM and "Traceback" not in err
    assert "Stopped: nothing is left half-written; to go on with it: vitreous train --resume runs/sides-2." in err
    run = open_run(work / "runs" / "sides-2")
    verify(run)
    assert not run.finished and run.facts["metrics"]["what"].endswith("held out of training") and "state/training.json" in run.document.files
    assert vitreous("predict", run.path, "sides/left/000.png").code == 0  # it answers already
    moments = random.Random(0)
    for _ in range(KILLS):
        process = begun(work, "--resume", "runs/sides-2")
        until(process, "Going on")
        time.sleep(moments.random() * 0.5)
        process.kill()
        process.communicate()
        if open_run(run.path).finished:
            break
    else:
        assert vitreous("train", "--resume", "runs/sides-2").code == 0
    assert (run.path / "model.onnx").read_bytes() == expected
    assert not (run.path / "journal.jsonl").exists() and "state/training.json" not in open_run(run.path).document.files
    said = vitreous("train", "--repeat", "runs/sides-2")
    assert said.code == 0 and (work / said.out.strip() / "model.onnx").read_bytes() == expected
    refused = vitreous("train", "--resume", "runs/sides-2")
    assert refused.code == 1 and "it is finished; for a new run: vitreous train --repeat" in refused.err


@pytest.fixture
def stopped(work: Path) -> Path:
    """The folder of an interrupted run."""
    process = begun(work, "sides", *OPTIONS)
    until(process, "Epoch 1")
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=120)
    return work / "runs" / "sides-1"


def test_a_measured_rate_is_stored_and_done_again_without_measuring(
    work: Path, vitreous: Callable[..., Said], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(work)
    options = [*OPTIONS, "--rate", "auto", "--epochs", "40"]
    first = vitreous("train", "sides", *options)
    assert first.code == 0, first.err
    assert "steps at rising rates" in first.err
    recipe = open_run("runs/sides-1").facts["classifier"]["recipe"]
    assert recipe["rate"] == recipe["rate_curve"]["pick"] and "<h3>The learning rate</h3>" in Path("runs/sides-1/report.html").read_text()
    process = begun(work, "sides", *options)
    until(process, "Epoch 2")
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=120)
    gone_on, again = vitreous("train", "--resume", "runs/sides-2"), vitreous("train", "--repeat", "runs/sides-1")
    assert gone_on.code == again.code == 0 and "rising rates" not in gone_on.err + again.err
    for run in ("runs/sides-2", "runs/sides-3"):
        assert open_run(run).read("model.onnx") == open_run("runs/sides-1").read("model.onnx")
        assert open_run(run).facts["classifier"]["recipe"] == recipe


@pytest.mark.usefixtures("heard")
def test_a_sweep_goes_on_inside_the_variant_that_was_interrupted_to_the_same_bits(
    work: Path, vitreous: Callable[..., Said], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(work)
    longer = [*OPTIONS, "--epochs", "80", "--patience", "80"]  # so long that it has not ended when the signal comes
    options = [*longer, "--sweep", "rate=0.001,0.003"]
    process = begun(work, "sides", *options)
    until(process, "Variant 2 of 2")
    until(process, "Epoch 2")
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=120)
    assert process.returncode == 130
    said = vitreous("train", "sides", *options)
    assert said.code == 0 and "Variant 1 of 2, rate 0.001: done before." in said.err and "Going on behind step" in said.err
    alone = vitreous("train", "sides", *longer, "--rate", "0.003")
    assert alone.code == 0
    assert open_run("runs/sides-sweep-1/02-rate-0.003-1").read("model.onnx") == open_run("runs/sides-1").read("model.onnx")


@pytest.mark.parametrize("wrong", ["much", "Auto", "0", "-1", "nan"])
def test_a_rate_that_is_no_number_is_one_line(wrong: str, work: Path, vitreous: Callable[..., Said], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(work)
    said = vitreous("train", "sides", "--net", "mlp", "--rate", wrong)
    assert said.code == 2 and said.err.startswith("error: --rate") and said.err.count("\n") == 1 and not Path("runs").exists()


def test_what_stands_against_going_on_is_named(stopped: Path, vitreous: Callable[..., Said], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(stopped.parents[1])
    kept = stopped.with_name("kept")
    shutil.copytree(stopped, kept)
    damaged = bytearray((stopped / "state" / "optimizer.safetensors").read_bytes())
    damaged[-1] ^= 1
    (stopped / "state" / "optimizer.safetensors").write_bytes(damaged)
    said = vitreous("train", "--resume", stopped)
    assert said.code == 1 and "changed: state/optimizer.safetensors" in said.err
    (stopped / "state" / "optimizer.safetensors").unlink()
    assert "missing: state/optimizer.safetensors" in vitreous("train", "--resume", stopped).err
    picture = stopped.parents[1] / "sides" / "left" / "000.png"
    before = picture.read_bytes()
    Image.fromarray(np.zeros((12, 12), np.uint8)).save(picture)
    said = vitreous("train", "--resume", kept)
    assert said.code == 1 and "its data changed: left/000.png has another content; restore the pictures" in said.err
    picture.unlink()
    assert "left/000.png is gone" in vitreous("train", "--resume", kept).err
    picture.write_bytes(before)
    assert vitreous("train", "--resume", kept, "--rate", "0.1").code == 2
    assert vitreous("train", "--resume", kept, "sides").code == 2
    verify(open_run(kept))
    with pytest.raises(RunError):
        verify(open_run(stopped))


def test_a_run_at_work_is_not_gone_on_with_and_can_be_watched(work: Path, vitreous: Callable[..., Said], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(work)
    process = begun(work, "sides", *OPTIONS)
    until(process, "Epoch 1")
    process.send_signal(signal.SIGSTOP)
    try:
        said = vitreous("train", "--resume", "runs/sides-1")
    finally:
        process.send_signal(signal.SIGCONT)
    assert said.code == 1 and ("holds no model yet" in said.err or "its training goes on" in said.err)
    watched = vitreous("watch", "runs/sides-1", "--json")
    process.communicate(timeout=120)
    assert process.returncode == 0 and watched.code == 0
    epochs = [json.loads(line) for line in watched.out.splitlines()]
    assert [each["epoch"] for each in epochs] == list(range(1, len(epochs) + 1)) and "held_accuracy" in epochs[-1]
