"""Names and tables: what is typed comes back from `train`'s own reader, whatever it holds."""

import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

sys.path.insert(0, str(Path(__file__).parent))
from pictures_to_label import coloured

from vitreous.data.sources import read_source
from vitreous.errors import UsageError
from vitreous.labelling.naming import as_known, clean_name
from vitreous.labelling.table import known_labels, labels_table, require_above

ODD = ["evening, long", '"quoted"', "<b>bold</b>", "a'b", "長い", "ａｂ", "nan5", "0", "e\u0301te\u0301"]


@pytest.mark.parametrize("name", ["", "  ", "\n", "\u200b", "x" * 101, "a;b", "a|b", "=1+1", "+x", "-x", "@x", "?", "NaN"])
def test_what_no_table_holds_as_one_label_is_refused(name: str) -> None:
    with pytest.raises(UsageError):
        clean_name(name)


def test_names_are_one_line_without_what_cannot_be_seen() -> None:
    assert clean_name(" a\r\nb\t c\x1b[31m ") == "a b c[31m"
    assert clean_name("e\u0301") == "é" and as_known("DRESS", ["dress"]) == "dress"


@given(some.text(max_size=120))
def test_whatever_is_taken_is_taken_again_as_it_is(text: str) -> None:
    try:
        name = clean_name(text)
    except UsageError:
        return
    assert clean_name(name) == name and name.isprintable()


def test_training_reads_every_label_and_path_back(tmp_path: Path) -> None:
    folder = coloured(tmp_path / "pho,tos", len(ODD) * 2)
    names = sorted(each.name for each in folder.iterdir())
    odd = ["=cmd.png", "-x.png", 'a,"b".png', "line\nbreak.png", " space.png"]
    for name, other in zip(names, odd, strict=False):
        (folder / name).rename(folder / other)
    paths = sorted(each.name for each in folder.iterdir())
    rows = [(path, clean_name(ODD[number % len(ODD)]), "") for number, path in enumerate(paths)]
    for table in (tmp_path / "labels.csv", folder / "labels.csv"):
        data, unnamed = labels_table(table, folder, rows)
        table.write_bytes(data)
        found = {item.relative.removeprefix("pho,tos/"): item.label for item in read_source(table).items}
        assert found == {path: label for path, label, _ in rows} and not unnamed
        assert known_labels(table, folder) == found
        table.unlink()


def test_parts_stand_in_the_table_and_names_that_are_no_text_do_not(tmp_path: Path) -> None:
    data, unnamed = labels_table(tmp_path / "t.csv", tmp_path, [("train/a.png", "a", "train"), ("b\udcff.png", "b", "")])
    assert data.decode() == "path,label,split\ntrain/a.png,a,train\n" and unnamed == ["b\udcff.png"]


def test_a_table_elsewhere_is_refused_with_the_place_where_it_can_be(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    require_above(tmp_path / "x.csv", tmp_path / "photos")
    require_above(tmp_path / "photos" / "x.csv", tmp_path / "photos")
    with pytest.raises(UsageError, match="do not lie below its folder") as refused:
        require_above(tmp_path / "other" / "x.csv", tmp_path / "photos")
    assert str(tmp_path / "x.csv") in str(refused.value)


@pytest.mark.parametrize("content", [b"\x89PNG\r\n\x1a\n\0\0", b"a,b\n1,2\n", b"\xff\xfe\xfa", b'path,label\n"open,b\n'])
def test_a_file_that_is_no_table_of_labels_is_refused_and_stays(content: bytes, tmp_path: Path) -> None:
    table = tmp_path / "x.csv"
    table.write_bytes(content)
    with pytest.raises(UsageError, match="no table of labels"):
        known_labels(table, tmp_path)
    assert table.read_bytes() == content


def test_an_empty_table_is_one(tmp_path: Path) -> None:
    for content in (b"", b"path,label\n"):
        (tmp_path / "x.csv").write_bytes(content)
        assert known_labels(tmp_path / "x.csv", tmp_path) == {}
