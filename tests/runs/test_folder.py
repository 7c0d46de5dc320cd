import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from vitreous.errors import RunError, StorageError
from vitreous.runs.folder import RunFolder, open_run, runs_in, verify
from vitreous.runs.writing import create

FILES: dict[str, bytes | Path] = {"model.onnx": b"network", "items.csv": b"path\n", "state/weights": b"\x00\x01"}

KILLED = """
import os, sys
from pathlib import Path
from vitreous.runs.writing import create
run = create(Path(sys.argv[1]), "photos", {})
if len(sys.argv) > 2:
    run.write_state({"model.onnx": b"best so far"}, {})
os._exit(9)
"""


def killed_training(parent: Path, *more: str) -> None:
    subprocess.run([sys.executable, "-c", KILLED, str(parent), *more], check=False)


def finished(parent: Path, name: str = "photos") -> RunFolder:
    with create(parent, name, {"seed": 3}) as run:
        run.write_state(FILES, {"labels": ["cat", "dog"]})
        return run.finish()


def test_an_opened_run_gives_back_what_was_written(tmp_path: Path) -> None:
    run = open_run(finished(tmp_path).path)
    assert run.finished and run.remark == ""
    assert (run.settings, run.facts) == ({"seed": 3}, {"labels": ["cat", "dog"]})
    assert {name: run.read(name) for name in FILES} == FILES
    verify(run)


def test_the_hashes_are_sha256(tmp_path: Path) -> None:
    with create(tmp_path, "x", {}) as run:
        files = run.write_state({"model.onnx": b"abc"}, {}).document.files
    # FIPS 180-4, example of one block
    assert files == {"model.onnx": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"}


@pytest.mark.parametrize("name", FILES)
def test_a_changed_byte_is_noticed_by_the_name_of_its_file(tmp_path: Path, name: str) -> None:
    run = finished(tmp_path)
    data = bytearray((run.path / name).read_bytes())
    data[-1] ^= 1
    (run.path / name).write_bytes(bytes(data))
    with pytest.raises(RunError, match=f"changed: {name};"):
        verify(open_run(run.path))
    with pytest.raises(RunError, match=f"changed: {name};"):
        run.read(name)


def test_every_missing_and_changed_file_is_named(tmp_path: Path) -> None:
    run = finished(tmp_path)
    (run.path / "model.onnx").unlink()
    (run.path / "items.csv").write_bytes(b"")
    with pytest.raises(RunError, match=r"changed: items\.csv; missing: model\.onnx"):
        verify(run)
    with pytest.raises(RunError, match=r"missing: model\.onnx"):
        run.read("model.onnx")


@pytest.mark.skipif(os.name == "nt", reason="named pipes")
def test_a_pipe_in_the_place_of_a_file_is_not_waited_for(tmp_path: Path) -> None:
    run = finished(tmp_path)
    (run.path / "model.onnx").unlink()
    os.mkfifo(run.path / "model.onnx")
    with pytest.raises(RunError, match=r"model\.onnx"):
        verify(run)
    with pytest.raises(RunError, match=r"model\.onnx"):
        run.read("model.onnx")


def test_files_of_the_user_are_tolerated(tmp_path: Path) -> None:
    run = finished(tmp_path)
    (run.path / "notes.txt").write_text("the good one")
    (run.path / "plots").mkdir()
    verify(open_run(run.path))
    assert (run.path / "notes.txt").exists()


def test_an_edit_of_run_json_is_noticed(tmp_path: Path) -> None:
    path = finished(tmp_path).path / "run.json"
    path.write_text(path.read_text().replace('"cat"', '"cow"'))
    with pytest.raises(RunError, match=r"run\.json was changed"):
        open_run(path.parent)


def test_a_run_can_be_moved_and_copied(tmp_path: Path) -> None:
    run = finished(tmp_path / "a")
    verify(open_run(shutil.copytree(run.path, tmp_path / "elsewhere, with spaces")))


def test_the_model_inside_opens_its_run(tmp_path: Path) -> None:
    run = finished(tmp_path)
    assert open_run(run.path / "model.onnx").path == run.path
    assert open_run(str(run.path) + "/").path == run.path


def test_an_unknown_file_of_a_run_offers_near_names(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"did you mean 'items\.csv'"):
        finished(tmp_path).file("item.csv")


def test_a_killed_training_without_a_state_is_said_to_be_over(tmp_path: Path) -> None:
    killed_training(tmp_path)
    with pytest.raises(RunError, match=r"photos-1 holds no model.*begun 20.*process \d+\), is no longer running.*train again"):
        open_run(tmp_path / "photos-1")


def test_a_killed_training_with_a_state_opens_with_a_remark(tmp_path: Path) -> None:
    killed_training(tmp_path, "state")
    run = open_run(tmp_path / "photos-1")
    assert run.read("model.onnx") == b"best so far"
    assert not run.finished and "stopped before its end" in run.remark


def test_a_training_that_goes_on_is_said_to(tmp_path: Path) -> None:
    with create(tmp_path, "photos", {}) as run:
        with pytest.raises(RunError, match=rf"holds no model yet: its training goes on \(process {os.getpid()} since"):
            open_run(run.path)
        run.write_state(FILES, {})
        assert "still in training" in open_run(run.path).remark


@pytest.mark.parametrize(
    ("make", "said"),
    [
        ([], "is empty"),
        (["cat/1.jpg", "dog/2.JPG"], "looks like a folder of pictures.*vitreous train"),
        (["train/cat/1.png"], "looks like a folder of pictures"),
        (["notes.txt"], r"has no run\.json"),
    ],
)
def test_a_folder_that_is_no_run_is_called_what_it_is(tmp_path: Path, make: list[str], said: str) -> None:
    folder = tmp_path / "x"
    folder.mkdir()
    for name in make:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    with pytest.raises(RunError, match=said):
        open_run(folder)
    assert len(list(folder.rglob("*.*"))) == len(make)  # looking changes nothing


def test_a_folder_of_runs_offers_the_newest(tmp_path: Path) -> None:
    for age in range(4):
        os.utime(finished(tmp_path / "runs").path / "run.json", (1e9 - age, 1e9 - age))
    assert [run.name for run in runs_in(tmp_path / "runs")] == ["photos-1", "photos-2", "photos-3", "photos-4"]
    with pytest.raises(RunError, match=r"holds 4 runs.*newest: \S+photos-1, \S+photos-2, \S+photos-3$"):
        open_run(tmp_path / "runs")


def test_a_misspelt_or_shortened_name_offers_what_there_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    finished(tmp_path / "runs")
    for name in ("photos", "photo-1", "phtos-1"):
        with pytest.raises(RunError, match=r"there is no run.*did you mean .*photos-1"):
            open_run(tmp_path / "runs" / name)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RunError, match=r"did you mean runs.photos-1\?"):
        open_run("photos-1")
    monkeypatch.chdir(tmp_path / "runs")
    with pytest.raises(RunError, match=r"did you mean photos-1\?"):
        open_run("photos")


