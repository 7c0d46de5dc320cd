"""Tables as people have them: from a spreadsheet, from Windows, by hand, with mistakes."""

import os
import unicodedata
from pathlib import Path

import pytest

from vitreous.core.item import Source, Split
from vitreous.data.sources import read_source
from vitreous.errors import DataError, UsageError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a.jpg", "b.jpg", "c.jpg", "deep/d.jpg"):
        (tmp_path / "data" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "data" / name).write_bytes(b"\xff\xd8\xff")
    (tmp_path / "outside.jpg").write_bytes(b"\xff\xd8\xff")
    return tmp_path / "data"


def table(folder: Path, text: str | bytes, name: str = "labels.csv", **options: str) -> Source:
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_source(folder / name, **options)


def labels(source: Source) -> dict[str, str]:
    return {item.relative: item.label for item in source.items}


def reasons(source: Source) -> list[tuple[str, str]]:
    return [(entry.relative, entry.reason) for entry in source.left_out]


PLAIN = "image,label\na.jpg,cat\nb.jpg,dog\ndeep/d.jpg,cat\n"
EXPECTED = {"a.jpg": "cat", "b.jpg": "dog", "deep/d.jpg": "cat"}


@pytest.mark.parametrize(
    "text",
    [
        PLAIN,
        PLAIN.replace(",", ";"),
        PLAIN.replace(",", "\t"),
        PLAIN.replace("\n", "\r\n"),
        "Label , FILENAME\ncat,a.jpg\ndog, b.jpg\ncat,deep/d.jpg\n",
        PLAIN.replace("image,label", "path,class"),
        PLAIN.replace("image,label", "file,target"),
        PLAIN.replace("deep/d.jpg", "deep\\d.jpg"),
        PLAIN.replace("deep/d.jpg", "./deep/../deep//d.jpg"),
        PLAIN.replace("a.jpg,cat", '"a.jpg","cat"') + "\n\n,\n",
        PLAIN.encode("utf-8-sig"),
        PLAIN.encode("utf-16"),
        b"\xfe\xff" + PLAIN.encode("utf-16-be"),
    ],
)
def test_a_table_is_read_in_every_usual_form(folder: Path, text: str | bytes) -> None:
    source = table(folder, text)
    assert labels(source) == EXPECTED and source.kind == "csv" and not source.left_out and source.root == folder
    assert all(os.path.isfile(item.path) for item in source.items)


def test_columns_can_be_named(folder: Path) -> None:
    text = "id,image,x,y\n1,b.jpg,a.jpg,cat\n"
    assert labels(table(folder, text, image_column="X", label_column="y")) == {"a.jpg": "cat"}
    with pytest.raises(DataError, match="no column 'z', only 'id', 'image', 'x', 'y'; there is: id"):
        table(folder, text, label_column="z")


def test_a_missing_column_names_those_that_are_there(folder: Path) -> None:
    with pytest.raises(DataError, match="no column 'label', only 'image', 'breed'; rename one to 'label', or name it with --label-column"):
        table(folder, "image,breed\na.jpg,x\n")


def test_the_split_column_is_used(folder: Path) -> None:
    source = table(folder, "image,label,Split\na.jpg,cat,TRAIN\nb.jpg,cat,dev\nc.jpg,cat,Testing\ndeep/d.jpg,cat,holdout\n")
    assert [item.split for item in source.items] == [Split.TRAIN, Split.VALIDATION, Split.TEST]
    assert reasons(source) == [("deep/d.jpg", "row 5: the split 'holdout' is none of train, valid, test")]


