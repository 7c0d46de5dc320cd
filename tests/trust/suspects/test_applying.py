"""Corrections on the data themselves: moved pictures, changed tables, and back, also where it was cut off."""

import json
import os
import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))
from small_network import colourful

from vitreous.data.decode import content_key
from vitreous.data.sources import read_source
from vitreous.errors import DataError
from vitreous.fit.corrections import Correction
from vitreous.trust.suspects import journal
from vitreous.trust.suspects.applying import apply, undo

Tree = dict[str, bytes]


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    return colourful(tmp_path / "data" / "photos", {"red": 6, "blue": 6})


def tree(folder: Path) -> Tree:
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}


def pictures(folder: Path) -> Tree:
    return {name: data for name, data in tree(folder).items() if "undo" not in name}


def relabel(folder: Path, path: str, label: str) -> Correction:
    return Correction(path, "relabel", label, content_key((folder / path).read_bytes()).hex())


def remove(folder: Path, path: str) -> Correction:
    return Correction(path, "remove", "", content_key((folder / path).read_bytes()).hex())


def test_a_relabelled_picture_moves_to_the_folder_of_its_class_and_a_removed_one_beside(photos: Path) -> None:
    before = pictures(photos.parent)
    done = apply(read_source(photos), [relabel(photos, "red/red-000.png", "blue"), remove(photos, "blue/blue-001.png")])
    after = pictures(photos.parent)
    assert after["photos/blue/red-000.png"] == before["photos/red/red-000.png"] and "photos/red/red-000.png" not in after
    assert after["photos-removed/blue/blue-001.png"] == before["photos/blue/blue-001.png"]
    assert sorted(after.values()) == sorted(before.values())
    assert done.undo == photos.with_name("photos-undo-1.json")
    assert undo(done.undo) == ["Taken back: 2 pictures moved."]
    assert pictures(photos.parent) == before and not photos.with_name("photos-removed").exists()


def test_nothing_is_done_twice(photos: Path) -> None:
    wanted = [relabel(photos, "red/red-000.png", "blue"), remove(photos, "blue/blue-001.png")]
    first = apply(read_source(photos), wanted)
    after = tree(photos.parent)
    second = apply(read_source(photos), wanted)
    assert second.undo is None and "2 already so" in second.sentences[0] and tree(photos.parent) == after
    assert first.undo and undo(first.undo) and undo(first.undo) == ["Nothing is left to do: it was taken back before."]


def test_no_file_is_ever_replaced(photos: Path) -> None:
    taken = (photos / "red/red-001.png").read_bytes()
    (photos / "blue/red-000.png").write_bytes(taken)
    apply(read_source(photos), [relabel(photos, "red/red-000.png", "blue")])
    assert (photos / "blue/red-000.png").read_bytes() == taken and (photos / "blue/red-000-2.png").exists()


def test_in_split_folders_a_picture_stays_in_its_part(tmp_path: Path) -> None:
    for part in ("train", "test"):
        colourful(tmp_path / "photos" / part, {"red": 4, "blue": 4}, seed=len(part))
    shutil.rmtree(tmp_path / "photos/test/blue")
    photos = tmp_path / "photos"
    apply(read_source(photos), [relabel(photos, "test/red/red-000.png", "blue")])
    assert (photos / "test/blue/red-000.png").exists()


@pytest.mark.parametrize("moves", range(5))
def test_a_kill_at_any_move_is_finished_by_the_same_call_or_taken_back(photos: Path, monkeypatch: pytest.MonkeyPatch, moves: int) -> None:
    before = pictures(photos.parent)
    wanted = [relabel(photos, f"red/red-00{n}.png", "blue") for n in range(3)] + [remove(photos, "blue/blue-000.png")]
    left = moves

    def killed(path: str) -> None:
        nonlocal left
        if left == 0:
            raise KeyboardInterrupt  # after the new name was made, before the old one is taken away
        left -= 1
        os.remove(path)

    with monkeypatch.context() as patch:
        patch.setattr(journal.os, "unlink", killed)
        if moves < 4:
            with pytest.raises(KeyboardInterrupt):
                apply(read_source(photos), wanted)
        else:
            apply(read_source(photos), wanted)
    file = photos.with_name("photos-undo-1.json")
    saved = tree(photos.parent)
    apply(read_source(photos), wanted)
    finished = pictures(photos.parent)
    assert finished["photos/blue/red-002.png"] == before["photos/red/red-002.png"] and len(finished) == len(before)
    shutil.rmtree(photos.parent)
    for name, data in saved.items():
        place = photos.parent / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
    undo(file)
    assert pictures(photos.parent) == before


