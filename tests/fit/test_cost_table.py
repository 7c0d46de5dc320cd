"""Tables of costs: read, refused, and what in them is probably not meant."""

from pathlib import Path

import numpy as np
import pytest

from vitreous.errors import DataError
from vitreous.fit.cost_table import odd_costs, read_costs
from vitreous.metrics.decision_rule import UNKNOWN
from vitreous.runs.tables import cell_of

LABELS = ["ok", "scratch", "=x\n"]


def table(folder: Path, text: str) -> Path:
    (folder / "costs.csv").write_text(text, encoding="utf-8")
    return folder / "costs.csv"


def test_rows_and_columns_may_come_in_any_order_and_unknown_is_an_answer(tmp_path: Path) -> None:
    nasty = cell_of(LABELS[2])
    costs = read_costs(table(tmp_path, f"\ufefftrue,unknown,scratch,ok\nscratch,5,0,50\n\n{nasty},1,2,3\nok, 0.3 ,1,-1\n"), LABELS)
    assert costs.columns == (UNKNOWN, 1, 0)
    np.testing.assert_array_equal(costs.cost, [[0.3, 1, -1], [5, 0, 50], [1, 2, 3]])


@pytest.mark.parametrize("encoded", ["x;ok;scratch\nok;0;1\nscratch;50;0\n", "x\tok\tscratch\nok\t0\t1\nscratch\t50\t0\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_table_is_read_as_spreadsheets_write_it(encoded: str, encoding: str, tmp_path: Path) -> None:
    (tmp_path / "costs.csv").write_bytes(encoded.encode(encoding))
    np.testing.assert_array_equal(read_costs(tmp_path / "costs.csv", ["ok", "scratch"]).cost, [[0, 1], [50, 0]])


def test_a_class_called_unknown_is_that_class(tmp_path: Path) -> None:
    costs = read_costs(table(tmp_path, "x,unknown,a,I don't know\nunknown,0,1,0.5\na,1,0,0.5\n"), ["a", "unknown"])
    assert costs.columns == (1, 0, UNKNOWN)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the table is empty"),
        ("x,ok,scratch", "it is empty"),
        ("x,ok\nok,1\nscratch,2\n", "two or more to choose from"),
        ("x,ok,scrach\nok,0,1\n", "line 1: there is no class 'scrach': did you mean 'scratch'?"),
        ("x,ok,scratch\nOK,0,1\n", "line 2: there is no class 'OK': "),
        ("x,ok,scratch\nok,0,1\nscratch,1,0\n", "lacks 1 class: b"),
        ("x,ok,scratch\nok,0,1\nok,1,0\n", "line 3: class 'ok' a second time"),
        ("x,ok,ok\nok,0,1\nscratch,1,0\nb,0,0\n", "an answer twice"),
        ("x,ok,scratch\nok,0\n", "line 2: 2 cells; 3, as in the first line"),
        ("x,ok,scratch\nok,0,much\n", "line 2, column 3: 'much'; a number is needed"),
        ("x,ok,scratch\nok,0,nan\n", "column 3: 'nan'"),
        ("x,ok,scratch\nok,0,\n", "column 3: ''"),
        ("x,ok,scratch\nok,0,1e308\n", "column 3: '1e308'; a number from -1e+12 to 1e+12"),
        ("x;ok;scratch\nok;0;0,5\n", "column 3: '0,5'; a number is needed, with a point"),
        ("x,ok,b\nok,0,0\nscratch,1,1\nb,2,2\n", "leaves nothing to choose"),
        ('x,"ok', "cannot read"),
        ("x,\x1b[2J,ok\nok,0,1\n", "there is no class '\\\\x1b[2J'"),
    ],
)
def test_a_table_that_does_not_fit_is_refused_with_its_place(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(DataError) as error:
        read_costs(table(tmp_path, text), ["ok", "scratch", "b"])
    assert said in str(error.value) and "\x1b" not in str(error.value)


def test_a_file_that_is_no_table_is_said(tmp_path: Path) -> None:
    (tmp_path / "bytes.csv").write_bytes(b"\xff\xfe\x00")
    for path, said in ((tmp_path / "none.csv", "there is no table"), (tmp_path, "there is no table"), (tmp_path / "bytes.csv", "cannot read")):
        with pytest.raises(DataError, match=said):
            read_costs(path, LABELS)


def test_what_is_probably_not_meant_is_remarked_on(tmp_path: Path) -> None:
    def remarks(text: str) -> str:
        return "\n".join(odd_costs(read_costs(table(tmp_path, text), ["a", "b"]), ["a", "b"], "unknown"))

    assert remarks("x,a,b,unknown\na,0,1,0.4\nb,9,0,0.4\n") == ""
    assert "'unknown' is never answered: 'b' costs no more" in remarks("x,a,b,unknown\na,0,1,2\nb,9,0,2\n")
    assert "the answer 'b' costs less than the right one" in remarks("x,a,b\na,1,0\nb,0,1\n")
