"""Tables in which a picture has several labels, none, or some of which nobody knows."""

from pathlib import Path
from typing import Any

import pytest

from vitreous.core.item import Source
from vitreous.data.sources import read_source
from vitreous.errors import DataError, UsageError


def table(folder: Path, *rows: str, **options: Any) -> Source:
    """A table of these rows beside pictures a.jpg to f.jpg."""
    for name in "abcdef":
        (folder / f"{name}.jpg").touch()
    (folder / "t.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return read_source(folder / "t.csv", **options)


def labels(source: Source) -> dict[str, str]:
    return {item.relative[0]: item.label for item in source.items}


@pytest.mark.parametrize("separator", [";", "|"])
def test_cells_that_are_divided_are_several_labels_and_an_empty_one_is_none_of_them(tmp_path: Path, separator: str) -> None:
    source = table(tmp_path, "image,labels", f"a.jpg,king{separator} ace", "b.jpg,ace", "c.jpg,", f"d.jpg,{separator}king{separator}{separator}")
    assert labels(source) == {"a": "ace;king", "b": "ace", "c": "", "d": "king"}
    assert source.task == "multilabel" and source.labels == ["ace", "king"] and not source.columns
    assert any("several labels for a picture" in remark and "--task classify" in remark for remark in source.remarks)
    assert any("1 row has an empty cell in 'labels': read as none of the labels" in remark for remark in source.remarks)


def test_a_name_with_a_bar_in_it_that_divides_nothing_known_is_one_label(tmp_path: Path) -> None:
    source = table(tmp_path, "image,label", "a.jpg,cat|dog", "b.jpg,cat|dog", "c.jpg,bird")
    assert source.task == "classify" and source.labels == ["bird", "cat|dog"]


def test_the_task_that_is_asked_for_overrides_what_the_table_looks_like(tmp_path: Path) -> None:
    rows = ("image,label", "a.jpg,ace;king", "b.jpg,ace", "c.jpg,")
    one = table(tmp_path, *rows, task="classify")
    assert one.task == "classify" and one.labels == ["ace", "ace;king"] and "row 4 has no label" in one.left_out[0].reason
    plain = table(tmp_path, "image,label", "a.jpg,ace", "b.jpg,king", task="multilabel")
    assert plain.task == "multilabel" and plain.labels == ["ace", "king"]


def test_columns_of_yes_and_no_are_labels_and_an_empty_cell_is_unknown(tmp_path: Path) -> None:
    source = table(tmp_path, "image,split,ace,king,note", "a.jpg,train,1,0,x", "b.jpg,train,TRUE,,y", "c.jpg,test,no,yes,z", "d.jpg,test,0.0,nan,")
    assert labels(source) == {"a": "ace", "b": "ace;?king", "c": "king", "d": "?king"}
    assert source.labels == ["ace", "king"] and source.columns
    assert any("2 columns of 0 and 1 are read as 2 labels" in remark for remark in source.remarks)
    assert any("2 cells are empty: unknown" in remark for remark in source.remarks)
    assert any("not read as labels" in remark and "'note' (row 2: 'x')" in remark for remark in source.remarks)


def test_a_column_that_is_all_no_or_all_unknown_is_a_label_still(tmp_path: Path) -> None:
    source = table(tmp_path, "image,ace,king,ten", "a.jpg,1,0,", "b.jpg,0,0,")
    assert source.labels == ["ace", "king", "ten"] and labels(source) == {"a": "ace;?ten", "b": "?ten"}


def test_a_table_with_neither_a_column_of_labels_nor_columns_of_yes_and_no_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="there is no column 'label'"):
        table(tmp_path, "image,height", "a.jpg,3", "b.jpg,4")


def test_a_column_of_labels_that_is_empty_everywhere_is_said(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="none of its 2 rows has a label"):
        table(tmp_path, "image,labels", "a.jpg,", "b.jpg,")


def test_a_long_label_does_not_fill_the_remark(tmp_path: Path) -> None:
    source = table(tmp_path, "image,labels", f"a.jpg,{'x' * 300};b", "b.jpg,b")
    assert source.several == ("b", "x" * 300) and all(len(remark) < 200 for remark in source.remarks)


def test_two_columns_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="two columns are called 'ace'"):
        table(tmp_path, "image,ace,ace", "a.jpg,1,0", "b.jpg,0,1")


def test_rows_of_one_picture_are_put_together_and_said(tmp_path: Path) -> None:
    source = table(tmp_path, "image,labels", "a.jpg,ace", "a.jpg,king;ten", "b.jpg,king", "b.jpg,king", "c.jpg,ten")
    assert labels(source) == {"a": "ace;king;ten", "b": "king", "c": "ten"}
    assert any("1 row is put together with others" in remark for remark in source.remarks)
    assert [entry.reason for entry in source.left_out] == ["row 5 repeats row 4"]


def test_columns_that_contradict_each_other_leave_the_picture_out_and_what_one_row_knows_is_known(tmp_path: Path) -> None:
    source = table(tmp_path, "image,ace,king", "a.jpg,1,", "a.jpg,,0", "b.jpg,1,0", "b.jpg,0,0", "c.jpg,0,1")
    assert labels(source) == {"a": "ace", "c": "king"}
    assert "rows 4, 5 give it different labels" in source.left_out[0].reason


def test_a_picture_in_two_splits_is_left_out(tmp_path: Path) -> None:
    source = table(tmp_path, "image,labels,split", "a.jpg,ace;king,train", "a.jpg,ace;king,test", "b.jpg,ace,train", "c.jpg,king,test")
    assert labels(source) == {"b": "ace", "c": "king"} and "different splits" in source.left_out[0].reason


def test_labels_in_two_spellings_are_remarked(tmp_path: Path) -> None:
    source = table(tmp_path, "image,labels", "a.jpg,ace;King", "b.jpg,ace;king", "c.jpg,ace")
    assert any("'King', 'king' differ only in case or spaces" in remark for remark in source.remarks)


def test_labels_of_markup_and_control_codes_stay_what_they_are(tmp_path: Path) -> None:
    source = table(tmp_path, "image,labels", 'a.jpg,"<b>x</b>;red\x1b[31m"', "b.jpg,<b>x</b>", "c.jpg,?;\\")
    assert source.labels == ["<b>x</b>", "?", "\\", "red\x1b[31m"]


def test_class_folders_are_several_labels_where_that_is_asked_for(tmp_path: Path) -> None:
    for name in ("cat/1.jpg", "dog/1.jpg"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).touch()
    assert read_source(tmp_path, task="multilabel").several == ("cat", "dog")
