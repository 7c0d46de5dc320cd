"""A training for TensorBoard: RUN/tensorboard/events.out.tfevents.1.vitreous, beside the run's own files. Written without TensorBoard.

    file    = records, one behind the other                                      (TFRecord)
    record  = length, uint64 little-endian · masked(length) · data · masked(data)
    masked  = crc rotated right by 15 bits, plus 0xa282ead8;  crc: CRC-32C (Castagnoli), as in RFC 3720, B.4
    data    = Event:   1 wall_time, double · 2 step, int64 · 3 file_version, string · 5 summary       (Protocol Buffers, tensorboard's event.proto)
    Summary = 1 value: 1 tag, string · 2 simple_value, float                     (summary.proto)

Epochs are counted by epoch, single steps by step. A file that grows is appended to, so that TensorBoard can follow it.
"""

import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from vitreous.storage.atomic import said_as_storage_error, write_atomically

EVENTS = "tensorboard/events.out.tfevents.1.vitreous"
_VERSION = b"brain.Event:2"
_OF_EPOCHS = {
    "train_loss": "loss/train", "held_loss": "loss/held_out", "train_accuracy": "accuracy/train", "held_accuracy": "accuracy/held_out",
    "held_map": "map/held_out", "rate": "epoch/rate", "gradient_norm": "epoch/gradient_norm",
}  # fmt: skip
_OF_STEPS = {"loss": "step/loss", "rate": "step/rate", "gradient_norm": "step/gradient_norm"}


def write_events(run: Path, since: str, history: Sequence[Mapping[str, Any]], steps: Iterable[Mapping[str, Any]] = ()) -> Path:
    """The file of a run that was begun at `since` (ISO 8601). What is there already, and is the beginning of it, stays. Raises StorageError."""
    path, data = run / EVENTS, b"".join(map(_record, _events(datetime.fromisoformat(since).timestamp(), history, steps)))
    with said_as_storage_error(path):
        path.parent.mkdir(exist_ok=True)
        there = path.read_bytes() if path.is_file() else None
        if there is not None and data.startswith(there):
            with path.open("ab") as file:
                file.write(data[len(there) :])
            return path
    write_atomically(path, data)
    return path


def _events(begun: float, history: Sequence[Mapping[str, Any]], steps: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    yield _event(begun) + _field(3, _VERSION)
    for number, epoch in enumerate(history, 1):
        yield _event(begun + epoch.get("seconds", 0.0), number) + _summary(epoch, _OF_EPOCHS)
    ends = [0, *(epoch.get("step", 0) for epoch in history)]
    times = [0.0, *(epoch.get("seconds", 0.0) for epoch in history)]
    for step in steps:  # when a step was made is not recorded: between the ends of its epoch
        yield _event(begun + float(np.interp(step["step"], ends, times)), step["step"]) + _summary(step, _OF_STEPS)


def _event(wall_time: float, step: int = 0) -> bytes:
    return struct.pack("<Bd", 1 << 3 | 1, wall_time) + bytes([2 << 3]) + _varint(step)


def _summary(entry: Mapping[str, Any], tags: Mapping[str, str]) -> bytes:
    values = [(tag, entry[name]) for name, tag in tags.items() if entry.get(name) is not None]
    return _field(5, b"".join(_field(1, _field(1, tag.encode()) + struct.pack("<Bf", 2 << 3 | 5, value)) for tag, value in values))


def _field(number: int, data: bytes) -> bytes:
    """Of kind 2: a length, and so many bytes."""
    return bytes([number << 3 | 2]) + _varint(len(data)) + data


def _varint(value: int) -> bytes:
    """Seven bits a byte, the lowest first; the eighth says that more follow."""
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*found, value])


def _record(data: bytes) -> bytes:
    length = struct.pack("<Q", len(data))
    return length + _masked(length) + data + _masked(data)


def _masked(data: bytes) -> bytes:
    crc = crc32c(data)
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)


def crc32c(data: bytes) -> int:
    """
    >>> hex(crc32c(b"123456789"))
    '0xe3069283'
    """
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ _TABLE[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


def _remainder(byte: int) -> int:
    for _ in range(8):
        byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
    return byte


_TABLE = [_remainder(byte) for byte in range(256)]
