"""The learning rate by measuring: below the limit of stability, calm in noise, the same again, and nothing of it left in the training."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
sys.path.insert(0, str(Path(__file__).parent))
from made_trainings import LEARNED, RECIPE, made_bench, made_pictures

from vitreous.training.pictures import standard_of
from vitreous.training.rate import BELOW, DECADES, FEWEST, measured_rate, range_test, with_measured_rate
from vitreous.training.rate_curve import HIGH, LOW, RateCurve, read_curve, smoothed
from vitreous.training.recipe import Recipe


def quadratic(curvatures: list[float], usual: float, count: int = 40, noise: float = 0.0) -> tuple[list[float], list[float]]:
    """Gradient descent on Σ λ w² / 2 at rates that rise as in a range test."""
    w, curvature, rng = np.ones(len(curvatures)), np.array(curvatures), np.random.default_rng(0)
    rates = (usual * 10 ** (np.linspace(0, 3.5, count) - 2)).tolist()
    losses = []
    for rate in rates:
        losses.append(float((curvature * w**2).sum() / 2 + noise * rng.standard_normal()))
        w = w - rate * curvature * w
    return rates, losses


def measured(recipe: Recipe) -> RateCurve:
    pictures, target = made_pictures()
    return measured_rate(recipe, pictures[:LEARNED], target[:LEARNED], standard_of(pictures[:LEARNED], 1))


@pytest.mark.parametrize("curvature", [0.2, 1.0, 30.0])
@pytest.mark.parametrize("usual", [0.5, 2.0, 5.0])
def test_on_a_quadratic_the_pick_lies_below_the_limit_of_stability(curvature: float, usual: float) -> None:
    limit = 2 / curvature
    curve = read_curve(*quadratic([curvature], usual * limit / 2), usual * limit / 2, 1000)
    assert curve.bottom is not None and limit / 2 <= curve.bottom <= 1.6 * limit
    assert limit / 10 <= curve.pick < limit


def test_of_several_curvatures_the_largest_limits_the_pick() -> None:
    curve = read_curve(*quadratic([10.0, 3.0, 1.0], 0.1), 0.1, 1000)
    assert 0.01 < curve.pick < 2 / 10


def test_a_rate_that_would_explode_is_brought_below_the_bottom() -> None:
    rates = np.geomspace(0.01, 30, 30)
    losses = np.where(rates < 0.1, 2 - 10 * rates, 3.0)
    curve = read_curve(rates.tolist(), losses.tolist(), 1.0, 1000)
    assert curve.bottom is not None and curve.pick == curve.bottom / HIGH


@pytest.mark.parametrize("usual", [0.001, 0.0199, 0.02, 0.05, 0.0501, 1.0])
def test_the_usual_rate_stays_where_it_lies_below_the_bottom_and_not_far(usual: float) -> None:
    rates = np.geomspace(1e-4, 1, 41)
    losses = np.where(rates < 0.1, 2 - 10 * rates, 3.0)
    bottom = read_curve(rates.tolist(), losses.tolist(), usual, 1000).bottom
    assert bottom is not None
    assert read_curve(rates.tolist(), losses.tolist(), usual, 1000).pick == min(max(usual, bottom / LOW), bottom / HIGH)
    assert read_curve(rates.tolist(), losses.tolist(), bottom / 3, 1000).pick == bottom / 3


def test_where_the_loss_falls_no_further_than_noise_the_usual_rate_stays() -> None:
    kept = 0
    for seed in range(50):
        losses = 2.3 + 0.3 * np.random.default_rng(seed).standard_normal(30)
        kept += read_curve(np.geomspace(1e-4, 1, 30).tolist(), losses.tolist(), 0.01, 1000).pick == 0.01
    assert kept >= 45


def test_noise_moves_the_pick_little() -> None:
    clean, noisy = (read_curve(*quadratic([1.0], 1.0, noise=noise), 1.0, 1000).pick for noise in (0.0, 0.02))
    assert abs(np.log10(noisy / clean)) < 0.5


@pytest.mark.parametrize("losses", [[], [2.3], [2.3, 9.0], [2.3, np.inf, 1.0, 1.0, 1.0, 1.0], [np.nan] * 9])
def test_a_curve_that_ends_at_once_says_nothing(losses: list[float]) -> None:
    curve = read_curve(np.geomspace(1e-3, 1, len(losses)).tolist(), losses, 0.01, 100)
    assert (curve.bottom, curve.pick) == (None, 0.01)


def test_what_smooths_leaves_a_straight_line_and_the_ends_alone() -> None:
    assert smoothed(np.array([1.0, 2.0, 3.0, 9.0])) == pytest.approx([1, 2, 14 / 3, 9])


def test_a_range_test_ends_where_the_loss_explodes() -> None:
    rates, losses = range_test(made_bench(optimizer="sgd", rate=1000.0), np.geomspace(10, 3e4, 30).tolist())
    assert 1 < len(rates) < 30 and np.isfinite(losses).all()


def test_the_steps_are_taken_at_the_rates_that_are_named() -> None:
    rates, losses = range_test(made_bench(rate=1e-4), [1e-6, 3e-5, 2e-3])
    assert rates == pytest.approx([1e-6, 3e-5, 2e-3]) and len(losses) == 3


def test_the_first_rate_is_a_hundredth_of_the_usual_one_and_the_last_at_most_thirty_times() -> None:
    curve = measured(replace(RECIPE, rate=1e-4, epochs=200))
    assert curve.rates[0] == pytest.approx(1e-6) and curve.rates[-1] <= 1e-4 * 10 ** (DECADES - BELOW) * 1.001


def test_a_recipe_takes_the_pick_and_keeps_the_curve_also_as_json() -> None:
    pictures, target = made_pictures()
    recipe = with_measured_rate(replace(RECIPE, epochs=100), pictures[:LEARNED], target[:LEARNED], standard_of(pictures[:LEARNED], 1))
    assert recipe.rate_curve is not None and recipe.rate == recipe.rate_curve.pick
    assert Recipe.from_json(json.loads(json.dumps(recipe.to_json()))) == recipe


def test_the_same_seed_and_pictures_give_the_same_curve_and_another_seed_another_one() -> None:
    recipe = replace(RECIPE, epochs=100, dropout=0.5)
    first = measured(recipe)
    torch.rand(7)
    assert measured(recipe) == first != measured(replace(recipe, seed=1))


def test_measuring_leaves_torchs_random_numbers_alone() -> None:
    before = torch.random.get_rng_state()
    measured(replace(RECIPE, epochs=100, dropout=0.5))
    assert torch.equal(torch.random.get_rng_state(), before)


def test_at_most_a_twentieth_of_the_steps_is_spent() -> None:
    for epochs in (100, 200, 1000):
        curve = measured(replace(RECIPE, epochs=epochs))
        assert 0 < len(curve.rates) <= 0.05 * curve.steps


def test_a_training_too_short_keeps_the_usual_rate_and_says_so() -> None:
    curve = measured(replace(RECIPE, epochs=FEWEST // 4))
    assert curve.pick == RECIPE.rate and not curve.rates and "too short" in curve.finding
