"""The cache folder: where it lies, that it stays bounded, and that nobody depends on it."""

import os
import sys
import time
from pathlib import Path

import pytest

from vitreous.storage.cache import bound, cache_folder, free_bytes, size_of, touch

YEAR = 365 * 24 * 3600


def entry(folder: Path, name: str, size: int, age: float) -> Path:
    """A file of `size` bytes, or a folder with one in it where the name ends in a slash, last used `age` seconds ago."""
    path = folder / name
    if name.endswith("/"):
        path.mkdir()
        (path / "rows").write_bytes(bytes(size))
    else:
        path.write_bytes(bytes(size))
    os.utime(path, (time.time() - age,) * 2)
    return path


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_what_was_used_longest_ago_is_dropped_until_the_rest_fits(tmp_path: Path) -> None:
    for name, age in (("a", 4), ("b", 3), ("c", 2), ("d", 1)):
        entry(tmp_path, name, 100, age * YEAR)
    bound(tmp_path, 250)
    assert names(tmp_path) == {"c", "d"}


def test_nothing_is_dropped_while_it_fits(tmp_path: Path) -> None:
    entry(tmp_path, "a", 100, YEAR)
    entry(tmp_path, "b", 100, 2 * YEAR)
    bound(tmp_path, 200)
    assert names(tmp_path) == {"a", "b"}


def test_folders_count_with_all_that_is_in_them_and_go_whole(tmp_path: Path) -> None:
    entry(tmp_path, "pack/", 1000, 2 * YEAR)
    entry(tmp_path, "file", 10, YEAR)
    bound(tmp_path, 500)
    assert names(tmp_path) == {"file"}


def test_what_is_in_use_stays_however_large(tmp_path: Path) -> None:
    kept = entry(tmp_path, "pack/", 1000, 3 * YEAR)
    entry(tmp_path, "b", 10, 2 * YEAR)
    bound(tmp_path, 500, keep=kept)
    assert names(tmp_path) == {"pack"}


def test_what_was_used_within_the_hour_stays(tmp_path: Path) -> None:
    entry(tmp_path, "fresh", 1000, 600)
    entry(tmp_path, "old", 1000, 2 * 3600)
    bound(tmp_path, 0)
    assert names(tmp_path) == {"fresh"}


def test_touching_makes_young(tmp_path: Path) -> None:
    path = entry(tmp_path, "a", 10, YEAR)
    touch(path)
    bound(tmp_path, 0)
    assert path.exists()
    touch(tmp_path / "missing")  # says nothing


def test_a_folder_that_is_gone_is_no_error(tmp_path: Path) -> None:
    bound(tmp_path / "missing", 0)


def test_a_link_out_of_the_cache_is_not_followed(tmp_path: Path) -> None:
    outside, cache = tmp_path / "outside", tmp_path / "cache"
    outside.mkdir()
    cache.mkdir()
    (outside / "precious").write_bytes(bytes(1000))
    os.utime(outside, (1, 1))
    (cache / "link").symlink_to(outside)
    bound(cache, 10)
    assert (outside / "precious").exists()


def test_size_counts_every_file_below(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "x").write_bytes(bytes(3))
    (tmp_path / "a" / "b" / "y").write_bytes(bytes(4))
    assert size_of(tmp_path) == 7 and size_of(tmp_path / "a" / "x") == 3


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="where Linux keeps it")
def test_it_lies_where_the_user_says_else_where_the_platform_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    monkeypatch.setenv("VITREOUS_CACHE", str(tmp_path / "chosen"))
    assert cache_folder("packs") == tmp_path / "chosen" / "packs"
    monkeypatch.delenv("VITREOUS_CACHE")
    assert cache_folder("packs") == tmp_path / "xdg" / "vitreous" / "packs"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_folder("packs") == tmp_path / "home" / ".cache" / "vitreous" / "packs"
    assert (tmp_path / "home" / ".cache" / "vitreous" / "packs").is_dir()


@pytest.mark.parametrize("place", ["file/below", "nul\0name", "x" * 300])
def test_a_place_that_cannot_be_written_gives_none(place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr("vitreous.storage.cache._root", lambda: tmp_path / place)
    assert cache_folder("packs") is None


def test_free_bytes_are_those_of_the_disk_also_for_what_is_not_there_yet(tmp_path: Path) -> None:
    import shutil

    assert free_bytes(tmp_path / "a" / "b") == pytest.approx(shutil.disk_usage(tmp_path).free, rel=0.2)
