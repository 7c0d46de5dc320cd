"""Thresholds of one class: against counting by hand, and whether promises hold as often as they say, by simulation."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta, binom

from vitreous.metrics.operating_point import OperatingCurve, operating_curve, rate_of

DRAWS = 600


@given(st.lists(st.tuples(st.sampled_from([0.0, 0.1, 0.5, 0.50001, 1.0]), st.booleans()), max_size=30))
def test_the_curve_counts_what_each_threshold_misses_and_alarms(pairs: list[tuple[float, bool]]) -> None:
    score, positive = np.array([s for s, _ in pairs]), np.array([p for _, p in pairs], bool)
    curve = operating_curve(score, positive)
    assert (np.diff(curve.threshold) > 0).all() and curve.threshold[-1] > score.max(initial=-1)
    for threshold, missed, alarms in zip(curve.threshold, curve.missed, curve.alarms, strict=True):
        assert missed == (score[positive] < threshold).sum() and alarms == (score[~positive] >= threshold).sum()
    assert (curve.positives, curve.negatives) == (positive.sum(), (~positive).sum())


def test_the_choice_is_the_order_statistic_of_wilks() -> None:
    rng = np.random.default_rng(0)
    score = np.r_[rng.random(200), rng.random(50)]
    curve = operating_curve(score, np.arange(250) < 200)
    place = curve.highest_for(0.05)
    allowed = max(k for k in range(200) if binom.cdf(k, 200, 0.05) <= 0.05)  # misses that 5 % would show too rarely
    assert place is not None and curve.threshold[place] == np.sort(score[:200])[allowed] and curve.missed[place] == allowed


def test_too_few_pictures_promise_nothing() -> None:
    assert simulated(np.random.default_rng(0), 148, 20).highest_for(0.02) is None
    assert simulated(np.random.default_rng(0), 149, 20).highest_for(0.02) is not None
    assert simulated(np.random.default_rng(0), 20, 148).lowest_for(0.02) is None
    assert simulated(np.random.default_rng(0), 20, 149).lowest_for(0.02) is not None
    assert simulated(np.random.default_rng(0), 10_000, 10_000).highest_for(0) is None
    nothing = operating_curve(np.zeros(0), np.zeros(0, bool))
    assert nothing.highest_for(0.5) is None and nothing.lowest_for(0.5) is None


def test_scores_that_are_all_alike_are_all_taken_or_none() -> None:
    curve = operating_curve(np.full(300, 0.5), np.arange(300) < 150)
    high, low = curve.highest_for(0.1), curve.lowest_for(0.1)
    assert high is not None and curve.threshold[high] == 0.5 and curve.alarms[high] == 150
    assert low is not None and curve.threshold[low] > 0.5 and curve.missed[low] == 150


def test_copies_count_once() -> None:
    rng = np.random.default_rng(1)
    score, positive = rng.random(300), np.arange(300) < 160
    once = operating_curve(score, positive)
    thrice = operating_curve(np.repeat(score, 3), np.repeat(positive, 3), np.repeat(np.arange(300), 3))
    np.testing.assert_allclose(once.missed, thrice.missed, atol=1e-9)
    np.testing.assert_allclose(once.alarms, thrice.alarms, atol=1e-9)
    assert once.highest_for(0.05) == thrice.highest_for(0.05) and once.lowest_for(0.05) == thrice.lowest_for(0.05)
    assert rate_of(np.array([True, True, False]), np.array([1, 1, 2])).interval == rate_of(np.array([True, False])).interval


def simulated(rng: np.random.Generator, positives: int, negatives: int, copies: int = 1) -> OperatingCurve:
    """Scores with known rates: those of the class are uniform, so t misses t of them; of the others (1 − t)² are alarms. Groups of `copies` are
    alike but for a little."""
    own, others = (np.repeat(rng.random(count // copies), copies) for count in (positives, negatives))
    near = rng.random((positives // copies, copies)).ravel()
    own = np.where(rng.random(len(own)) < 0.3, near, own)  # three in ten of a group's scores are its own
    score = np.r_[own, 1 - np.sqrt(others)]
    return operating_curve(score, np.arange(len(score)) < len(own), np.arange(len(score)) // copies)


@pytest.mark.slow
@pytest.mark.parametrize(("count", "asked"), [(60, 0.1), (200, 0.05), (500, 0.02), (500, 0.2)])
def test_a_promised_miss_rate_holds_in_95_percent_of_draws_and_is_no_idle_caution(count: int, asked: float) -> None:
    rng = np.random.default_rng(count)
    curves = [simulated(rng, count, 20) for _ in range(DRAWS)]
    rates = np.array([curve.threshold[curve.highest_for(asked)] for curve in curves])
    allowed = max(k for k in range(count) if binom.cdf(k, count, asked) <= 0.05)
    broken = beta.sf(asked, allowed + 1, count - allowed)  # the distribution of that order statistic
    assert broken <= 0.05
    # four standard errors of a share over 600 draws
    assert abs((rates > asked).mean() - broken) <= 4 * np.sqrt(broken * (1 - broken) / DRAWS)


@pytest.mark.slow
@pytest.mark.parametrize(("count", "asked"), [(60, 0.1), (500, 0.02), (2000, 0.05)])
def test_a_promised_false_alarm_rate_holds_in_95_percent_of_draws(count: int, asked: float) -> None:
    rng = np.random.default_rng(count)
    curves = [simulated(rng, 30, count) for _ in range(DRAWS)]
    rates = np.array([(1 - min(1.0, curve.threshold[curve.lowest_for(asked)])) ** 2 for curve in curves])
    # four standard errors of 0.05 over 600 draws
    assert (rates > asked).mean() <= 0.05 + 4 * np.sqrt(0.05 * 0.95 / DRAWS) and np.median(rates) > asked / 6


@pytest.mark.slow
@pytest.mark.parametrize("copies", [2, 5])
def test_promises_hold_where_pictures_come_in_groups(copies: int) -> None:
    rng = np.random.default_rng(copies)
    curves = [simulated(rng, 200 * copies, 10, copies) for _ in range(DRAWS)]
    rates = np.array([curve.threshold[curve.highest_for(0.05)] for curve in curves])
    assert (rates > 0.05).mean() <= 0.05 + 4 * np.sqrt(0.05 * 0.95 / DRAWS)
    # counted as if they were independent, the promise would be broken far more often
    naive = [operating_curve(curve_scores(rng, 200, copies), np.ones(200 * copies, bool)) for _ in range(DRAWS)]
    assert (np.array([curve.threshold[curve.highest_for(0.05)] for curve in naive]) > 0.05).mean() > 0.08


def curve_scores(rng: np.random.Generator, groups: int, copies: int) -> np.ndarray:
    return np.repeat(rng.random(groups), copies)
