"""The pack: rows that are there are right or not there; kills, flipped bytes, second writers and full disks included."""

import json
import os
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vitreous.data.pack import FACTS, Pack, Rows, fits, open_pack
from vitreous.errors import StorageError
from vitreous.storage.lock import locked

OLD = 1_700_000_000


def key(number: int) -> bytes:
    return bytes([number]) * 16


def rows(folder: Path) -> Rows:
    return Rows(folder, "values", (2, 3), np.float32)


def values(*numbers: int) -> np.ndarray:
    return np.stack([np.full((2, 3), number, np.float32) for number in numbers])


def add(folder: Path, *numbers: int) -> Rows:
    made = rows(folder)
    made.append([key(number) for number in numbers], values(*numbers))
    return made


def whole(folder: Path) -> dict[int, float]:
    """The rows that a new reader finds and trusts, by the number in their key."""
    found, made = {}, rows(folder)
    mapped = made.map()
    for number in range(256):
        row = made.find(key(number))
        if row is not None and made.whole(row, mapped[row]):
            assert (mapped[row] == mapped[row][0, 0]).all()
            found[number] = float(mapped[row][0, 0])
    return found


def test_what_was_appended_is_found_by_its_key(tmp_path: Path) -> None:
    made = add(tmp_path, 1, 2)
    made.append([key(7)], values(7))
    assert len(made) == 3 and made.find(key(3)) is None
    assert whole(tmp_path) == {1: 1, 2: 2, 7: 7}
    assert np.array_equal(made.map()[made.find(key(7))], values(7)[0])


def test_an_empty_pack_has_no_row_and_a_shape() -> None:
    made = rows(Path("/nowhere"))
    assert len(made) == 0 and made.map().shape == (0, 2, 3) and made.find(key(1)) is None


def test_the_mapped_rows_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="read-only"):
        add(tmp_path, 1).map()[0] = 5


def test_records_of_several_fields_are_kept(tmp_path: Path) -> None:
    facts = np.zeros(2, FACTS)
    facts["width"], facts["height"] = [640, 1], [480, 2]
    facts["thumbnail"][1] = 9
    made = Rows(tmp_path, "facts", (), FACTS)
    made.append([key(1), key(2)], facts)
    again = Rows(tmp_path, "facts", (), FACTS)
    assert np.array_equal(again.map(), facts) and again.whole(1, again.map()[1])


@given(st.lists(st.integers(1, 3), min_size=1, max_size=5), st.integers(0, 400), st.booleans())
@settings(max_examples=60, deadline=None)
def test_a_file_cut_anywhere_keeps_the_rows_before_the_cut(
    tmp_path_factory: pytest.TempPathFactory, batches: list[int], cut: int, of_keys: bool
) -> None:
    folder, number = tmp_path_factory.mktemp("pack"), 0
    for batch in batches:
        add(folder, *range(number, number + batch))
        number += batch
    file = folder / ("values.keys" if of_keys else "values.rows")
    cut = min(cut, file.stat().st_size)
    os.truncate(file, cut)
    left = cut // (20 if of_keys else 24)
    assert whole(folder) == {each: each for each in range(left)}
    add(folder, 200)  # the next writer goes on behind the last whole row
    assert whole(folder) == {each: each for each in range(left)} | {200: 200}


def test_values_without_a_record_are_written_over(tmp_path: Path) -> None:
    """What a kill between the two writes of `append` leaves."""
    add(tmp_path, 1)
    with (tmp_path / "values.rows").open("ab") as file:
        file.write(b"half a row of values")
    assert whole(tmp_path) == {1: 1}
    add(tmp_path, 2)
    assert whole(tmp_path) == {1: 1, 2: 2}


@pytest.mark.parametrize("position", range(0, 72, 7))
def test_a_flipped_bit_in_the_values_costs_that_row_alone(tmp_path: Path, position: int) -> None:
    add(tmp_path, 1, 2, 3)
    file = tmp_path / "values.rows"
    data = bytearray(file.read_bytes())
    data[position] ^= 4
    file.write_bytes(data)
    damaged = 1 + position // 24
    made = rows(tmp_path)
    assert [made.whole(row, made.map()[row]) for row in range(3)] == [number != damaged for number in (1, 2, 3)]


def test_a_flipped_bit_in_a_key_loses_the_row_and_never_gives_another(tmp_path: Path) -> None:
    add(tmp_path, 1, 2)
    file = tmp_path / "values.keys"
    data = bytearray(file.read_bytes())
    data[0] ^= 128
    file.write_bytes(data)
    assert whole(tmp_path).get(1) is None and whole(tmp_path)[2] == 2


def test_a_row_that_was_written_again_is_found_in_its_new_place(tmp_path: Path) -> None:
    add(tmp_path, 1)
    add(tmp_path, 1, 2)
    assert len(rows(tmp_path)) == 3 and rows(tmp_path).find(key(1)) == 1


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "data" / "a.jpg"
    path.parent.mkdir()
    path.write_bytes(b"a photo")
    os.utime(path, (OLD, OLD))
    return path


