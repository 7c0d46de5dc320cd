"""The cache of compiled networks: used where it is whole, noticed where it is not, and never needed."""

import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[1]))
from small_network import SIDE, small_network

from vitreous.infer import openvino_engine
from vitreous.infer.engine import Setting, run_batch, start_engine

SETTING = Setting("openvino", "f32", 2, 1)
PICTURES = np.random.default_rng(0).integers(0, 256, (2, SIDE, SIDE, 3), np.uint8)


def answers(setting: Setting = SETTING) -> NDArray[np.float32]:
    return run_batch(start_engine(small_network(), setting), PICTURES)["probability"]


@pytest.fixture
def compilations(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Grows by one whenever a network is compiled and not taken from the cache."""
    made: list[str] = []
    real = openvino_engine._write

    def write(file: Path, compiled: Any) -> None:
        made.append(file.name)
        real(file, compiled)

    monkeypatch.setattr(openvino_engine, "_write", write)
    return made


def only_file(cache: Path) -> Path:
    (file,) = (cache / "compiled").iterdir()
    return file


def test_the_second_start_takes_the_compiled_network(own_cache: Path, compilations: list[str]) -> None:
    first = answers()
    second = answers()
    assert len(compilations) == 1 and np.array_equal(first, second)
    answers(Setting("openvino", "f32", 1, 1))
    assert len(set(compilations)) == 2


def flipped(data: bytes, position: int) -> bytes:
    return data[:position] + bytes([data[position] ^ 1]) + data[position + 1 :]


DAMAGES = {
    "a byte of the checksum flipped": lambda data: flipped(data, 3),
    "a byte in the middle flipped": lambda data: flipped(data, len(data) // 2),
    "the last byte flipped": lambda data: flipped(data, len(data) - 1),
    "cut in half": lambda data: data[: len(data) // 2],
    "cut by one byte": lambda data: data[:-1],
    "empty": lambda data: b"",
    "another file": lambda data: b"GIF89a" * 50,
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_noticed_and_made_again(damage: str, own_cache: Path, compilations: list[str]) -> None:
    right = answers()
    file = only_file(own_cache)
    whole = file.read_bytes()
    file.write_bytes(DAMAGES[damage](whole))
    assert np.array_equal(answers(), right)
    assert len(compilations) == 2 and openvino_engine._read(file) is not None
    answers()
    assert len(compilations) == 2


def test_a_whole_file_that_openvino_does_not_know_is_made_again(own_cache: Path, compilations: list[str]) -> None:
    import hashlib

    right = answers()
    blob = b"made by another build"
    only_file(own_cache).write_bytes(hashlib.blake2b(blob, digest_size=16).digest() + blob)
    assert np.array_equal(answers(), right) and len(compilations) == 2


def test_without_a_place_to_write_everything_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    right = answers()
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("VITREOUS_CACHE", str(tmp_path / "file"))
    assert np.array_equal(answers(), right)
    assert (tmp_path / "file").read_text() == "not a folder"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_cache_is_read_and_not_needed(own_cache: Path) -> None:
    own_cache.chmod(0o500)
    try:
        assert len(answers()) == 2
    finally:
        own_cache.chmod(0o700)


@pytest.mark.slow
def test_a_folder_in_the_place_of_the_file_stops_nothing(own_cache: Path) -> None:
    right = answers()
    file = only_file(own_cache)
    file.unlink()
    file.mkdir()
    assert np.array_equal(answers(), right)


def test_the_cache_is_kept_small(own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answers()
    old = only_file(own_cache)
    os.utime(old, (1, 1))
    monkeypatch.setattr(openvino_engine, "COMPILED_MODELS", old.stat().st_size)
    answers(Setting("openvino", "f32", 1, 1))
    assert only_file(own_cache) != old


def test_what_is_used_counts_as_young(own_cache: Path) -> None:
    answers()
    file = only_file(own_cache)
    os.utime(file, (1, 1))
    answers()
    assert file.stat().st_mtime > 1
