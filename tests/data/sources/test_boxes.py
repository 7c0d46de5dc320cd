"""Pascal VOC boxes, read as presence."""

from pathlib import Path

import pytest

from vitreous.core.item import Split
from vitreous.data.sources import read_source
from vitreous.errors import DataError


def boxes(file: Path, *names: str, difficult: tuple[str, ...] = ()) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    written = [f"<object><name>{name}</name><difficult>{int(name in difficult)}</difficult></object>" for name in names]
    file.write_text(f"<annotation><filename>x</filename>{''.join(written)}</annotation>", encoding="utf-8")


def picture(file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch()


def voc(root: Path) -> Path:
    for name, names in {"1": ("cat", "cat"), "2": ("cat", "dog"), "3": ()}.items():
        picture(root / f"JPEGImages/{name}.jpg")
        boxes(root / f"Annotations/{name}.xml", *names)
    return root


def test_a_picture_has_the_labels_of_its_boxes_and_without_a_box_none(tmp_path: Path) -> None:
    source = read_source(voc(tmp_path))
    assert [item.label for item in source.items] == ["cat", "cat;dog", ""] and source.task == "multilabel" and source.labels == ["cat", "dog"]
    assert any("read as presence" in remark for remark in source.remarks)
    assert any("1 picture has no box: read as none of the labels" in remark for remark in source.remarks)


def test_splits_come_from_the_lists_and_what_no_list_or_two_name_is_left_out(tmp_path: Path) -> None:
    root = voc(tmp_path)
    picture(root / "JPEGImages/4.jpg")
    boxes(root / "Annotations/4.xml", "dog")
    lists = root / "ImageSets/Main"
    lists.mkdir(parents=True)
    (lists / "train.txt").write_text("1\n2\n")
    (lists / "val.txt").write_text("2\n4\n")
    (lists / "cat_train.txt").write_text("1 1\n")
    source = read_source(root)
    assert {item.relative: item.split for item in source.items} == {"JPEGImages/1.jpg": Split.TRAIN, "JPEGImages/4.jpg": Split.VALIDATION}
    reasons = {entry.relative: entry.reason for entry in source.left_out}
    assert "two lists" in reasons["JPEGImages/2.jpg"] and "no list" in reasons["JPEGImages/3.jpg"]


def test_files_beside_the_pictures_are_read_too_with_folders_as_splits(tmp_path: Path) -> None:
    for part in ("train", "test"):
        picture(tmp_path / part / "a.JPG")
        boxes(tmp_path / part / "a.xml", "ace")
    source = read_source(tmp_path)
    assert [(item.relative, item.label, item.split) for item in source.items] == [
        ("test/a.JPG", "ace", Split.TEST),
        ("train/a.JPG", "ace", Split.TRAIN),
    ]


def test_difficult_boxes_alone_make_a_label_unknown(tmp_path: Path) -> None:
    picture(tmp_path / "JPEGImages/1.jpg")
    boxes(tmp_path / "Annotations/1.xml", "cat", "dog", difficult=("dog",))
    assert read_source(tmp_path).items[0].label == "cat;?dog"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("<annotation><object>", "damaged"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><annotation/>', "document type"),
        ("<annotation><object/></annotation>", "a box without a name"),
        ("\x00", "damaged"),
    ],
)
def test_a_damaged_file_leaves_its_picture_out_with_the_reason(tmp_path: Path, text: str, reason: str) -> None:
    root = voc(tmp_path)
    (root / "Annotations/2.xml").write_text(text)
    source = read_source(root)
    assert len(source.items) == 2 and reason in source.left_out[0].reason


def test_a_picture_without_a_file_is_left_out_and_without_any_picture_there_is_an_error(tmp_path: Path) -> None:
    picture(voc(tmp_path / "a") / "JPEGImages/9.jpg")
    assert "no XML file" in read_source(tmp_path / "a").left_out[0].reason
    boxes(tmp_path / "b/Annotations/1.xml", "cat")
    with pytest.raises(DataError, match="there is no picture"):
        read_source(tmp_path / "b")


def test_class_folders_with_stray_xml_files_stay_class_folders(tmp_path: Path) -> None:
    for name in ("train/cat/1.jpg", "train/dog/1.jpg", "train/notes.xml"):
        picture(tmp_path / name)
    assert read_source(tmp_path).task == "classify"


def test_real_annotations_name_what_the_table_beside_them_names(shared_data: Path) -> None:
    by_boxes = {item.relative: item.label for item in read_source(shared_data / "cards").items}
    by_table = {item.relative: item.label for item in read_source(shared_data / "cards/labels.csv").items}
    assert by_boxes == by_table and len(by_table) == 217