def remembered(photo: Path, relative: str = "a.jpg") -> bytes | None:
    with open_pack(photo.parent, "1") as pack:
        return pack.known_key(relative, str(photo))


def remember(photo: Path) -> None:
    with open_pack(photo.parent, "1") as pack:
        pack.remember("a.jpg", str(photo), key(5))


def test_an_unchanged_file_need_not_be_read_again(photo: Path) -> None:
    remember(photo)
    assert remembered(photo) == key(5)
    assert remembered(photo, "b.jpg") is None


CHANGES = {
    "other bytes": lambda path: path.write_bytes(b"b photo"),
    "another length": lambda path: path.write_bytes(b"a longer photo"),
    "touched": lambda path: os.utime(path, (OLD + 1, OLD + 1)),
    "replaced": lambda path: (path.with_name("new").write_bytes(b"b photo"), os.replace(path.with_name("new"), path)),
    "replaced, with the old time set": lambda path: (path.write_bytes(b"b photo"), os.utime(path, (OLD, OLD))),
    "gone": lambda path: path.unlink(),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_file_that_was_changed_is_read_again(photo: Path, change: str) -> None:
    remember(photo)
    CHANGES[change](photo)
    assert remembered(photo) is None


def test_a_file_that_was_written_a_moment_ago_is_not_relied_on(photo: Path) -> None:
    now = time.time()
    os.utime(photo, (now, now))
    remember(photo)
    assert remembered(photo) is None


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"\xff", b"null"])
def test_a_damaged_memory_of_files_is_as_good_as_none(photo: Path, content: bytes) -> None:
    remember(photo)
    with open_pack(photo.parent, "1") as pack:
        assert pack.folder is not None
        file = pack.folder / "files.json"
    file.write_bytes(content)
    assert remembered(photo) is None
    remember(photo)
    assert remembered(photo) == key(5)


ENTRIES = {
    "null": "null",
    "an empty list": "[]",
    "another list": '["x"]',
    "a number": "1",
    "an object": '{"a": 1}',
    "a key that is no hexadecimal number": '[TIMES, "05z5"]',
    "a key that is too short": '[TIMES, "05"]',
}


@pytest.mark.parametrize("entry", ENTRIES.values(), ids=ENTRIES)
def test_a_damaged_entry_is_as_good_as_none(photo: Path, entry: str) -> None:
    remember(photo)
    with open_pack(photo.parent, "1") as pack:
        assert pack.folder is not None
        file = pack.folder / "files.json"
    times = ", ".join(map(str, json.loads(file.read_bytes())["a.jpg"][:-1]))
    file.write_text('{"a.jpg": ' + entry.replace("TIMES", times) + "}")
    assert remembered(photo) in (None, b"\x05")  # a key that belongs to no row


def test_packs_of_other_folders_and_other_policies_are_others(tmp_path: Path) -> None:
    for name in ("x", "y"):
        (tmp_path / name).mkdir()
    packs = {open_pack(tmp_path / name, policy).folder for name in ("x", "y") for policy in ("1", "2")}
    assert len(packs) == 4
    assert open_pack(tmp_path / "y" / ".." / "x", "1").folder in packs


def test_a_folder_whose_name_is_no_utf8_has_a_pack(tmp_path: Path) -> None:
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff"))
    folder.mkdir()
    with open_pack(folder, "1") as pack:
        assert pack.writable


def test_the_second_of_two_writers_reads_and_writes_nothing(tmp_path: Path) -> None:
    with open_pack(tmp_path, "1") as first, open_pack(tmp_path, "1") as second:
        assert first.writable and not second.writable and not fits(second, 1)
    with open_pack(tmp_path, "1") as third:
        assert third.writable


def test_a_lock_that_is_held_stops_no_reader(photo: Path) -> None:
    remember(photo)
    folder = open_pack(photo.parent, "1").folder
    assert folder is not None
    with locked(folder):
        assert remembered(photo) == key(5)


def test_without_a_place_there_is_a_pack_that_keeps_nothing(tmp_path: Path) -> None:
    with Pack(tmp_path, "1", None) as pack:
        assert not pack.writable and pack.rows("facts", (), FACTS) is None and not fits(pack, 0)
        assert pack.known_key("a", "a") is None


def test_what_would_fill_the_disk_does_not_fit(tmp_path: Path) -> None:
    with open_pack(tmp_path, "1") as pack:
        assert fits(pack, 1000) and not fits(pack, 10**18)
        pack.stop_writing()
        assert not fits(pack, 1000)


def test_a_failed_write_is_a_storage_error_and_keeps_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = add(tmp_path, 1)

    def full(*_: Any) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        with pytest.raises(StorageError, match="the disk is full"):
            made.append([key(2)], values(2))
    assert len(made) == 1 and made.find(key(2)) is None and whole(tmp_path) == {1: 1}
    made.append([key(3)], values(3))
    assert whole(tmp_path) == {1: 1, 3: 3}
