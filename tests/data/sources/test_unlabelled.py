"""Folders of pictures without labels."""

import os
from pathlib import Path

import pytest
from PIL import Image

from vitreous.core.item import Split
from vitreous.data.sources import read_any, read_source
from vitreous.data.sources.unlabelled import UNLABELLED
from vitreous.errors import DataError, UsageError


def pictures(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (4, 4)).save(folder / name)
    return folder


def test_pictures_directly_in_a_folder_have_no_label_and_no_split(tmp_path: Path) -> None:
    (pictures(tmp_path, "b.png", "a.png") / "notes.txt").write_text("x")
    source = read_any(tmp_path)
    assert [(item.relative, item.label, item.split) for item in source.items] == [("a.png", "", None), ("b.png", "", None)]
    assert source.kind == UNLABELLED and source.items[0].path == os.path.join(tmp_path, "a.png")
    assert [entry.relative for entry in source.left_out] == ["notes.txt"] and len(source.remarks) == 2


def test_split_folders_without_classes_keep_their_splits(tmp_path: Path) -> None:
    source = read_any(pictures(tmp_path, "Train/a.png", "val/b.png", "test/c.png"))
    assert [(item.relative, item.split) for item in source.items] == [
        ("Train/a.png", Split.TRAIN),
        ("test/c.png", Split.TEST),
        ("val/b.png", Split.VALIDATION),
    ]


def test_a_folder_with_labels_is_read_as_for_a_training(tmp_path: Path) -> None:
    pictures(tmp_path, "cat/a.png", "dog/b.png")
    assert read_any(tmp_path) == read_source(tmp_path)


def test_where_there_is_no_picture_the_error_is_that_of_a_training(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="the folder is empty"):
        read_any(tmp_path)
    with pytest.raises(DataError, match="no such folder"):
        read_any(tmp_path / "x")


def test_groups_are_found_in_the_names(tmp_path: Path) -> None:
    pictures(tmp_path, "p1-a.png", "p1-b.png", "p2-a.png")
    assert [item.group for item in read_any(tmp_path, group=r"p\d").items] == ["p1", "p1", "p2"]
    with pytest.raises(UsageError, match="finds nothing"):
        read_any(tmp_path, group="patient")