def test_rows_that_cannot_be_used_are_left_out_with_number_and_reason(folder: Path) -> None:
    (folder / "e.heic").touch()
    os.mkfifo(folder / "pipe.jpg")
    rows = [
        "a.jpg,cat",
        "none.jpg,cat",
        "../outside.jpg,cat",
        "/etc/passwd,cat",
        ",cat",
        "b.jpg,",
        "c.jpg",
        "deep,dog",
        "e.heic,dog",
        "pipe.jpg,dog",
        "b.jpg,dog",
    ]
    source = table(folder, "image,label\n" + "\n".join(rows))
    assert labels(source) == {"a.jpg": "cat", "b.jpg": "dog"}
    said = dict(reasons(source))
    assert said["none.jpg"] == "row 3: there is no such file"
    assert said["../outside.jpg"] == "row 4: the path leads out of the table's folder" and said["/etc/passwd"].startswith("row 5: the path leads out")
    assert said["row 6"] == "row 6 names no picture"
    assert said["b.jpg"] == "row 7 has no label" and said["c.jpg"] == "row 8 has no label"
    assert said["deep"] == "row 9: a folder, not a file"
    assert said["e.heic"].startswith("row 10: HEIC photo") and said["pipe.jpg"] == "row 11: a named pipe, not a file"


def test_repeated_rows_count_once_and_contradictions_not_at_all(folder: Path) -> None:
    source = table(folder, "image,label\na.jpg,cat\n./a.jpg,cat\nb.jpg,cat\nc.jpg,cat\nb.jpg,dog\n")
    assert labels(source) == {"a.jpg": "cat", "c.jpg": "cat"}
    assert reasons(source) == [("a.jpg", "row 3 repeats row 2"), ("b.jpg", "rows 4, 6 give it different labels: 'cat', 'dog'")]
    source = table(folder, "image,label,split\na.jpg,cat,train\na.jpg,cat,test\nb.jpg,x,train\n")
    assert reasons(source) == [("a.jpg", "rows 2, 3 put it into different splits")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("image,label\na.jpg,Käse\n".encode("latin-1"), r"the byte 0xe4 in line 2 \(byte 20\) is no UTF-8; save the table as UTF-8"),
        (PLAIN.encode("utf-16-le"), "there are zero bytes in it"),
        (b"\xff\xfeabc", "no UTF-16"),
        (b"", "the table is empty"),
        (b"\n\n , \n", "the table is empty"),
        (b"image,label\n", "there is a header, but no row below it"),
        (
            b"image,label\nx.jpg,cat\ny.jpg,cat\n",
            "none of its 2 rows can be used; x.jpg: row 2: there is no such file; paths count from the folder",
        ),
        (b'image,label\n"' + b"x" * 200_000 + b'",cat\n', "no table .*field larger"),
    ],
)
def test_a_table_that_cannot_be_used_says_why(folder: Path, text: bytes, expected: str) -> None:
    with pytest.raises(DataError, match=expected):
        table(folder, text)


def test_accents_may_be_composed_or_not(folder: Path) -> None:
    (folder / unicodedata.normalize("NFD", "Äpfel.jpg")).touch()
    source = table(folder, f"image,label\n{unicodedata.normalize('NFC', 'Äpfel.jpg')},{unicodedata.normalize('NFD', 'süß')}\n")
    assert source.labels == [unicodedata.normalize("NFC", "süß")] and os.path.exists(source.items[0].path)


def test_groups_come_from_a_column_or_from_the_path(folder: Path) -> None:
    text = "image,label,Patient\na.jpg,cat,7\nb.jpg,cat,7\nc.jpg,dog,\n"
    source = table(folder, text, group="patient")
    assert [item.group for item in source.items] == ["7", "7", None] and "have no 'patient'" in source.remarks[0]
    assert [item.group for item in table(folder, text, group=r"^(\w)\.").items] == ["a", "b", "c"]
    with pytest.raises(UsageError, match=r"--group 'patiant' finds nothing.*give a column \(image, label, Patient\)"):
        table(folder, text, group="patiant")


def test_labels_in_different_case_are_remarked(folder: Path) -> None:
    assert "differ only in case" in table(folder, "image,label\na.jpg,cat\nb.jpg,Cat\n").remarks[0]


def test_a_path_with_control_characters_is_shown_escaped(folder: Path) -> None:
    with pytest.raises(DataError) as caught:
        table(folder, "image,label\n\x1b[31m.jpg,cat\n")
    assert "\x1b" not in str(caught.value)
