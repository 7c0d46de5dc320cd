"""The calibration error by hand, against a plain loop, and its interval by simulation."""

import numpy as np
import pytest

from vitreous.metrics.calibration import calibration_error


def test_by_hand() -> None:
    # Two pictures at 0.9 of which one is right, two at 0.6 that are both right: 2/4 · |0.9 − 0.5| + 2/4 · |0.6 − 1|.
    result = calibration_error(np.array([0.9, 0.9, 0.61, 0.61]), np.array([True, False, True, True]), np.arange(4), 0)
    assert result.error == pytest.approx(0.5 * 0.4 + 0.5 * 0.39)


def test_against_the_loop_over_bins_of_the_paper() -> None:
    rng = np.random.default_rng(0)
    confidence, right = rng.uniform(0.1, 1, 500), rng.random(500) < 0.7
    expected = 0.0
    for m in range(1, 16):
        inside = (confidence > (m - 1) / 15) & (confidence <= m / 15)
        if inside.any():
            expected += inside.mean() * abs(right[inside].mean() - confidence[inside].mean())
    assert calibration_error(confidence, right, np.arange(500), 0).error == pytest.approx(expected)


def test_certain_and_always_right_is_no_error_but_a_hundred_pictures_prove_only_three_percent() -> None:
    result = calibration_error(np.ones(100), np.ones(100, dtype=bool), np.arange(100), 0)
    assert (result.error, result.debiased, result.interval) == (0.0, 0.0, (0.0, 0.03))


def test_the_interval_holds_the_figure_itself_and_stays_within_0_and_1() -> None:
    rng = np.random.default_rng(1)
    for count in (1, 2, 5, 40, 300):
        result = calibration_error(rng.random(count), rng.random(count) < 0.5, np.arange(count), 0)
        assert 0 <= result.interval[0] <= result.error <= result.interval[1] <= 1
        assert 0 <= result.debiased <= result.error


@pytest.mark.slow
def test_for_calibrated_answers_the_plain_figure_is_too_high_and_the_interval_reaches_down_to_the_truth() -> None:
    rng = np.random.default_rng(2)
    plain, debiased, held = [], [], []
    for draw in range(200):
        confidence = rng.uniform(0.5, 1, 200)
        result = calibration_error(confidence, rng.random(200) < confidence, np.arange(200), draw)
        plain.append(result.error)
        debiased.append(result.debiased)
        held.append(result.interval[0] == 0)
    assert np.mean(plain) > 0.05
    assert np.mean(debiased) < 0.7 * np.mean(plain)
    assert np.mean(held) >= 0.92


def test_groups_make_the_interval_wider() -> None:
    rng = np.random.default_rng(3)
    confidence, right = np.repeat(rng.uniform(0.5, 0.7, 60), 5), np.repeat(rng.random(60) < 0.9, 5)
    low, high = calibration_error(confidence, right, np.arange(300), 0).interval
    wide_low, wide_high = calibration_error(confidence, right, np.arange(300) // 5, 0).interval
    assert wide_high - wide_low > 1.3 * (high - low)
