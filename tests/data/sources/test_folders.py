"""Folders as people have them: named oddly, half broken, one level too deep."""

import os
import random
import socket
from pathlib import Path

import pytest

from vitreous.core.item import Item, Source, Split
from vitreous.data.sources import read_source, require_trainable
from vitreous.errors import DataError, UsageError, VitreousError

SPLIT_NAMES = [("Train", "train"), ("training", "train"), ("VAL", "validation"), ("valid", "validation"), ("Dev", "validation")]


def fill(root: Path, *names: str, content: bytes = b"\xff\xd8\xff\xe0") -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)
    return root


def found(source: Source) -> list[tuple[str, str, Split | None]]:
    return [(item.relative, item.label, item.split) for item in source.items]


def reasons(source: Source) -> dict[str, str]:
    return {entry.relative: entry.reason for entry in source.left_out}


def error(path: Path, **options: str) -> str:
    with pytest.raises(VitreousError) as caught:
        read_source(path, **options)
    return str(caught.value)


def test_the_first_folder_is_the_class_however_deep_a_picture_lies(tmp_path: Path) -> None:
    source = read_source(fill(tmp_path, "dog/3.PNG", "cat/a/b/2.jpeg", "cat/1.jpg"))
    assert source.kind == "class folders" and source.labels == ["cat", "dog"]
    assert found(source) == [("cat/1.jpg", "cat", None), ("cat/a/b/2.jpeg", "cat", None), ("dog/3.PNG", "dog", None)]
    assert source.items[0].path == str(tmp_path / "cat" / "1.jpg") and not source.left_out and not source.remarks


@pytest.mark.parametrize(("folder", "split"), SPLIT_NAMES)
def test_split_folders_have_many_names_in_any_case(tmp_path: Path, folder: str, split: str) -> None:
    source = read_source(fill(tmp_path, f"{folder}/cat/1.jpg", f"{folder}/dog/x/1.jpg", "Testing/cat/2.jpg"))
    assert source.kind == "split folders"
    expected = {(f"{folder}/cat/1.jpg", "cat", split), (f"{folder}/dog/x/1.jpg", "dog", split), ("Testing/cat/2.jpg", "cat", "test")}
    assert set(found(source)) == expected


def test_a_single_split_folder_is_split_anew(tmp_path: Path) -> None:
    source = read_source(fill(tmp_path, "train/cat/1.jpg", "train/dog/1.jpg"))
    assert {item.split for item in source.items} == {None} and "split anew" in source.remarks[0]


def test_a_class_may_be_called_test(tmp_path: Path) -> None:
    source = read_source(fill(tmp_path, "test/1.jpg", "quiz/1.jpg", "exam/1.jpg"))
    assert source.kind == "class folders" and source.labels == ["exam", "quiz", "test"]


def test_an_unpacked_archive_is_descended_into_and_it_is_said(tmp_path: Path) -> None:
    source = read_source(fill(tmp_path, "photos/photos/cat/1.jpg", "photos/photos/dog/1.jpg", "photos/__MACOSX/._1.jpg", "photos/photos/readme.txt"))
    assert source.labels == ["cat", "dog"] and source.items[0].relative == "photos/photos/cat/1.jpg"
    assert "photos/photos/" in source.remarks[-1]
    source = read_source(fill(tmp_path / "two", "data/train/cat/1.jpg", "data/test/cat/1.jpg"))
    assert source.kind == "split folders" and source.labels == ["cat"]


def test_hidden_files_are_no_data(tmp_path: Path) -> None:
    names = [".git/x.jpg", "cat/._1.jpg", "__MACOSX/cat/1.jpg", "cat/Thumbs.db", "dog/desktop.ini", "dog/.DS_Store", ".ipynb_checkpoints/1.jpg"]
    source = read_source(fill(tmp_path, "cat/1.jpg", "dog/1.jpg", *names))
    assert len(source.items) == 2 and not source.left_out and not source.remarks


def test_what_is_no_picture_is_left_out_with_its_reason(tmp_path: Path) -> None:
    names = ["cat/1.jpg", "dog/1.jpg", "cat/notes.txt", "labels.csv", "cat/2.HEIC", "cat/3.cr2", "cat/4.mp4", "stray.jpg", "cat/5.xyz"]
    fill(tmp_path, *names, content=b"text")
    said = reasons(read_source(tmp_path))
    assert said["cat/notes.txt"] == "no picture (.txt)" and said["labels.csv"] == "no picture (.csv)" and said["cat/5.xyz"] == "no picture (.xyz)"
    assert said["cat/2.HEIC"].startswith("HEIC photo (.heic), not read here; convert them")
    assert "develop" in said["cat/3.cr2"] and "ffmpeg" in said["cat/4.mp4"]
    assert said["stray.jpg"] == "lies outside any class folder"
    assert len(said) == 7


