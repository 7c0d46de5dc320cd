"""How errors fall, on made curves whose exponent is known."""

import numpy as np
import pytest

from vitreous.fit.learning_curve import USUAL, Fall, measured_fall


def wrong(share: float, count: int, seed: int) -> np.ndarray:
    return (np.random.default_rng(seed).random(count) < share).astype(np.float32)


@pytest.mark.parametrize("exponent", [0.1, 0.5, 0.9])
def test_of_many_pictures_the_exponent_is_that_within_the_sample_made_flatter(exponent: float) -> None:
    many = 0.1
    found = measured_fall(wrong(many, 200_000, 0), wrong(many * 4**exponent, 200_000, 1), 4)
    assert found.exponent == pytest.approx(0.6 * exponent, abs=0.01) and found.deviation == pytest.approx(0.1, abs=0.01)


def test_what_few_pictures_say_is_weighed_against_what_is_usual() -> None:
    few = [measured_fall(wrong(0.1, 40, seed), wrong(0.1, 40, 100 + seed), 4) for seed in range(200)]
    many = [measured_fall(wrong(0.1, 4000, seed), wrong(0.1, 4000, 100 + seed), 4) for seed in range(20)]
    assert np.mean([each.exponent for each in few]) == pytest.approx(USUAL.exponent, abs=0.08)
    assert np.mean([each.exponent for each in many]) < 0.06
    assert all(0 <= each.exponent < 0.6 and 0.1 < each.deviation <= USUAL.deviation for each in few + many)


@pytest.mark.parametrize(("of_many", "of_few"), [(0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0)])
def test_where_all_or_none_are_right_it_is_a_number_all_the_same(of_many: float, of_few: float) -> None:
    found = measured_fall(np.full(20, of_many, np.float32), np.full(20, of_few, np.float32), 4)
    assert np.isfinite(found.exponent) and 0 <= found.exponent < 2 and np.isfinite(found.deviation)


def test_fewer_pictures_than_before_leave_all_errors() -> None:
    assert Fall(0.3, 0.1).left(0.5) == (1.0, 0.0)
