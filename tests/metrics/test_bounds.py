"""Bounds of shares and means, against scipy's exact intervals, by counting, and by simulation."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, binomtest

from vitreous.metrics.bounds import mean_interval, needed_for, share_interval, upper_bound, weight_of_each


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_bounds_of_whole_numbers_are_those_of_scipy(counts: tuple[int, int]) -> None:
    events, trials = counts
    one_sided = binomtest(events, trials, alternative="less").proportion_ci(0.95, method="exact").high
    both = binomtest(events, trials).proportion_ci(0.95, method="exact")
    # scipy inverts the beta distribution too, in another way: float64
    assert float(upper_bound(events, trials)) == pytest.approx(one_sided, abs=1e-9)
    assert share_interval(events, trials) == pytest.approx((both.low, both.high), abs=1e-9)


def test_without_a_trial_every_share_is_possible() -> None:
    assert float(upper_bound(0, 0)) == 1 and share_interval(0, 0) == (0, 1) and mean_interval(np.zeros(0), 2, 5) == (2, 5)


@pytest.mark.parametrize("share", [0.5, 0.1, 0.05, 0.02, 0.01, 0.001])
def test_so_many_pictures_are_needed_and_not_one_fewer(share: float) -> None:
    count = int(needed_for(share))
    assert binom.cdf(0, count, share) <= 0.05 < binom.cdf(0, count - 1, share)
    assert float(upper_bound(0, count)) <= share < float(upper_bound(0, count - 1))


def test_no_number_of_pictures_promises_that_something_never_happens() -> None:
    assert needed_for(0) == np.inf and needed_for(1) == 1


def test_copies_count_as_one() -> None:
    assert weight_of_each(np.array([7, 3, 7, 7])).tolist() == pytest.approx([1 / 3, 1, 1 / 3, 1 / 3])


@given(st.integers(0, 40), st.integers(1, 40))
def test_the_mean_of_zeros_and_ones_is_a_share(ones: int, zeros: int) -> None:
    values = np.r_[np.ones(ones), np.zeros(zeros)]
    assert mean_interval(values, 0, 1) == pytest.approx(share_interval(ones, ones + zeros), abs=1e-9)


@pytest.mark.slow
def test_the_interval_of_rare_large_costs_holds_the_mean() -> None:
    rng = np.random.default_rng(0)
    cost, share = np.array([0.0, 1.0, 50.0]), np.array([0.8, 0.19, 0.01])
    held = [low <= cost @ share <= high for low, high in (mean_interval(rng.choice(cost, 150, p=share), 0, 50) for _ in range(400))]
    assert np.mean(held) >= 0.95  # a normal interval holds it in 80 %: in a fifth of the samples the 50 does not occur