@pytest.mark.parametrize("name", ["none/at/all", "x" * 300, "a\nb", "\udcff", "\x1b[31m"])
def test_a_path_that_is_not_there_is_said_in_safe_text(tmp_path: Path, name: str) -> None:
    with pytest.raises(RunError, match=r"there is no run.*vitreous train") as caught:
        open_run(tmp_path / name)
    assert str(caught.value).isprintable()


def test_a_photo_is_no_run(tmp_path: Path) -> None:
    (tmp_path / "x.jpg").touch()
    with pytest.raises(RunError, match=r"x\.jpg is no run: a file"):
        open_run(tmp_path / "x.jpg")


def test_a_run_of_a_newer_version_is_left_as_it_is(tmp_path: Path) -> None:
    run = finished(tmp_path)
    (run.path / "next").mkdir()
    (run.path / "next" / "run.json").write_text(json.dumps({"schema": 99}))
    with pytest.raises(RunError, match=r"newer version.*upgrade"):
        open_run(run.path)
    assert (run.path / "next" / "run.json").exists()


def test_a_fault_of_the_disk_while_reading_is_a_storage_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = finished(tmp_path)

    def fail(*_: object) -> bytes:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as broken:
        broken.setattr(Path, "read_bytes", fail)
        with pytest.raises(StorageError, match=r"cannot read .*run\.json.*Input/output"):
            open_run(run.path)
