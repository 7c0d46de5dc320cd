"""The reader of a model.onnx's metadata, against the onnx package, and on files that are something else."""

import json
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[1]))
from small_network import SIDE, small_facts, small_model

from vitreous.core.view import View
from vitreous.errors import ModelError
from vitreous.infer.network import SHIPPED, _properties, load_network, with_metadata

MODEL = small_model()
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


def props_by_onnx(data: bytes) -> dict[str, str]:
    import onnx

    return {entry.key: entry.value for entry in onnx.load_model_from_string(data).metadata_props}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A path for the model in question; one for all examples of a property."""
    return tmp_path_factory.mktemp("network") / "model.onnx"


def load(place: Path, data: bytes) -> str:
    """The message of the ModelError that loading these bytes raises; "" where it succeeds. Any other exception fails the test."""
    place.write_bytes(data)
    try:
        network = load_network(place)
    except ModelError as error:
        return str(error)
    assert isinstance(network.labels, list) and network.view.size
    return ""


def test_it_reads_what_onnx_reads_from_the_shipped_network() -> None:
    assert dict(_properties(SHIPPED.read_bytes())) == props_by_onnx(SHIPPED.read_bytes())


@given(st.dictionaries(TEXT, TEXT, max_size=5))
@settings(max_examples=50, deadline=None)
def test_it_reads_what_onnx_reads_from_any_metadata(metadata: dict[str, str]) -> None:
    data = small_model(metadata)
    assert dict(_properties(data)) == props_by_onnx(data) == metadata


def test_a_model_of_ours_has_labels_view_and_fingerprint(place: Path) -> None:
    place.write_bytes(MODEL)
    network = load_network(place)
    assert network.facts == small_facts() and network.view == View.crop(SIDE) and network.number_format is None
    assert network.fingerprint == load_network(place).fingerprint
    place.write_bytes(small_model(labels=["x", "y"]))
    assert load_network(place).fingerprint != network.fingerprint


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    for path in (tmp_path / "none.onnx", tmp_path):
        with pytest.raises(ModelError, match=r"cannot read the network .*: (No such file|Is a directory)"):
            load_network(path)


@pytest.mark.parametrize("data", [b"", b"\x00", b"GIF89a", b"PK\x03\x04" + bytes(100), b"{}", "ü".encode() * 99], ids=repr)
def test_a_file_of_another_kind_is_no_onnx_model(place: Path, data: bytes) -> None:
    assert load(place, data).startswith("model.onnx is no ONNX model: ")


def test_a_model_cut_at_any_byte_is_refused(place: Path) -> None:
    for length in [*range(0, len(MODEL), 197), *range(len(MODEL) - 100, len(MODEL))]:
        assert load(place, MODEL[:length]).startswith(("model.onnx is no ONNX model", "model.onnx comes from elsewhere")), length


def test_a_model_from_elsewhere_is_called_so(place: Path) -> None:
    message = load(place, small_model({"author": "somebody"}))
    assert message.startswith("model.onnx comes from elsewhere: an ONNX model without the entry 'vitreous'")
    assert message.endswith("a model.onnx written by vitreous train")


GOOD = small_facts()
VIEW = GOOD["view"]
WRONG_FACTS = {
    "no JSON": "{",
    "a list": "[]",
    "a text": '"labels"',
    "null": "null",
    "no labels": json.dumps({"view": VIEW}),
    "no view": json.dumps({"labels": ["a"]}),
    "labels that are a text": json.dumps(GOOD | {"labels": "ab"}),
    "labels that are numbers": json.dumps(GOOD | {"labels": [1, 2]}),
    "a view that is a text": json.dumps(GOOD | {"view": "crop"}),
    "a view without a size": json.dumps(GOOD | {"view": {"kind": "crop", "short_side": 3}}),
    "a view of no size": json.dumps(GOOD | {"view": VIEW | {"size": None}}),
    "a view of endless size": json.dumps(GOOD | {"view": VIEW | {"size": float("inf")}}),
    "a view of a size below 1": json.dumps(GOOD | {"view": VIEW | {"size": -5}}),
    "a view of an unknown kind": json.dumps(GOOD | {"view": VIEW | {"kind": "banana"}}),
    "an empty list of labels": json.dumps(GOOD | {"labels": []}),
    "lists within lists without end": "[" * 100_000,
}


@pytest.mark.parametrize("case", WRONG_FACTS)
def test_an_entry_that_is_not_ours_is_taken_for_none(place: Path, case: str) -> None:
    assert "comes from elsewhere" in load(place, small_model({"vitreous": WRONG_FACTS[case]}))


@given(st.binary(max_size=400))
@settings(max_examples=120, deadline=None)
def test_random_bytes_are_refused_and_nothing_else_happens(place: Path, data: bytes) -> None:
    assert load(place, data) != ""


@given(st.lists(st.tuples(st.integers(0, len(MODEL) - 1), st.integers(0, 255)), min_size=1, max_size=8))
@settings(max_examples=100, deadline=None)
def test_changed_bytes_are_refused_or_leave_a_model_that_can_be_asked(place: Path, changes: list[tuple[int, int]]) -> None:
    data = bytearray(MODEL)
    for position, value in changes:
        data[position] = value
    load(place, bytes(data))


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5), lambda each: st.lists(each) | st.dictionaries(TEXT, each), max_leaves=8
)


@given(JSON)
@settings(max_examples=50, deadline=None)
def test_any_json_in_place_of_the_facts_is_refused(place: Path, value: object) -> None:
    for facts in (value, GOOD | {"view": value}, GOOD | {"labels": value}):
        metadata = b"\x0a\x08vitreous\x12" + length_of(json.dumps(facts).encode())
        labels = facts.get("labels") if isinstance(facts, dict) and facts.get("view") == VIEW else None
        if not (isinstance(labels, list) and all(isinstance(label, str) for label in labels)):
            assert load(place, b"\x3a\x00" + b"\x72" + length_of(metadata)) != ""


def length_of(data: bytes) -> bytes:
    """A field of protocol buffers that has a length: the length as a varint, and the bytes."""
    rest, varint = len(data), b""
    while rest > 127:
        varint, rest = varint + bytes([rest & 127 | 128]), rest >> 7
    return varint + bytes([rest]) + data


@given(st.dictionaries(TEXT, TEXT, max_size=4), TEXT, TEXT)
@settings(max_examples=50, deadline=None)
def test_an_entry_that_is_written_is_read_by_onnx_and_nothing_else_changes(metadata: dict[str, str], key: str, value: str) -> None:
    import onnx

    before = small_model(metadata)
    after = with_metadata(before, key, value)
    assert props_by_onnx(after) == dict(_properties(after)) == metadata | {key: value}
    assert onnx.load_model_from_string(after).graph == onnx.load_model_from_string(before).graph
    assert with_metadata(with_metadata(after, key, "x" * 300), key, value) == after
    if key not in metadata:
        assert with_metadata(after, key, None) == before and after.startswith(before)


def test_the_weights_of_the_shipped_network_stay_byte_for_byte() -> None:
    data = SHIPPED.read_bytes()
    assert with_metadata(data, "decision", "{}")[: len(data)] == data and with_metadata(data, "none", None) == data


def test_a_decision_is_read_with_the_model(place: Path) -> None:
    place.write_bytes(with_metadata(MODEL, "decision", '{"rule": "confidence"}'))
    assert load_network(place).decision == {"rule": "confidence"} and load_network(place).facts == small_facts()
    place.write_bytes(MODEL)
    assert load_network(place).decision is None


@pytest.mark.parametrize("entry", ["", "[]", "{", "7", "[" * 100_000])
def test_a_decision_that_cannot_be_read_is_said(place: Path, entry: str) -> None:
    assert load(place, with_metadata(MODEL, "decision", entry)).startswith("model.onnx has a decision that cannot be read")


@pytest.mark.parametrize("length", range(1, 400, 7))
def test_no_part_of_a_model_makes_a_crash_when_it_is_rewritten(length: int) -> None:
    with pytest.raises((ValueError, IndexError)):
        with_metadata(b"\xff" + MODEL[:length], "decision", "{}")
