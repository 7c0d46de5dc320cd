"""A kill or a power cut at any moment leaves a complete state, the old or the new one."""

import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from vitreous.errors import RunError, StorageError
from vitreous.runs.folder import RunFolder, open_run, verify
from vitreous.runs.writing import create, reopen

WRITER = """
import sys
from pathlib import Path
from vitreous.runs.writing import create, reopen
parent = Path(sys.argv[1])
run = reopen(parent / "x-1") if (parent / "x-1").exists() else create(parent, "x", {})
step = int(sys.argv[2])
while True:
    step += 1
    files = {f"file-{each}": b"%d-%d" % (step, each) * 5000 for each in range(step % 4, 6)}
    run.write_state(files | {"model.onnx": b"%d" % step * 100_000, "state/a": b"%d" % step}, {"step": step})
    print(step, flush=True)
"""


class PowerCut(BaseException):
    """Not an Exception, as a kill cannot be caught."""


class Disk:
    """Counts changes of the disk; from number `cut_at` on every one raises PowerCut, clean-up included."""

    def __init__(self) -> None:
        self.changes = 0
        self.cut_at: int | None = None

    def step(self) -> None:
        self.changes += 1
        if self.cut_at is not None and self.changes >= self.cut_at:
            raise PowerCut

    def cut_after(self, changes: int) -> None:
        self.changes, self.cut_at = 0, changes

    def restore(self) -> None:
        self.cut_at = None


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    """Every call of `os` by which runs/ changes the disk goes through the returned counter first."""
    counter = Disk()

    def counted(real: Callable[..., object]) -> Callable[..., object]:
        def call(*args: object, **named: object) -> object:
            counter.step()
            return real(*args, **named)

        return call

    for name in ("write", "fsync", "replace", "unlink", "rmdir", "mkdir"):
        monkeypatch.setattr(os, name, counted(getattr(os, name)))
    return counter


def state(step: int) -> dict[str, bytes | Path]:
    return {"model.onnx": b"%d" % step, "state/a": b"%d" % step, f"only-{step}": b""}


def refusal(path: Path) -> str:
    """Why this folder does not open; nothing where it does."""
    try:
        open_run(path)
    except RunError as error:
        return str(error)
    return ""


def check_complete(run: RunFolder) -> int:
    """The step of a state that is whole and unmixed, without anything of another."""
    verify(run)
    step = int(run.facts["step"])
    assert {name: run.read(name) for name in run.document.files} == state(step)
    assert not (run.path / "next").exists()
    # a temporary file of a few hundred bytes may stay until the run is written again
    names = {each.name for each in run.path.iterdir() if each.suffix != ".partial"}
    assert names <= {"run.json", ".lock", "model.onnx", "state", f"only-{step}"}
    return step


def test_a_power_cut_at_every_single_change_of_the_disk_leaves_the_old_or_the_new_state(tmp_path: Path, disk: Disk) -> None:
    outcomes = []
    for cut in range(1, 200):
        with create(tmp_path / str(cut), "x", {}) as run:
            run.write_state(state(1), {"step": 1})
            disk.cut_after(cut)
            try:
                run.write_state(state(2), {"step": 2})
                break
            except PowerCut:
                disk.restore()
        outcomes.append(check_complete(open_run(run.path)))
    assert outcomes == sorted(outcomes)  # once the new state is complete it is never lost again
    assert outcomes.count(1) > 10 and outcomes.count(2) > 5


@pytest.mark.slow
def test_a_power_cut_while_another_one_is_repaired_does_no_harm(tmp_path: Path, disk: Disk) -> None:
    with create(tmp_path / "first", "x", {}) as run:
        run.write_state(state(1), {"step": 1})
        disk.cut_after(1000)
        run.write_state(state(2), {"step": 2})
        whole = disk.changes
        disk.restore()
    for first in range(4, whole, 3):
        for second in range(1, 30):
            with create(tmp_path / f"{first}-{second}", "x", {}) as run:
                run.write_state(state(1), {"step": 1})
                disk.cut_after(first)
                with pytest.raises(PowerCut):
                    run.write_state(state(2), {"step": 2})
                disk.restore()
            disk.cut_after(second)
            try:
                open_run(run.path)
                repaired = True
            except PowerCut:
                repaired = False
            disk.restore()
            assert check_complete(open_run(run.path)) in (1, 2)
            shutil.rmtree(run.path)
            if repaired:
                break


