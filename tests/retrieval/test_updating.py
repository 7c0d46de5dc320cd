"""An index follows its folder: what is known is not computed again, what was cut off goes on, and readers keep what they opened."""

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1]))
from small_network import colourful

import vitreous as vt
from vitreous.errors import DataError, RunError, StorageError, UsageError
from vitreous.fit.features import Extractor
from vitreous.retrieval import open_index, rows, updating
from vitreous.storage.lock import locked

pytest_plugins = ["shared_fixtures"]
OLD = 1_700_000_000


def aged(folder: Path) -> None:
    """As old as files that a user has: not changed a moment ago."""
    for file in folder.rglob("*.png"):
        os.utime(file, (OLD, OLD))


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = colourful(tmp_path / "photos", {"red": 12, "green": 12})
    aged(folder)
    return folder


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that went through the network or were decoded."""
    seen: list[str] = []
    gather = Extractor.gather

    def watched(self: Extractor, items: Any, *rest: Any) -> Any:
        seen.extend(item.relative for item in items)
        return gather(self, items, *rest)

    monkeypatch.setattr(Extractor, "gather", watched)
    return seen


@pytest.fixture
def index(photos: Path, model: Path, tmp_path: Path) -> Callable[[], Any]:
    return lambda: vt.index(photos, net=str(model), path=tmp_path / "index")


def features_now(photos: Path, model: Path) -> dict[str, np.ndarray]:
    found = vt.features(photos, net=str(model))
    return dict(zip(found.paths, found.values, strict=True))


def require_true(found: Any, photos: Path, model: Path) -> None:
    """An index holds the features of exactly the files that are there."""
    true, paths = features_now(photos, model), found.entries.paths.all()
    assert sorted(paths) == sorted(true)
    for path, vector in zip(paths, found.vectors(), strict=True):
        assert np.array_equal(vector, true[path])
    live = np.unique(found.entries.row)
    mean = found.rows.vectors[live].mean(0, dtype=np.float64)
    assert np.allclose(found.similarity.centre, found.facts["share_of_mean"] * mean)
    assert set(np.flatnonzero(found.similarity.scale).tolist()) == set(live.tolist())


def test_an_index_holds_the_features_of_every_picture(index: Callable[[], Any], photos: Path, model: Path) -> None:
    found = index()
    require_true(found, photos, model)
    assert "24 pictures of photos: features of small" in found.sentence and found.facts["labels_help"]["said"]


def test_nothing_is_done_again_where_nothing_has_changed(index: Callable[[], Any], asked: list[str]) -> None:
    first = index()
    asked.clear()
    again = index()
    assert asked == [] and again.manifest == first.manifest and again.remarks[0].startswith("nothing has changed")


def test_a_file_that_is_renamed_keeps_its_features(index: Callable[[], Any], photos: Path, model: Path, asked: list[str]) -> None:
    index()
    asked.clear()
    (photos / "red/red-003.png").rename(photos / "green/other.png")
    found = index()
    assert asked == [] and "1 file came, 1 file went, 0 pictures through the network" in found.remarks
    require_true(found, photos, model)


def test_only_what_is_new_or_changed_goes_through_the_network(index: Callable[[], Any], photos: Path, model: Path, asked: list[str]) -> None:
    index()
    asked.clear()
    Image.new("RGB", (40, 40), (9, 99, 9)).save(photos / "green/new.png")
    Image.new("RGB", (40, 40), (90, 9, 9)).save(photos / "red/red-000.png")
    (photos / "red/red-001.png").unlink()
    found = index()
    assert sorted(asked) == ["green/new.png", "red/red-000.png"]
    require_true(found, photos, model)


def test_a_change_within_the_same_second_and_of_the_same_size_is_seen(photos: Path, model: Path, tmp_path: Path) -> None:
    file = photos / "red/red-000.png"
    Image.fromarray(np.full((40, 40, 3), 10, np.uint8)).save(file.with_suffix(".bmp"))
    vt.index(photos, net=str(model), path=tmp_path / "index")
    Image.fromarray(np.full((40, 40, 3), 200, np.uint8)).save(file.with_suffix(".bmp"))
    require_true(vt.index(photos, net=str(model), path=tmp_path / "index"), photos, model)


def test_copies_share_a_row(index: Callable[[], Any], photos: Path) -> None:
    shutil.copy2(photos / "red/red-000.png", photos / "green/copy.png")
    found = index()
    assert len(found) == 25 and len(found.rows) == 24 and "1 copy among them" in found.sentence


def test_rows_that_no_file_has_are_dropped_when_they_are_many(index: Callable[[], Any], photos: Path, model: Path) -> None:
    before = index()
    for file in (photos / "red").glob("*"):
        file.unlink()
    for number in range(3):
        Image.new("RGB", (40, 40), (200, number * 40, 9)).save(photos / f"red/{number}.png")
    found = index()
    require_true(found, photos, model)
    assert len(found.rows) == 15 and found.manifest.token != before.manifest.token
    assert len([file for file in found.path.iterdir() if file.name.startswith("vectors-")]) == 1


def test_a_reader_keeps_the_state_that_it_opened(index: Callable[[], Any], photos: Path) -> None:
    before = index()
    vectors, paths = before.vectors().copy(), before.entries.paths.all()
    for file in (photos / "red").glob("*"):
        file.unlink()
    Image.new("RGB", (40, 40), (9, 99, 9)).save(photos / "red/new.png")
    index()
    assert np.array_equal(before.vectors(), vectors) and before.entries.paths.all() == paths


def test_labels_are_followed(index: Callable[[], Any], photos: Path) -> None:
    index()
    (photos / "red").rename(photos / "crimson")
    assert set(index().entries.labels()) == {"crimson", "green"}


def test_two_writers_are_one_too_many(index: Callable[[], Any], tmp_path: Path) -> None:
    index()
    with locked(tmp_path / "index"), pytest.raises(RunError, match=r"index is in use by process \d+ .*wait"):
        index()


@pytest.mark.parametrize("part", [0, 5, 30])
def test_a_disk_that_is_full_costs_nothing_that_was_there(
    index: Callable[[], Any], photos: Path, model: Path, monkeypatch: pytest.MonkeyPatch, part: int
) -> None:
    before = index().manifest
    for number in range(9):
        Image.new("RGB", (40, 40), (9, 99, number)).save(photos / f"green/new-{number}.png")
    write, left = os.write, [part]

    def full(descriptor: int, data: Any) -> int:
        name = os.readlink(f"/proc/self/fd/{descriptor}")
        if "/index/" in name and "lock" not in name:
            if left[0] <= 0:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            left[0] -= 1
            return write(descriptor, bytes(data[:100]))
        return write(descriptor, data)

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        with pytest.raises(StorageError, match="the disk is full"):
            index()
    assert open_index(photos.parent / "index").manifest == before
    require_true(index(), photos, model)


def test_an_index_of_another_network_is_not_overwritten(index: Callable[[], Any], photos: Path, tmp_path: Path) -> None:
    index()
    with pytest.raises(UsageError, match="is of something else: the network is small there and efficientnet-lite0 here; name another index"):
        vt.index(photos, path=tmp_path / "index")


def test_an_index_of_another_folder_or_stage_is_not_overwritten(index: Callable[[], Any], photos: Path, model: Path, tmp_path: Path) -> None:
    index()
    with pytest.raises(UsageError, match="the stage is features there and positive here"):
        vt.index(photos, net=str(model), stage="positive", path=tmp_path / "index")
    other = colourful(tmp_path / "others", {"red": 2, "green": 2})
    with pytest.raises(UsageError, match=r"the folder is .*photos there and .*others here"):
        vt.index(other, net=str(model), path=tmp_path / "index")


def test_no_index_is_made_among_other_files(photos: Path, model: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no index can be made in .*photos: 2 other entries are in it, such as green; a new or empty folder"):
        vt.index(photos, net=str(model), path=photos)
    (tmp_path / "file").write_text("mine")
    with pytest.raises(StorageError, match="something of that name stands there"):
        vt.index(photos, net=str(model), path=tmp_path / "file")
    assert sorted(os.listdir(photos)) == ["green", "red"] and (tmp_path / "file").read_text() == "mine"


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda path: (path / "index.json").write_text(json.dumps({"vitreous_index": 9})), "it is of version 9; version 1; delete that folder"),
        (lambda path: (path / "index.json").write_text("{}"), "its index.json is no index of Vitreous"),
        (lambda path: (path / "index.json").write_text("{"), "index.json cannot be read"),
        (lambda path: os.truncate(next(path.glob("vectors-*")), 100), "vectors-.* has 100 bytes where"),
        (lambda path: next(path.glob("thumbs-*")).unlink(), "thumbs-.* is missing"),
        (lambda path: os.truncate(next(path.glob("generation-*/row.npy")), 20), "it is damaged"),
        (lambda path: shutil.rmtree(next(path.glob("generation-*"))), "is missing"),
        (lambda path: (path / "index.json").unlink(), "not finished; run vitreous index again"),
        (shutil.rmtree, "there is no such folder; make one with vitreous index"),
    ],
)
def test_damage_is_said_with_what_to_do(index: Callable[[], Any], damage: Callable[[Path], Any], said: str) -> None:
    path = index().path
    damage(path)
    with pytest.raises(DataError, match=said):
        open_index(path)


def test_a_picture_of_which_the_network_makes_no_numbers_is_left_out(index: Callable[[], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    gather = Extractor.gather

    def broken(self: Extractor, items: Any, *rest: Any) -> Any:
        gathered = gather(self, items, *rest)
        gathered.features[2] = np.nan
        return gathered

    monkeypatch.setattr(Extractor, "gather", broken)
    found = index()
    assert len(found) == 23 and found.facts["left_out"][0]["reason"] == "the network makes no finite numbers of it"
    assert np.isfinite(found.rows.vectors).all()


def test_files_that_cannot_be_read_are_left_out_and_said(index: Callable[[], Any], photos: Path) -> None:
    (photos / "red/broken.png").write_bytes(b"\x89PNG\r\n\x1a\n no")
    found = index()
    assert len(found) == 24 and found.remarks[-1].startswith("1 file is left out, such as red/broken.png: a damaged header")
    assert len(index()) == 24


def test_a_folder_with_nothing_to_read_is_refused(tmp_path: Path, model: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos/broken.png").write_bytes(b"\x89PNG\r\n\x1a\n no")
    with pytest.raises(DataError, match=r"no picture of .* can be indexed: 1 file that cannot be read, such as broken.png"):
        vt.index(tmp_path / "photos", net=str(model))


def test_what_was_done_before_an_interruption_is_not_done_again(
    index: Callable[[], Any], photos: Path, model: Path, monkeypatch: pytest.MonkeyPatch, asked: list[str]
) -> None:
    monkeypatch.setattr(updating, "AT_ONCE", 5)
    append, calls = rows.Appender.append, []

    def stopped(self: Any, *arguments: Any) -> None:
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        append(self, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(rows.Appender, "append", stopped)
        with pytest.raises(KeyboardInterrupt) as interrupted:
            index()
    assert "goes on from there" in interrupted.value.__notes__[0]
    asked.clear()
    shutil.rmtree(os.environ["VITREOUS_CACHE"])  # the pack does not help
    found = index()
    assert len(asked) == 14
    require_true(found, photos, model)


_INDEX = """
import sys
import vitreous as vt
from vitreous.retrieval import updating
updating.AT_ONCE = 4
vt.index(sys.argv[1], net=sys.argv[2], path=sys.argv[3])
"""


@pytest.mark.slow
@pytest.mark.parametrize("rows_first", [4, 12, 20])
def test_a_kill_at_any_moment_leaves_an_index_that_goes_on(photos: Path, model: Path, tmp_path: Path, rows_first: int) -> None:
    path = tmp_path / "index"
    child = subprocess.Popen([sys.executable, "-c", _INDEX, str(photos), str(model), str(path)], stderr=subprocess.DEVNULL)
    while child.poll() is None:
        journal = path / "journal.json"
        if journal.exists() and json.loads(journal.read_bytes())["rows"] >= rows_first:
            child.send_signal(signal.SIGKILL)
            break
        time.sleep(0.001)
    child.wait()
    require_true(vt.index(photos, net=str(model), path=path), photos, model)


def test_the_index_lies_in_the_cache_unless_it_is_named(photos: Path, model: Path) -> None:
    found = vt.index(photos, net=str(model))
    assert found.path.parent == Path(os.environ["VITREOUS_CACHE"]) / "indexes" and found.path.name.startswith("photos-")
    assert vt.index(photos, net=str(model), stage="positive").path != found.path


def test_without_a_cache_the_remedy_is_named(photos: Path, model: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("VITREOUS_CACHE", str(tmp_path / "file"))
    with pytest.raises(StorageError, match="cache folder cannot be written; name a folder for it with --index PATH"):
        vt.index(photos, net=str(model))
    assert len(vt.index(photos, net=str(model), path=tmp_path / "index")) == 24
