"""The file of one class against numpy and onnxruntime: patches, white, distances, map and score."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))
from stepped_network import SIDE, stepped_network

from vitreous.core.view import View
from vitreous.errors import ModelError
from vitreous.fit.one_class.graph import with_bank
from vitreous.fit.one_class.patches import PATCHES, Patched, white_of, with_patches
from vitreous.infer.engine import default_setting, run_batch, start_engine
from vitreous.layers.walk import read_walk


@pytest.fixture(scope="module")
def patched() -> Patched:
    return with_patches(stepped_network(), SIDE)


def pictures(count: int) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (count, SIDE, SIDE, 3), np.uint8)


def patches_of(patched: Patched, seen: np.ndarray) -> np.ndarray:
    return run_batch(start_engine(patched.network, default_setting(1), (PATCHES,), keep=False), seen)[PATCHES]


def test_a_patch_is_what_two_stages_say_at_a_place(patched: Patched) -> None:
    seen = pictures(2)
    values = read_walk(stepped_network().data).values({"image": seen})
    early, middle = (values[name] for name in patched.stages)
    pooled = early.reshape(2, early.shape[1], patched.side, 2, patched.side, 2).mean((3, 5))
    expected = np.concatenate([pooled, middle], 1).transpose(0, 2, 3, 1).reshape(2, -1, patched.width)
    assert patches_of(patched, seen) == pytest.approx(expected, rel=1e-4, abs=1e-5)  # fp32, sums in another order


def test_white_patches_vary_alike_in_every_direction() -> None:
    rng = np.random.default_rng(0)
    rows = (rng.normal(size=(4000, 5)) @ rng.normal(size=(5, 5)) * [1, 10, 100, 1, 1] + 7).astype(np.float32)
    placed = white_of(rows).placed(rows)
    assert placed.mean(0) == pytest.approx(np.zeros(5), abs=1e-2)
    assert np.linalg.eigvalsh(np.cov(placed.T)) == pytest.approx(np.ones(5), abs=0.5)  # shrunk by a hundredth of the mean


@pytest.mark.parametrize("library", ["openvino", "onnxruntime"])
def test_map_and_score_are_distances_to_the_nearest_patch_of_the_bank(patched: Patched, library: str) -> None:
    pytest.importorskip(library)
    seen = pictures(3)
    rows = patches_of(patched, seen)
    white = white_of(rows[0])
    bank = white.placed(rows[0])[::3]
    model = with_bank(patched, white, bank, View.whole(SIDE), {"task": "one_class", "labels": ["ordinary", "odd"]})
    found = run_batch(start_engine(model, default_setting(1, "f32", library), ("score", "map"), keep=False), seen)
    distance = np.stack([np.sqrt(((white.placed(each)[:, None] - bank) ** 2).sum(2)).min(1) for each in rows])
    assert found["map"].reshape(3, -1) == pytest.approx(distance, abs=2e-2)  # |x|² − 2 x·b + |b|² in fp32, of squares up to some hundreds
    largest = np.sort(distance, 1)[:, -max(1, round(0.02 * distance.shape[1])) :].mean(1)
    assert found["score"] == pytest.approx(largest, abs=2e-2)


def test_the_same_arguments_give_the_same_bytes(patched: Patched) -> None:
    rows = patches_of(patched, pictures(1))[0]
    white = white_of(rows)
    first, second = (with_bank(patched, white, white.placed(rows)[:9], View.whole(SIDE), {"labels": ["a"]}).data for _ in range(2))
    assert first == second


def test_a_network_without_middle_stages_is_said() -> None:
    from small_network import small_network

    with pytest.raises(ModelError, match="no patches to compare"):
        with_patches(small_network(), 32)