def test_a_table_changes_in_the_cells_that_are_meant_and_nowhere_else(tmp_path: Path) -> None:
    colourful(tmp_path / "photos", {"red": 3, "blue": 3})
    rows = ["\ufeffimage;label;note", "photos/red/red-000.png;red;'a", 'photos/red/red-001.png;red;"b;b"', "photos/red/red-002.png;red;c", ""]
    rows += [f"photos/blue/blue-00{n}.png;blue;{n}" for n in range(3)]
    text = "\r\n".join(rows).encode()
    (tmp_path / "labels.csv").write_bytes(text)
    source = read_source(tmp_path / "labels.csv")
    done = apply(source, [relabel(tmp_path, "photos/red/red-001.png", "blue"), remove(tmp_path, "photos/blue/blue-001.png")])
    expected = text.replace(b'photos/red/red-001.png;red;"b;b"', b'photos/red/red-001.png;blue;"b;b"').replace(
        b"photos/blue/blue-001.png;blue;1\r\n", b""
    )
    assert (tmp_path / "labels.csv").read_bytes() == expected and (tmp_path / "photos/blue/blue-001.png").exists()
    assert done.undo and undo(done.undo) and (tmp_path / "labels.csv").read_bytes() == text


def test_a_table_that_was_changed_since_is_not_taken_back(tmp_path: Path) -> None:
    colourful(tmp_path / "photos", {"red": 3, "blue": 3})
    lines = [f"photos/{c}/{c}-00{n}.png,{c}" for c in ("red", "blue") for n in range(3)]
    (tmp_path / "labels.csv").write_text("\n".join(["image,label", *lines]))
    done = apply(read_source(tmp_path / "labels.csv"), [relabel(tmp_path, "photos/red/red-001.png", "blue")])
    (tmp_path / "labels.csv").write_text("image,label\nphotos/red/red-001.png,red")
    assert done.undo
    with pytest.raises(DataError, match="it was changed since"):
        undo(done.undo)


def test_links_still_lead_to_their_pictures(photos: Path) -> None:
    (photos / "red/red-000.png").rename(photos.parent / "elsewhere.png")
    (photos / "red/red-000.png").symlink_to("../../elsewhere.png")
    (photos / "blue").rename(photos.parent / "away")
    (photos / "blue").mkdir()
    for file in (photos.parent / "away").iterdir():
        shutil.copy(file, photos / "blue")
    done = apply(read_source(photos), [relabel(photos, "red/red-000.png", "blue")])
    assert (photos / "blue/red-000.png").is_symlink() and (photos / "blue/red-000.png").read_bytes()
    assert done.undo and undo(done.undo) and os.readlink(photos / "red/red-000.png") == "../../elsewhere.png"


def test_corrections_are_taken_back_the_last_first(photos: Path) -> None:
    first = apply(read_source(photos), [relabel(photos, "red/red-000.png", "blue")])
    second = apply(read_source(photos), [relabel(photos, "red/red-001.png", "blue")])
    assert first.undo and second.undo
    with pytest.raises(DataError, match=r"later corrections stand on it: .*photos-undo-2.json; undo that one first"):
        undo(first.undo)
    assert undo(second.undo) and undo(first.undo)


def test_a_picture_that_is_gone_is_said_and_the_rest_waits(photos: Path) -> None:
    done = apply(read_source(photos), [relabel(photos, "red/red-000.png", "blue")])
    (photos / "blue/red-000.png").rename(photos.parent / "kept.png")
    assert done.undo
    with pytest.raises(DataError, match="it is gone; restore it, and give the same command again"):
        undo(done.undo)
    (photos.parent / "kept.png").rename(photos / "blue/red-000.png")
    assert undo(done.undo) and (photos / "red/red-000.png").exists()


@pytest.mark.parametrize("content", ["", "{}", "[1]", json.dumps({"version": 9}), "\ud800"])
def test_what_is_no_undo_file_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "x-undo-1.json").write_bytes(content.encode("utf-8", "surrogatepass"))
    with pytest.raises(DataError, match=r"cannot undo by .*x-undo-1.json"):
        undo(tmp_path / "x-undo-1.json")
    with pytest.raises(DataError, match="there is no such file"):
        undo(tmp_path / "missing.json")
