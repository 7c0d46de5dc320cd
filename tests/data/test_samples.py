import csv
import errno
import io
import os
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from vitreous.data import samples
from vitreous.data.samples import SAMPLES, write_sample
from vitreous.errors import DataError, StorageError, UsageError

PHOTOS = Path(samples.__file__).parents[1] / "samples" / "clothing"


def classes(folder: Path) -> dict[str, int]:
    return {entry.name: len(list(entry.iterdir())) for entry in sorted(folder.iterdir())}


def test_the_photos_are_forty_of_each_class_and_nothing_else(tmp_path: Path) -> None:
    count = write_sample("clothing", tmp_path / "photos")
    assert count == 200
    assert classes(tmp_path / "photos") == dict.fromkeys(("dress", "pants", "shirt", "shoes", "skirt"), 40)
    assert [entry.name for entry in tmp_path.iterdir()] == ["photos"]


def test_the_photos_are_small_upright_and_carry_no_exif() -> None:
    photos = sorted(PHOTOS.glob("*/*.jpg"))
    assert sum(photo.stat().st_size for photo in photos) <= 4_500_000
    for photo in photos:
        with Image.open(photo) as image:
            assert image.format == "JPEG"
            assert image.mode == "RGB"
            assert min(image.size) == 288
            assert not image.getexif()


def test_every_photo_has_its_source_named() -> None:
    with (PHOTOS / "sources.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["file"] for row in rows] == sorted(photo.relative_to(PHOTOS).as_posix() for photo in PHOTOS.glob("*/*.jpg"))
    assert len({row["source"] for row in rows}) == len(rows)
    assert all(row["file"].split("/")[0] == row["source"].split("/")[0] for row in rows)


@pytest.mark.slow
def test_the_digits_are_those_of_scikit_learn_pixel_by_pixel() -> None:
    from sklearn.datasets import load_digits

    written = list(SAMPLES["digits"].files())
    digits = load_digits()
    assert len(written) == len(digits.images) == 1797
    assert [name for name, _ in written] == sorted(name for name, _ in written)
    for name, content in written:
        label, number = name.removesuffix(".png").split("/")
        with Image.open(io.BytesIO(content)) as image:
            pixels = np.asarray(image)
        assert int(label) == digits.target[int(number)]
        assert pixels.shape == (8, 8)
        assert np.array_equal(np.round(pixels / 255 * 16), digits.images[int(number)])


def test_an_empty_folder_that_is_there_is_filled(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    assert write_sample("clothing", tmp_path) == 200
    assert sorted(entry.name for entry in tmp_path.iterdir()) == [".git", "dress", "pants", "shirt", "shoes", "skirt"]


def test_missing_parents_are_made(tmp_path: Path) -> None:
    write_sample("clothing", tmp_path / "a" / "b" / "photos")
    assert len(classes(tmp_path / "a" / "b" / "photos")) == 5


def test_a_folder_that_holds_something_is_refused_and_kept(tmp_path: Path) -> None:
    (tmp_path / "mine.jpg").write_bytes(b"mine")
    with pytest.raises(DataError, match=r"is not empty.*'mine\.jpg'"):
        write_sample("clothing", tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["mine.jpg"]


def test_a_second_sample_into_the_same_folder_is_refused(tmp_path: Path) -> None:
    write_sample("clothing", tmp_path / "photos")
    with pytest.raises(DataError, match="'dress' and 4 more"):
        write_sample("clothing", tmp_path / "photos")


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "photos").write_text("mine")
    with pytest.raises(UsageError, match="is a file"):
        write_sample("clothing", tmp_path / "photos")
    assert (tmp_path / "photos").read_text() == "mine"


def test_an_unknown_name_is_answered_with_the_nearest_one(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="did you mean 'clothing'"):
        write_sample("cloting", tmp_path / "photos")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["a\0b", "x" * 300, "file/below"])
def test_a_place_that_cannot_be_is_an_error_of_ours(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises((UsageError, StorageError)):
        write_sample("clothing", tmp_path / name)
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("there", ["new", "empty"])
def test_a_disk_that_gets_full_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: str) -> None:
    folder = tmp_path / "photos"
    if there == "empty":
        folder.mkdir()
    write_bytes, written = Path.write_bytes, []

    def until_full(path: Path, content: bytes) -> int:
        written.append(path)
        if len(written) > 100:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write_bytes(path, content)

    monkeypatch.setattr(Path, "write_bytes", until_full)
    with pytest.raises(StorageError, match="No space left"):
        write_sample("clothing", folder)
    assert [entry.name for entry in tmp_path.rglob("*")] == (["photos"] if there == "empty" else [])


@pytest.mark.skipif(sys.platform == "win32", reason="the rights of a folder are those of POSIX")
def test_a_folder_without_permission_is_an_error_of_ours(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    tmp_path.chmod(0o500)
    with pytest.raises(StorageError, match="Permission denied"):
        write_sample("clothing", tmp_path / "photos")
