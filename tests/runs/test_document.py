import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitreous.errors import RunError
from vitreous.runs.document import Document, check_names
from vitreous.storage.lock import Holder

PROCESS = Holder(7, "here", "2026-01-01 00:00:00+00:00")
PATH = Path("runs/x-1/run.json")
# labels, and names of files as Python gives them: what is no UTF-8 in them becomes lone surrogates
TEXT = st.text() | st.binary().map(lambda name: name.decode("utf-8", "surrogateescape"))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)


def document(facts: object) -> Document:
    return Document("unfinished", PROCESS, {"seed": 0}, {"facts": facts}, {"model.onnx": "00"})


@given(JSON)
def test_every_value_comes_back(value: object) -> None:
    before = document(value)
    assert Document.from_bytes(before.to_bytes(), PATH) == before


def test_numpy_values_paths_and_tuples_become_json() -> None:
    facts = {"a": np.float32(0.5), "b": np.arange(3), "c": Path("x"), "d": (1, 2), "e": np.int64(3), "f": float("nan"), "g": np.array([np.inf])}
    read = Document.from_bytes(document(facts).to_bytes(), PATH).facts["facts"]
    assert read == {"a": 0.5, "b": [0, 1, 2], "c": "x", "d": [1, 2], "e": 3, "f": None, "g": [None]}


def test_names_are_readable_and_valid_utf8_also_where_a_file_name_is_none() -> None:
    data = document(["Blätter", "\udcff.jpg"]).to_bytes()
    assert "Blätter" in data.decode()
    assert Document.from_bytes(data, PATH).facts == {"facts": ["Blätter", "\udcff.jpg"]}


def test_every_changed_character_of_a_value_is_noticed() -> None:
    data = document(0.25).to_bytes()
    for old, new in ((b"0.25", b"0.26"), (b'"00"', b'"01"'), (b'"seed": 0', b'"seed": 1'), (b"unfinished", b"finished"), (b'"pid": 7', b'"pid": 8')):
        assert data.count(old) == 1
        with pytest.raises(RunError, match="changed"):
            Document.from_bytes(data.replace(old, new), PATH)


def test_another_layout_of_the_same_values_is_no_change() -> None:
    data = document([1.5, "é"]).to_bytes()
    assert Document.from_bytes(json.dumps(json.loads(data)).encode(), PATH) == document([1.5, "é"])


def test_a_file_that_was_cut_off_anywhere_is_refused() -> None:
    data = document("x").to_bytes()
    for end in range(len(data) - 2):
        with pytest.raises(RunError, match=r"run\.json"):
            Document.from_bytes(data[:end], PATH)


def test_a_newer_schema_asks_for_an_upgrade() -> None:
    with pytest.raises(RunError, match=r"schema 2.*up to 1.*upgrade"):
        Document.from_bytes(b'{"schema": 2}', PATH)


@pytest.mark.parametrize("data", [b"", b"[]", b"null", b"{}", b'{"schema": "1"}', b"\xff", b"[" * 100_000, b'{"schema": 1}'])
def test_what_is_no_run_json_is_refused(data: bytes) -> None:
    with pytest.raises(RunError):
        Document.from_bytes(data, PATH)


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "/x", "a/../b", "a//b", "a/", "./a", "run.json", "next", "next/x", ".lock", "a\\b", "C:x"])
def test_a_name_that_leads_out_of_the_run_is_refused(name: str) -> None:
    with pytest.raises(RunError):
        check_names({name: ""})


def test_names_below_the_run_are_fine() -> None:
    check_names({"model.onnx": "", "state/optimizer.safetensors": "", ".hidden": "", "next.txt": ""})
