"""Rows of a table of which none is passed over."""

from pathlib import Path

import pytest

from vitreous.data.sources.csv_rows import read_rows
from vitreous.errors import DataError


def test_every_row_is_there_with_its_number_and_its_other_cells(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"")
    (tmp_path / "t.csv").write_text("Note;FILE;Class;extra\nfirst;a.png; red ;1\n;b.png;blue;2\n\n;a.png;red;\nshort;a.png\n", encoding="utf-8")
    rows = read_rows(tmp_path / "t.csv", ("note", "absent"))
    assert [row.number for row in rows] == [2, 3, 5, 6]
    assert [row.item is not None for row in rows] == [True, False, True, False]
    assert rows[0].item is not None and rows[0].item.label == "red" and rows[0].cells == {"note": "first", "absent": ""}
    assert rows[1].reason == "row 3: there is no such file" and rows[3].reason == "row 6 has no label"
    assert [row.image for row in rows] == ["a.png", "b.png", "a.png", "a.png"]


def test_a_table_without_rows_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("image,label\n\n", encoding="utf-8")
    with pytest.raises(DataError, match="there is a header, but no row below it"):
        read_rows(tmp_path / "t.csv", ())