def test_a_picture_without_suffix_is_known_by_its_first_bytes(tmp_path: Path) -> None:
    source = read_source(fill(tmp_path, "cat/1", "cat/2.jpg?width=300", "dog/3.jpg_large"))
    assert len(source.items) == 3


def test_special_files_broken_links_and_locked_folders_are_left_out(tmp_path: Path) -> None:
    fill(tmp_path, "cat/1.jpg", "dog/1.jpg")
    os.mkfifo(tmp_path / "cat/pipe.jpg")
    os.symlink("nowhere", tmp_path / "cat/broken.jpg")
    os.symlink("loop.jpg", tmp_path / "cat/loop.jpg")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(tmp_path / "dog/s.jpg"))
        said = reasons(read_source(tmp_path))
    assert said["cat/pipe.jpg"] == "a named pipe, not a file" and said["dog/s.jpg"] == "a socket, not a file"
    assert said["cat/broken.jpg"] == "a link to nothing" and "cannot be looked at" in said["cat/loop.jpg"]


def test_a_folder_that_may_not_be_read_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(tmp_path, "cat/1.jpg", "dog/1.jpg", "locked/1.jpg")
    scandir = os.scandir

    def refused(path: str) -> object:  # chmod would not stop root
        if path.endswith("locked"):
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refused)
    source = read_source(tmp_path)
    assert reasons(source) == {"locked": "the folder cannot be read (permission denied)"} and source.labels == ["cat", "dog"]


def test_links_are_followed_but_never_in_a_circle(tmp_path: Path) -> None:
    fill(tmp_path / "elsewhere", "1.jpg", "deep/2.jpg")
    root = fill(tmp_path / "root", "cat/1.jpg")
    os.symlink(tmp_path / "elsewhere", root / "dog")
    os.symlink(tmp_path / "elsewhere" / "1.jpg", root / "cat" / "link.jpg")
    os.symlink(root, root / "cat" / "up")
    os.symlink(tmp_path, root / "cat" / "further-up")
    os.symlink("..", tmp_path / "elsewhere" / "deep" / "back")
    source = read_source(root)
    assert [item.relative for item in source.items] == ["cat/1.jpg", "cat/link.jpg", "dog/1.jpg", "dog/deep/2.jpg"]
    assert reasons(source) == dict.fromkeys(["cat/further-up", "cat/up", "dog/deep/back"], "a link back to a folder above it")


def test_odd_names_come_back_as_they_are(tmp_path: Path) -> None:
    names = [b"-rf.jpg", b"a b.jpg", b"line\nbreak.jpg", "😀.jpg".encode(), b"bytes\xff.jpg", b"n" * 251 + b".jpg", b"=1+1.jpg"]
    for label in ("cat", "dog"):
        (tmp_path / label).mkdir()
        for name in names:
            Path(os.fsdecode(os.path.join(os.fsencode(tmp_path / label), name))).write_bytes(b"")
    source = read_source(tmp_path)
    assert sorted(os.fsencode(os.path.basename(item.path)) for item in source.items if item.label == "cat") == sorted(names)
    assert all(os.path.exists(item.path) for item in source.items)


def test_labels_are_text_even_where_folder_names_are_not(tmp_path: Path) -> None:
    for name in (b"bytes\xff", "A\u0308pfel".encode(), b"plain"):
        folder = os.path.join(os.fsencode(tmp_path), name)
        os.mkdir(folder)
        Path(os.fsdecode(folder), "1.jpg").touch()
    assert read_source(tmp_path).labels == sorted([r"bytes\xff", "Äpfel", "plain"])


def test_the_order_does_not_depend_on_the_disk(tmp_path: Path) -> None:
    names = [f"{label}/{i}.jpg" for label in "abc" for i in range(20)]
    random.Random(0).shuffle(names)
    source = read_source(fill(tmp_path, *names))
    assert [item.relative for item in source.items] == sorted(names)


def test_a_deep_tree_is_no_problem(tmp_path: Path) -> None:
    fill(tmp_path, "dog/1.jpg")
    (tmp_path / "cat").mkdir()
    home = Path.cwd()
    try:
        os.chdir(tmp_path / "cat")
        for _ in range(1500):
            os.mkdir("d")
            os.chdir("d")
        Path("1.jpg").touch()
        assert [item.relative for item in read_source(tmp_path).items] == ["cat/" + "d/" * 1500 + "1.jpg", "dog/1.jpg"]
        os.remove("1.jpg")
        for _ in range(1500):  # shutil.rmtree, with which pytest cleans up, would recurse too deep
            os.chdir("..")
            os.rmdir("d")
    finally:
        os.chdir(home)


