"""Decoding ahead of the engine: in order, bounded, and a file that cannot be read stops nothing."""

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from small_network import SIDE, colourful, small_network

from vitreous.core.view import View
from vitreous.data.decode import Policy, decode
from vitreous.infer.engine import Outputs, Setting, run_batch, start_engine
from vitreous.infer.machine import this_machine
from vitreous.infer.pipeline import Forward, decoded_side_by_side

VIEWS = (View.crop(SIDE),)


def test_results_come_in_the_order_of_the_files_with_errors_in_their_place(tmp_path: Path) -> None:
    files = sorted(colourful(tmp_path / "data", {"red": 30}).glob("*/*"))
    files[3].write_bytes(b"broken")
    files[29].unlink()
    results = list(decoded_side_by_side(((number * 10, str(file)) for number, file in enumerate(files)), VIEWS, Policy()))
    assert [result.index for result in results] == [number * 10 for number in range(30)]
    assert [number for number, result in enumerate(results) if result.error] == [3, 29]
    for number, result in enumerate(results):
        if result.decoded is not None:
            assert np.array_equal(result.decoded.views[0], decode(str(files[number]), VIEWS).views[0])
        else:
            assert str(files[number]) in str(result.error)


def test_only_a_bounded_number_of_files_is_ahead(tmp_path: Path) -> None:
    (file,) = colourful(tmp_path / "data", {"red": 1}).glob("*/*")
    begun = 0

    def paths() -> Iterator[tuple[int, str]]:
        nonlocal begun
        for number in range(1000):
            begun += 1
            yield number, str(file)

    results = decoded_side_by_side(paths(), VIEWS, Policy())
    for done in range(1, 100):
        next(results)
        assert begun <= done + 8 * this_machine().cores + 1
    results.close()
    assert begun < 200


def test_no_files_give_no_results() -> None:
    assert list(decoded_side_by_side([], VIEWS, Policy())) == []


@pytest.mark.parametrize("count", [0, 1, 7, 8, 9, 40])
def test_every_picture_gets_its_own_outputs_whatever_the_batch(count: int) -> None:
    pictures = np.random.default_rng(0).integers(0, 256, (count, SIDE, SIDE, 3), np.uint8)
    stored: dict[int, np.ndarray] = {}

    def store(indices: list[int], outputs: Outputs) -> None:
        assert len(outputs["features"]) == len(indices) and not set(indices) & set(stored)
        stored.update(zip(indices, outputs["features"].copy(), strict=True))

    forward = Forward(start_engine(small_network(), Setting("openvino", "f32", 8, 2), ("features",)), SIDE, store)
    for number in range(count):
        forward.add(1000 - number, pictures[number])
    forward.finish()
    assert sorted(stored) == [1000 - number for number in reversed(range(count))]
    if count:
        alone = run_batch(start_engine(small_network(), Setting("openvino", "f32", 1, 1), ("features",)), pictures)["features"]
        assert np.array_equal(np.stack([stored[1000 - number] for number in range(count)]), alone)