def test_a_power_cut_while_a_run_is_made_or_finished_leaves_no_half_run(tmp_path: Path, disk: Disk) -> None:
    for cut in range(1, 60):
        parent = tmp_path / str(cut)
        parent.mkdir()
        disk.cut_after(cut)
        try:
            with create(parent, "x", {}) as run:
                run.write_state(state(1), {"step": 1})
                run.finish()
            break
        except PowerCut:
            disk.restore()
        for path in parent.iterdir():
            if said := refusal(path):
                assert "stopped" in said
            else:
                assert check_complete(open_run(path)) == 1
        with create(parent, "x", {}) as run:  # and the next training has a folder of its own
            run.write_state(state(1), {"step": 1})
    else:
        pytest.fail("it never got through")


def test_a_complete_next_state_with_a_changed_byte_is_dropped(tmp_path: Path, disk: Disk) -> None:
    with create(tmp_path, "x", {}) as run:
        run.write_state(state(1), {"step": 1})
        real = os.replace
        try:
            os.replace = lambda *_: (_ for _ in ()).throw(PowerCut())
            with pytest.raises(PowerCut):
                run.write_state(state(2), {"step": 2})
        finally:
            os.replace = real
    assert (run.path / "next" / "run.json").exists()
    (run.path / "next" / "model.onnx").write_bytes(b"3")
    assert check_complete(open_run(run.path)) == 1


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="kill -9")
def test_kill_9_at_random_moments_never_loses_a_state(tmp_path: Path) -> None:
    moments = random.Random(0)
    known = 0
    for _ in range(20):
        writer = subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path), str(known)], stdout=subprocess.PIPE, text=True)
        assert writer.stdout is not None
        said = [writer.stdout.readline()]  # it works; from now on it can be killed anywhere
        try:
            writer.wait(timeout=moments.random() * 0.15)
            pytest.fail("the writer ended by itself")
        except subprocess.TimeoutExpired:
            writer.kill()
        said += writer.communicate()[0].splitlines()
        run = open_run(tmp_path / "x-1")
        verify(run)
        step = int(run.facts["step"])
        assert run.read("model.onnx") == b"%d" % step * 100_000
        assert step in (int(said[-1]), int(said[-1]) + 1)
        known = step
    with reopen(tmp_path / "x-1") as last:
        last.finish()


@pytest.mark.slow
def test_a_full_disk_in_mid_run_keeps_the_old_state_and_leaves_room_again(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = shutil.which("mount")
    if mount is None or subprocess.run([mount, "-t", "tmpfs", "-o", "size=1m", "none", str(disk)], check=False, capture_output=True).returncode:
        pytest.skip("a small disk can only be mounted by root")
    try:
        with create(disk, "x", {}) as run:
            run.write_state({"model.onnx": bytes(400_000)}, {"step": 1})
            with pytest.raises(StorageError, match=r"the disk is full \(.* MB free\); make room"):
                run.write_state({"model.onnx": bytes(800_000)}, {"step": 2})
            assert shutil.disk_usage(disk).free > 500_000
            verify(open_run(run.path))
            run.write_state({"model.onnx": bytes(300_000)}, {"step": 3})
        subprocess.run([mount, "-o", "remount,ro", str(disk)], check=True)
        verify(open_run(run.path))
        assert open_run(run.path).facts == {"step": 3}
        with pytest.raises(StorageError, match="read-only"):
            create(disk, "y", {})
    finally:
        subprocess.run(["umount", str(disk)], check=True)
