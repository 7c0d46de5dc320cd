import errno
import multiprocessing
import os
from pathlib import Path

import pytest

from vitreous.errors import RunError, StorageError
from vitreous.runs.folder import open_run, verify
from vitreous.runs.writing import cleaned, create, reopen

UGLY_NAMES = ["my photos", "🐱", "-rf", "..", ".", "", "a/b", "a\nb", "ä" * 127, "\udcff\udcfe", "CON", "x.", "a\\b", "=1+1", "हिन्दी", "写真"]


def many(parent: str, start: "multiprocessing.synchronize.Barrier", made: "multiprocessing.Queue[str]") -> None:
    start.wait()
    for _ in range(20):
        with create(Path(parent), "photos", {}) as run:
            run.write_state({"model.onnx": b""}, {})
            made.put(run.path.name)


def test_runs_are_numbered_after_the_highest(tmp_path: Path) -> None:
    for name in ("photos-7", "photos-x", "photos-2", "photos-1-9", "other-50", "photos-"):
        (tmp_path / name).mkdir()
    with create(tmp_path, "photos", {}) as run:
        assert run.path.name == "photos-8"


@pytest.mark.parametrize("name", UGLY_NAMES)
def test_any_folder_name_gives_a_run_that_opens(tmp_path: Path, name: str) -> None:
    with create(tmp_path, name, {}) as run:
        run.write_state({"model.onnx": b"x"}, {})
    found = os.listdir(tmp_path)
    assert len(found) == 1 and found[0].isprintable() and not found[0].startswith(("-", ".")) and found[0].endswith("-1")
    assert not set(found[0]) & set(' /\\:*?"<>|')
    assert open_run(tmp_path / found[0]).read("model.onnx") == b"x"


def test_letters_of_every_script_stay() -> None:
    assert [cleaned(name) for name in ("हिन्दी", "写真", "Ünï_c0de.v1")] == ["हिन्दी", "写真", "Ünï_c0de.v1"]


@pytest.mark.slow
def test_trainings_at_once_never_share_a_folder(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    start, made = context.Barrier(2), context.Queue()
    workers = [context.Process(target=many, args=(str(tmp_path), start, made)) for _ in range(2)]
    for worker in workers:
        worker.start()
    names = [made.get(timeout=60) for _ in range(40)]
    for worker in workers:
        worker.join()
    assert len(set(names)) == 40 == len(os.listdir(tmp_path))


def test_a_new_state_takes_the_place_of_the_whole_old_one(tmp_path: Path) -> None:
    with create(tmp_path, "x", {}) as run:
        run.write_state({"model.onnx": b"1", "old.txt": b"1", "state/a": b"1"}, {"step": 1})
        (run.path / "notes.txt").touch()
        (tmp_path / "source").write_bytes(b"2")
        run.write_state({"model.onnx": tmp_path / "source", "new.txt": b"2"}, {"step": 2})
        opened = open_run(run.path)
    verify(opened)
    assert opened.facts == {"step": 2}
    assert opened.read("model.onnx") == b"2"
    assert {each.name for each in run.path.iterdir() if each.is_file()} == {"run.json", "model.onnx", "new.txt", "notes.txt", ".lock"}


def test_a_file_of_the_present_state_can_be_kept(tmp_path: Path) -> None:
    with create(tmp_path, "x", {}) as run:
        run.write_state({"model.onnx": b"1"}, {})
        assert run.write_state({"model.onnx": run.path / "model.onnx", "b": b""}, {}).read("model.onnx") == b"1"


def test_a_finished_run_is_never_overwritten(tmp_path: Path) -> None:
    with create(tmp_path, "x", {}) as run:
        with pytest.raises(RunError, match="no state"):
            run.finish()
        run.write_state({"model.onnx": b"1"}, {})
        run.finish()
        for again in (lambda: run.write_state({"model.onnx": b"2"}, {}), run.finish):
            with pytest.raises(RunError, match="is finished"):
                again()
    with pytest.raises(RunError, match="it is finished"):
        reopen(run.path)
    assert open_run(run.path).read("model.onnx") == b"1"


def test_an_unfinished_run_can_be_gone_on_with_by_one_process(tmp_path: Path) -> None:
    with create(tmp_path, "x", {"seed": 1}) as run:
        run.write_state({"model.onnx": b"1"}, {"step": 1})
        with pytest.raises(RunError, match="in use by process"):
            reopen(run.path)
    with reopen(run.path) as again:
        again.write_state({"model.onnx": b"2"}, {"step": 2})
        again.finish()
    assert open_run(run.path).settings == {"seed": 1} and open_run(run.path).facts == {"step": 2}


def test_an_error_before_the_first_state_leaves_no_folder(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), create(tmp_path, "x", {}):
        raise KeyboardInterrupt
    assert os.listdir(tmp_path) == []


def test_an_error_after_a_state_keeps_it(tmp_path: Path) -> None:
    run = create(tmp_path, "x", {})
    run.write_state({"model.onnx": b"1"}, {})
    with pytest.raises(KeyboardInterrupt), run:
        raise KeyboardInterrupt
    assert open_run(run.path).read("model.onnx") == b"1"


def test_what_a_user_put_into_a_failed_run_stays(tmp_path: Path) -> None:
    run = create(tmp_path, "x", {})
    (run.path / "notes.txt").touch()
    with pytest.raises(KeyError), run:
        raise KeyError
    assert os.listdir(run.path) == ["notes.txt"]


@pytest.mark.parametrize("call", ["open", "write", "fsync", "mkdir", "replace"])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS])
def test_a_disk_that_fails_in_mid_run_leaves_the_old_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, number: int) -> None:
    with create(tmp_path, "x", {}) as run:
        run.write_state({"model.onnx": b"old", "b": b"old"}, {"step": 1})
        real, calls = getattr(os, call), 0

        def fail_at_second(*args: object, **named: object) -> object:
            nonlocal calls
            calls += 1
            if calls == 1 and call in ("write", "fsync"):
                return real(*args, **named)
            raise OSError(number, os.strerror(number))

        with monkeypatch.context() as broken:
            broken.setattr(os, call, fail_at_second)
            with pytest.raises(StorageError, match="disk is"):
                run.write_state({"model.onnx": b"new", "b": b"new"}, {"step": 2})
    opened = open_run(run.path)
    verify(opened)
    # a state that was complete before the first rename failed is rolled forward, else the old one stands
    assert opened.facts == {"step": 2 if call == "replace" else 1}
    assert not (run.path / "next").exists()


def test_a_place_that_cannot_be_written_is_said_before_anything_is_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="cannot write"):
        create(tmp_path / "file", "x", {})
    with pytest.raises(StorageError, match="cannot write"):
        create(tmp_path / "file" / "below", "x", {})


def test_a_source_that_is_not_there_leaves_the_old_state(tmp_path: Path) -> None:
    with create(tmp_path, "x", {}) as run:
        run.write_state({"model.onnx": b"1"}, {})
        with pytest.raises(StorageError):
            run.write_state({"model.onnx": tmp_path / "none"}, {})
        verify(open_run(run.path))
