"""The part before the cut: what the engine gives, as bf16, once for every view."""

import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")
sys.path.insert(0, str(Path(__file__).parent))
from deeper_network import CUTS, deeper_network

from vitreous.fit.pictures import Pictures
from vitreous.infer.engine import default_setting, run_batch, start_engine
from vitreous.training.augment import parse
from vitreous.training.tuning import frozen as module
from vitreous.training.tuning.frozen import bytes_of_a_view, frozen

COUNT, SHAPE = 21, (12, 8, 8)
PICTURES = Pictures(np.random.default_rng(0).integers(0, 256, (30, 32, 32, 3), np.uint8), np.arange(5, 26))
SETTING = default_setting(COUNT)


def test_the_first_view_is_what_the_engine_says_of_the_pictures_as_they_are(own_cache: Path) -> None:
    counted: list[int] = []
    with frozen(deeper_network(), SETTING, CUTS[0], SHAPE, PICTURES, 3, parse("flip", 32), 7) as kept:
        for _ in range(3):
            kept.add(counted.append)
        rows = np.arange(COUNT)
        exact = run_batch(start_engine(deeper_network(), SETTING, (CUTS[0],), 32, keep=False), PICTURES.take(rows))[CUTS[0]]
        first, second = kept.take(rows).float().numpy(), kept.take(rows, np.full(COUNT, 1)).float().numpy()
        assert np.abs(first - exact).max() <= np.abs(exact).max() * 2**-8  # 8 bits
        mirrored = [not np.array_equal(a, b) for a, b in zip(first, second, strict=True)]
        assert 3 < sum(mirrored) < 18  # in half of the cases
        assert sum(counted) == 3 * COUNT and kept.made == 3
        again = kept.take(rows[::-1].copy(), np.arange(COUNT) % 3).float().numpy()
        assert np.array_equal(again[0], kept.take(np.array([20]), 0).float().numpy()[0])
    assert not list((own_cache / "views").iterdir())


def test_how_much_room_it_takes_is_known_before(monkeypatch: pytest.MonkeyPatch) -> None:
    assert bytes_of_a_view(COUNT, SHAPE) == 21 * 12 * 64 * 2
    monkeypatch.setattr(module, "free_bytes", lambda path: 1000)
    assert module.room() == 500
