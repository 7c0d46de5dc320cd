"""Intervals against published and textbook values."""

import numpy as np
import pytest
from scipy.stats import binomtest

from vitreous.metrics.intervals import Influence, Trials, bootstrap, mean_of_classes, wilson


@pytest.mark.parametrize(("successes", "trials"), [(0, 10), (1, 10), (81, 263), (15, 148), (29, 29), (500, 1000)])
def test_wilson_is_that_of_scipy(successes: int, trials: int) -> None:
    expected = binomtest(successes, trials).proportion_ci(0.95, method="wilson")
    assert wilson(np.array(successes / trials), np.array(float(trials))).tolist() == pytest.approx([expected.low, expected.high], abs=1e-12)


def test_wilson_is_that_of_newcombe() -> None:
    # R. G. Newcombe, Stat. Med. 1998, table I: 81 of 263 gives 0.2553 to 0.3662.
    assert wilson(np.array(81 / 263), np.array(263.0)).round(4).tolist() == [0.2553, 0.3662]


def test_where_there_was_no_trial_there_is_no_interval() -> None:
    assert np.isnan(wilson(np.array([np.nan]), np.array([0.0]))).all()


def test_ungrouped_trials_count_fully_and_copies_once() -> None:
    success = np.array([True, False, True, True, False, True])
    kind = np.zeros(12, dtype=int)
    doubled = np.repeat(success, 2)
    assert Trials(kind[:6], success, np.arange(6), 1).effective_number().tolist() == [6]
    assert Trials(kind, doubled, np.arange(12), 1).effective_number().tolist() == [12]
    assert Trials(kind, doubled, np.arange(12) // 2, 1).effective_number() == pytest.approx([6])


def test_where_all_are_right_copies_count_once_and_not_at_all_is_not_sure() -> None:
    trials = Trials(np.zeros(20, dtype=int), np.ones(20, dtype=bool), np.arange(20) // 2, 1)
    assert trials.effective_number() == pytest.approx([10])
    assert trials.interval()[0].tolist() == pytest.approx([10 / (10 + 1.959964**2), 1.0], abs=1e-6)


def test_the_mean_of_two_independent_classes_has_the_errors_added_in_squares() -> None:
    value, interval = np.array([0.8, 0.6]), np.array([[0.5, 0.9], [0.2, 0.9]])
    none = Influence(np.zeros(0, dtype=int), np.zeros(0, dtype=int), np.zeros(0))
    low, high = mean_of_classes(value, interval, none)
    assert (low, high) == pytest.approx((0.7 - 0.25, 0.7 + np.sqrt(0.1) / 2))


def test_mistakes_that_fall_on_both_classes_widen_the_interval_of_the_mean() -> None:
    value, interval = np.array([0.8, 0.8]), np.array([[0.7, 0.9], [0.7, 0.9]])
    together = Influence(np.array([0, 1, 0, 1]), np.array([0, 0, 1, 1]), np.array([1.0, 1.0, -1.0, -1.0]))
    low, high = mean_of_classes(value, interval, together)
    assert (low, high) == pytest.approx((0.7, 0.9))


def test_the_bootstrap_of_the_log_loss_is_near_the_t_interval_where_losses_are_normal() -> None:
    rng = np.random.default_rng(0)
    loss, target = rng.normal(3, 0.5, 400), rng.integers(0, 3, 400)
    low, high = bootstrap(target, target, loss, np.arange(400), 3, 0).log_loss
    expected = 1.96 * loss.std() / 20
    assert (low, high) == pytest.approx((loss.mean() - expected, loss.mean() + expected), abs=0.1 * expected)


def test_the_bootstrap_draws_groups_and_gives_the_same_for_the_same_seed() -> None:
    rng = np.random.default_rng(1)
    target, answer, loss = (np.repeat(rng.integers(0, 3, 100), 4) for _ in range(3))
    each = bootstrap(target, answer, loss.astype(float), np.arange(400), 3, 0)
    grouped = bootstrap(target, answer, loss.astype(float), np.arange(400) // 4, 3, 0)
    assert bootstrap(target, answer, loss.astype(float), np.arange(400), 3, 0) == each
    for name in ("balanced_accuracy", "macro_f1", "log_loss"):
        (low, high), (wide_low, wide_high) = getattr(each, name), getattr(grouped, name)
        assert 1.6 < (wide_high - wide_low) / (high - low) < 2.5  # √4, give or take the noise of 100 groups