def test_classes_that_differ_in_case_and_empty_ones_are_remarked(tmp_path: Path) -> None:
    fill(tmp_path, "Cat/1.jpg", "cat/1.jpg", "dog/1.jpg")
    (tmp_path / "horse").mkdir()
    source = read_source(tmp_path)
    assert source.labels == ["Cat", "cat", "dog"]
    assert source.remarks[0] == "the classes 'Cat', 'cat' differ only in case or spaces and are kept apart"
    assert source.remarks[1:] == ["the folder 'horse' holds no picture that can be read"]


def test_groups_come_from_the_path(tmp_path: Path) -> None:
    fill(tmp_path, "cat/p12_1.jpg", "cat/p12_2.jpg", "dog/p7_1.jpg", "dog/x.jpg")
    source = read_source(tmp_path, group=r"p(\d+)_")
    assert [item.group for item in source.items] == ["12", "12", "7", None]
    assert source.remarks == ["1 picture of 4 match no --group and stand alone"]
    assert [item.group for item in read_source(tmp_path, group=r"p\d+").items] == ["p12", "p12", "p7", None]
    for wrong in ("(", "patient"):
        with pytest.raises(UsageError, match="--group"):
            read_source(tmp_path, group=wrong)


class TestErrors:
    def test_a_missing_folder_names_near_ones(self, tmp_path: Path) -> None:
        fill(tmp_path, "photos/cat/1.jpg")
        assert "did you mean 'photos'?" in error(tmp_path / "fotos")
        assert "there is no" in error(tmp_path / "a" / "b")

    def test_an_empty_folder_says_so(self, tmp_path: Path) -> None:
        assert "the folder is empty" in error(tmp_path)
        (tmp_path / "cat").mkdir()
        assert "no file in them" in error(tmp_path)

    def test_pictures_without_class_folder_are_told_the_layout(self, tmp_path: Path) -> None:
        message = error(fill(tmp_path, "1.jpg", "2.jpg"))
        assert "2 pictures directly in it" in message and "photos/cat/1.jpg" in message and "CSV" in message
        assert "'labels.csv'" in error(fill(tmp_path, "labels.csv"))

    def test_split_folders_without_classes_are_not_two_classes(self, tmp_path: Path) -> None:
        assert "test and train lie in no class folder" in error(fill(tmp_path, "train/1.jpg", "test/1.jpg"))

    def test_formats_that_are_not_read_are_named_with_the_remedy(self, tmp_path: Path) -> None:
        message = error(fill(tmp_path, *[f"cat/{i}.heic" for i in range(12)], "dog/1.NEF"))
        assert "12 HEIC photos and 1 camera raw found" in message and "heif-convert" in message and "Vitreous reads JPEG" in message

    def test_a_folder_of_other_files_says_what_is_there(self, tmp_path: Path) -> None:
        assert "2 entries, none of them a picture that can be used (a/1.txt: no picture (.txt))" in error(fill(tmp_path, "a/1.txt", "b/2.csv"))

    def test_files_and_run_folders_are_refused(self, tmp_path: Path) -> None:
        fill(tmp_path, "photo.jpg", "photos.zip", "runs/run.json")
        assert "a single picture" in error(tmp_path / "photo.jpg")
        assert "unpacked first" in error(tmp_path / "photos.zip")
        assert "run folder" in error(tmp_path / "runs")
        assert "give the CSV file itself" in error(tmp_path, label_column="x")
        os.mkfifo(tmp_path / "pipe.csv")
        assert "neither a folder nor a file" in error(tmp_path / "pipe.csv")


class TestTrainable:
    def check(self, *items: tuple[str, Split | None]) -> None:
        require_trainable(Source(Path("p"), "class folders", [Item(str(i), str(i), label, split) for i, (label, split) in enumerate(items)]))

    def test_two_classes_with_two_pictures_are_enough(self) -> None:
        self.check(("a", None), ("a", None), ("b", None), ("b", None))

    def test_one_class_says_what_was_found_and_needed(self) -> None:
        with pytest.raises(DataError, match="only one class was found, 'a' with 2 pictures; two classes or more are needed"):
            self.check(("a", None), ("a", None))

    def test_a_class_with_one_picture_is_named(self) -> None:
        with pytest.raises(DataError, match=r"only one picture in class 'b'.*leave the class out"):
            self.check(("a", None), ("a", None), ("b", None))

    def test_a_class_without_training_pictures_is_named(self) -> None:
        with pytest.raises(DataError, match="no picture to learn from in class 'b'"):
            self.check(("a", Split.TRAIN), ("a", Split.TRAIN), ("b", Split.TEST), ("b", Split.TEST))


def test_the_clothing_set_is_read_whole(shared_data: Path) -> None:
    source = read_source(shared_data / "clothing")
    assert (len(source.items), len(source.labels), source.kind) == (1842, 10, "split folders")
    assert sum(item.split is Split.TEST for item in source.items) == 341 and not source.left_out
