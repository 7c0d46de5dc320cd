"""A network file as bytes, and the facts written in its metadata, read and written without loading a framework.

An ONNX file is a protocol buffer message (ModelProto); its top level is a handful of fields, of which the graph is one
to be stepped over. Field numbers: onnx.proto, message ModelProto.

Metadata of a network of ours: under "vitreous" what it is, under "decision" the rule by which answers are made of its
probabilities, where one was chosen; both as JSON.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from vitreous.core.text import visible
from vitreous.core.view import View
from vitreous.errors import ModelError

METADATA_KEY = "vitreous"
DECISION_KEY = "decision"
SHIPPED = Path(__file__).parent / "weights" / "efficientnet_lite0.onnx"
_GRAPH, _METADATA = 7, 14
_MOST_SIDE = 10_000
_MOST_BYTES = 2**31 - 1  # of a protocol buffer message
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


@dataclass(frozen=True)
class Network:
    """The bytes of a `model.onnx` and what its metadata say. Input `image` uint8 [N, H, W, 3]; outputs by name."""

    data: bytes
    path: Path
    facts: dict[str, Any]
    decision: dict[str, Any] | None = None

    @property
    def labels(self) -> list[str]:
        return list(self.facts["labels"])

    @property
    def view(self) -> View:
        return View.from_json(self.facts["view"])

    @property
    def number_format(self) -> str | None:
        """The number format that a training chose for this network; None where none was."""
        return self.facts.get("number_format")

    @cached_property
    def fingerprint(self) -> str:
        return hashlib.blake2b(self.data, digest_size=12).hexdigest()


def load_network(path: Path = SHIPPED) -> Network:
    """Read a `model.onnx` that Vitreous wrote.

    Raises ModelError for a file that is no ONNX model, and for one without Vitreous's metadata.
    """
    try:
        if (size := path.stat().st_size) > _MOST_BYTES:
            raise ModelError(f"{visible(path.name)} is too large", f"{size:,} bytes", "an ONNX file under 2 GiB")
        data = b"" if path.is_fifo() else path.read_bytes()  # a pipe would be waited for
    except OSError as error:
        raise ModelError(f"cannot read the network {visible(str(path))}", error.strerror or str(error), remedy="check the path") from None
    name = visible(path.name)
    try:
        properties = dict(_properties(data))
    except (ValueError, IndexError):
        raise ModelError(
            f"{name} is no ONNX model", f"{len(data):,} bytes that do not read as one", "a model.onnx written by vitreous train"
        ) from None
    try:
        facts = json.loads(properties[METADATA_KEY])
        view, labels = View.from_json(facts["view"]), facts["labels"]
        if view.kind not in ("crop", "whole") or not 1 <= view.size <= view.short_side <= _MOST_SIDE:
            raise ValueError
        if not (isinstance(labels, list) and labels and all(isinstance(label, str) for label in labels)):
            raise TypeError
    except (KeyError, TypeError, ValueError, OverflowError, RecursionError):
        raise ModelError(
            f"{name} comes from elsewhere",
            f"an ONNX model without the entry {METADATA_KEY!r} in its metadata, so its labels and the rule for its pictures are unknown",
            "a model.onnx written by vitreous train",
        ) from None
    return Network(data, path, facts, _decision(properties, name))


def with_metadata(data: bytes, key: str, value: str | None) -> bytes:
    """The same model file with this entry of its metadata in place of an older one; None: without it. Every other byte stays as it is.

    Raises ValueError or IndexError where the bytes are no ModelProto.
    """
    kept = [
        data[begin:end] for field, begin, content, end in _spans(data) if field != _METADATA or content is None or _pair(data[content:end])[0] != key
    ]
    if value is not None:
        pair = _tagged(1, key.encode()) + _tagged(2, value.encode())
        kept.append(_tagged(_METADATA, pair))
    return b"".join(kept)


def _decision(properties: dict[str, str], name: str) -> dict[str, Any] | None:
    if DECISION_KEY not in properties:
        return None
    try:
        decision = json.loads(properties[DECISION_KEY])
        if isinstance(decision, dict):
            return decision
    except (ValueError, RecursionError):
        pass
    raise ModelError(
        f"{name} has a decision that cannot be read", f"no JSON object under {DECISION_KEY!r}", remedy="vitreous decide RUN --none removes it"
    )


def _properties(data: bytes) -> Iterator[tuple[str, str]]:
    """The pairs of `metadata_props`; raises ValueError where the bytes are no ModelProto with a graph."""
    has_graph = False
    for field, value in _fields(data):
        if field == _GRAPH:
            has_graph = True
        elif field == _METADATA:
            yield _pair(value)
    if not has_graph:
        raise ValueError("no graph")


def _pair(entry: bytes) -> tuple[str, str]:
    """Key and value of a StringStringEntryProto."""
    pair = dict(_fields(entry))
    return pair.get(1, b"").decode(), pair.get(2, b"").decode()


def _fields(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The top-level fields of a message that have a length: number and bytes."""
    for field, _, content, end in _spans(data):
        if content is not None:
            # the graph is nearly the whole file: it is stepped over, not copied
            yield field, b"" if field == _GRAPH else data[content:end]


def _spans(data: bytes) -> Iterator[tuple[int, int, int | None, int]]:
    """Where the top-level fields of a message lie: number, first byte, first byte of the content of one that has a length, end."""
    position, last = 0, len(data)
    while position < last:
        begin, content = position, None
        tag, position = _varint(data, position)
        field, kind = tag >> 3, tag & 7
        if not field:
            raise ValueError("field 0")
        if kind == _VARINT:
            _, position = _varint(data, position)
        elif kind == _BYTES:
            length, content = _varint(data, position)
            position = content + length
        elif kind in (_FIXED64, _FIXED32):
            position += 8 if kind == _FIXED64 else 4
        else:
            raise ValueError(f"wire type {kind}")
        if content is not None and position > last:
            raise ValueError("the message ends early")
        yield field, begin, content, position


def _varint(data: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[position]
        value |= (byte & 0x7F) << shift
        position += 1
        if byte < 0x80:
            return value, position
        shift += 7
        if shift > 63:
            raise ValueError("no varint")


def _tagged(field: int, content: bytes) -> bytes:
    """A field that has a length: tag, length, content."""
    return _as_varint(field << 3 | _BYTES) + _as_varint(len(content)) + content


def _as_varint(value: int) -> bytes:
    written = b""
    while value > 0x7F:
        written, value = written + bytes([value & 0x7F | 0x80]), value >> 7
    return written + bytes([value])
