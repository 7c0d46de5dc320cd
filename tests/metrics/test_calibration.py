"""The calibration error by hand, against a plain loop, and its interval by simulation."""

import numpy as np
import pytest
from scipy.stats import foldnorm

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
    assert np.mean(debiased) < 0.4 * np.mean(plain)
    # 200 draws of 95 % lie within 0.91 and 0.985 in 99 of 100 cases
    assert 0.91 <= np.mean(held) <= 0.985


def test_groups_make_the_interval_wider() -> None:
    rng = np.random.default_rng(3)
    confidence, right = np.repeat(rng.uniform(0.5, 0.7, 60), 5), np.repeat(rng.random(60) < 0.9, 5)
    low, high = calibration_error(confidence, right, np.arange(300), 0).interval
    wide_low, wide_high = calibration_error(confidence, right, np.arange(300) // 5, 0).interval
    assert wide_high - wide_low > 1.3 * (high - low)


@pytest.mark.slow
@pytest.mark.parametrize(("shift", "allowed"), [(0.06, 0.012), (0.15, 0.012)])  # three standard errors are 0.006
def test_the_debiased_figure_is_near_the_truth_on_the_average(shift: float, allowed: float) -> None:
    # Answers that are too sure by the same amount in every bin: the true error is that amount.
    rng = np.random.default_rng(4)
    debiased = []
    for draw in range(200):
        confidence = rng.uniform(0.5, 1, 276)
        debiased.append(calibration_error(confidence, rng.random(276) < confidence - shift, np.arange(276), draw).debiased)
    assert np.mean(debiased) == pytest.approx(shift, abs=allowed)


@pytest.mark.slow
@pytest.mark.parametrize(("shift", "count"), [(0.0, 341), (0.02, 341), (0.02, 1000), (0.06, 100), (0.06, 1000), (0.15, 341)])
def test_the_interval_holds_the_true_error_in_about_95_percent(shift: float, count: int) -> None:
    rng = np.random.default_rng(5)
    held = []
    for draw in range(300):
        confidence = rng.uniform(0.5, 1, count)
        low, high = calibration_error(confidence, rng.random(count) < confidence - shift, np.arange(count), draw).interval
        held.append(low <= shift <= high)
    # 300 draws of a 95 % interval lie within 0.92 and 0.98 in 99 of 100 cases; where noise hides the error it may hold more often
    assert 0.92 <= np.mean(held) <= 0.99


@pytest.mark.parametrize("count", [1, 3, 30])
def test_certain_and_always_wrong_is_the_largest_error_and_a_few_pictures_prove_nothing(count: int) -> None:
    result = calibration_error(np.ones(count), np.zeros(count, dtype=bool), np.arange(count), 0)
    assert (result.error, result.interval[1]) == (1.0, 1.0)
    assert result.interval[0] > 0.4 if count == 30 else result.interval[0] == 0


def test_the_debiased_figure_is_the_one_whose_expected_plain_figure_was_found() -> None:
    rng = np.random.default_rng(6)
    confidence = rng.uniform(0.94, 1, 400)  # all in the last bin
    right = rng.random(400) < 0.9
    result = calibration_error(confidence, right, np.arange(400), 0)
    excess = confidence - right
    seen, calibrated = excess.var() / 400, (confidence * (1 - confidence)).sum() / 400**2
    deviation = np.sqrt((400 * seen + 4 * calibrated) / 404)
    # scipy's folded normal, in units of its deviation; 12 halvings leave 1/4000 of the figure
    assert foldnorm.mean(result.debiased / deviation, scale=deviation) == pytest.approx(result.error, rel=1e-3)
