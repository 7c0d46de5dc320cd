import csv
import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitreous.core.item import Split
from vitreous.errors import RunError
from vitreous.runs.tables import ItemRow, Predictions, cell_of, items_from_csv, items_to_csv, predictions_from_csv, predictions_to_csv, text_of

# every code point, lone surrogates included: what os.fsdecode makes of a name that is no UTF-8
ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()))
UGLY = [
    "",
    "=1+1",
    "'=1+1",
    "''",
    "-rf",
    "@x",
    "+1",
    "a\nb",
    "\r\n",
    "\t",
    "a,b",
    'a"b',
    "\\",
    "\\u000a",
    "\\\\u000a",
    " x ",
    "\udcff.jpg",
    "\ufeffx",
    "a\x1b[31m",
    "\u2028",
    "🐱",
]


@given(ANY_TEXT)
def test_every_text_comes_back_from_its_cell(text: str) -> None:
    assert text_of(cell_of(text)) == text


@given(ANY_TEXT)
def test_no_cell_is_a_formula_or_holds_a_control_code(text: str) -> None:
    cell = cell_of(text)
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert not any(each < " " or "\ud800" <= each <= "\udfff" for each in cell)


def test_ordinary_names_stay_as_they_are() -> None:
    for text in ("cats/a 1.jpg", "Müller's.png", "写真.jpg", "a=b"):
        assert cell_of(text) == text


def test_items_come_back_exactly() -> None:
    rows = [ItemRow(text, "00ff", 400, 533, text, Split.TEST) for text in UGLY]
    rows += [ItemRow("broken.jpg", left_out="truncated: 3 of 9 bytes\n")]
    data = items_to_csv(rows)
    assert items_from_csv(data) == rows
    assert data.count(b"\n") == len(rows) + 1  # one line a picture
    assert items_from_csv(b"\xef\xbb\xbf" + data.replace(b"\n", b"\r\n")) == rows  # saved again by a spreadsheet


def test_any_csv_reader_reads_the_items() -> None:
    data = items_to_csv([ItemRow("a,b.jpg", "ff", 2, 3, "cat", Split.TRAIN)])
    assert list(csv.DictReader(io.StringIO(data.decode()))) == [
        {"path": "a,b.jpg", "key": "ff", "width": "2", "height": "3", "label": "cat", "split": "train", "left_out": ""}
    ]


def test_predictions_come_back_to_the_last_bit() -> None:
    classes = ["label", "path", *UGLY]
    raw = np.random.default_rng(0).random((len(UGLY), len(classes))) ** 8
    probability = (raw / raw.sum(axis=1, keepdims=True)).astype(np.float32)
    before = Predictions(UGLY, UGLY[::-1], classes, probability)
    after = predictions_from_csv(predictions_to_csv(before))
    assert (list(after.paths), list(after.labels), list(after.classes)) == (UGLY, UGLY[::-1], classes)
    np.testing.assert_array_equal(after.probability, probability)
    assert after.predicted == before.predicted


def test_predictions_say_the_most_probable_class() -> None:
    data = predictions_to_csv(Predictions(["a.jpg"], ["cat"], ["cat", "dog"], np.array([[0.1, 0.9]], np.float32)))
    assert data == b"path,label,predicted,confidence,p:cat,p:dog\na.jpg,cat,dog,0.9,0.1,0.9\n"


def test_no_predictions_are_a_header() -> None:
    none = predictions_from_csv(predictions_to_csv(Predictions([], [], ["a"], np.empty((0, 1), np.float32))))
    assert none.probability.shape == (0, 1) and none.predicted == []


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "columns"),
        (b"a,b\n", "columns a, b"),
        (b"path,key,width,height,label,split,left_out\nx,y\n", "line 2"),
        (b"path,key,width,height,label,split,left_out\nx,,wide,,,,\n", "line 2.*wide"),
        (b"path,key,width,height,label,split,left_out\nx,,1,1,,other,\n", "line 2.*other"),
        (b"\xff\xfe", "utf-8"),
        (b'"', "unexpected end"),
    ],
)
def test_a_file_that_is_something_else_is_refused_with_its_line(data: bytes, said: str) -> None:
    with pytest.raises(RunError, match=rf"items\.csv.*{said}"):
        items_from_csv(data)
