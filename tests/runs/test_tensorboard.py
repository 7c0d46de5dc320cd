"""Event files against RFC 3720's checksums, Google's Protocol Buffers, and TensorBoard itself where it is installed."""

import struct
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from vitreous.runs.tensorboard import EVENTS, crc32c, write_events

SINCE = "2026-01-02 03:04:05+00:00"
HISTORY = [
    {"epoch": 1, "step": 200, "train_loss": 2.0, "held_loss": 1.5, "train_accuracy": 0.25, "held_accuracy": None, "rate": 0.5, "seconds": 4.0},
    {"epoch": 2, "step": 400, "train_loss": 1.0, "held_loss": 0.5, "train_accuracy": 0.75, "held_accuracy": 0.5, "rate": 0.25, "seconds": 8.0},
]
STEPS = [{"step": 1, "loss": 2.25, "rate": 0.5, "gradient_norm": 3.0}, {"step": 300, "loss": 1.25, "rate": 0.25, "gradient_norm": 1.0}]


def event_class() -> Any:
    """The fields that are used of tensorboard's event.proto and summary.proto."""
    kinds = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(name="event.proto", package="t", syntax="proto3")
    for name, fields in {
        "Value": [("tag", 1, kinds.TYPE_STRING, ""), ("simple_value", 2, kinds.TYPE_FLOAT, "")],
        "Summary": [("value", 1, kinds.TYPE_MESSAGE, ".t.Value")],
        "Event": [
            ("wall_time", 1, kinds.TYPE_DOUBLE, ""),
            ("step", 2, kinds.TYPE_INT64, ""),
            ("file_version", 3, kinds.TYPE_STRING, ""),
            ("summary", 5, kinds.TYPE_MESSAGE, ".t.Summary"),
        ],
    }.items():
        message = file.message_type.add(name=name)
        for field, number, kind, of in fields:
            label = kinds.LABEL_REPEATED if field == "value" else kinds.LABEL_OPTIONAL
            message.field.add(name=field, number=number, type=kind, label=label, type_name=of or None)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("t.Event"))


def read(path: Path) -> list[Any]:
    data, at, made, found = path.read_bytes(), 0, event_class(), []
    while at < len(data):
        (length,) = struct.unpack_from("<Q", data, at)
        found.append(made.FromString(data[at + 12 : at + 12 + length]))
        at += 16 + length
    assert at == len(data)
    return found


@pytest.mark.parametrize(
    ("data", "crc"), [(bytes(32), 0x8A9136AA), (b"\xff" * 32, 0x62A8AB43), (bytes(range(32)), 0x46DD794E), (bytes(range(31, -1, -1)), 0x113FDB5C)]
)
def test_the_checksum_is_that_of_rfc_3720(data: bytes, crc: int) -> None:
    assert crc32c(data) == crc


def test_epochs_and_steps_are_what_protocol_buffers_read(tmp_path: Path) -> None:
    first, *rest = read(write_events(tmp_path, SINCE, HISTORY, STEPS))
    assert first.file_version == "brain.Event:2" and first.wall_time == 1767323045
    assert [each.step for each in rest] == [1, 2, 1, 300]
    assert [each.wall_time - first.wall_time for each in rest] == pytest.approx([4, 8, 0.02, 6], abs=1e-5)
    values = [{value.tag: value.simple_value for value in each.summary.value} for each in rest]
    assert values[0] == {"loss/train": 2.0, "loss/held_out": 1.5, "accuracy/train": 0.25, "epoch/rate": 0.5}
    assert values[1]["accuracy/held_out"] == 0.5 and values[3] == {"step/loss": 1.25, "step/rate": 0.25, "step/gradient_norm": 1.0}


def test_a_file_that_grows_is_appended_to_and_a_damaged_one_replaced(tmp_path: Path) -> None:
    path = write_events(tmp_path, SINCE, HISTORY[:1])
    number, before = path.stat().st_ino, path.read_bytes()
    assert write_events(tmp_path, SINCE, HISTORY, STEPS) == tmp_path / EVENTS
    whole = path.read_bytes()
    assert path.stat().st_ino == number and whole.startswith(before) and len(read(path)) == 5
    for damaged in (whole[:-3], b"x" + whole[1:], whole + b"more"):
        path.write_bytes(damaged)
        assert write_events(tmp_path, SINCE, HISTORY, STEPS).read_bytes() == whole


def test_tensorboard_reads_them(tmp_path: Path) -> None:
    accumulators = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    found = accumulators.EventAccumulator(str(write_events(tmp_path, SINCE, HISTORY, STEPS).parent)).Reload()
    assert [(each.step, each.value) for each in found.Scalars("loss/held_out")] == [(1, 1.5), (2, 0.5)]
    assert [each.step for each in found.Scalars("step/gradient_norm")] == [1, 300]
