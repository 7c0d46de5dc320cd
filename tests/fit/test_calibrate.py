"""Temperature scaling against scipy's minimizer and against answers that were drawn at a known temperature."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vitreous.fit.calibrate import HIGHEST, LOWEST, calibrated_loss, temperature
from vitreous.fit.head import Floats, Ints
from vitreous.fit.softmax import log_loss, log_softmax


def drawn_at(known: float, count: int, seed: int = 0) -> tuple[Floats, Ints]:
    """Logits, and classes drawn with the probabilities softmax(logits / known)."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 2 * known, (count, 6)).astype(np.float32)
    probability = np.exp(log_softmax(logits / np.float32(known)))
    target = (probability.cumsum(1) < rng.random((count, 1))).sum(1).clip(0, 5)
    return logits, target.astype(np.intp)


@pytest.mark.parametrize("known", [0.4, 1.0, 1.7, 3.0])
def test_a_known_temperature_is_found_again(known: float) -> None:
    logits, target = drawn_at(known, 20_000)
    # 1/T has a standard error of 1 / √(N · variance of the chosen logit / T), which is below 1 % for 20,000 pictures with
    # logits of deviation 2 T: three of them
    assert temperature(logits, target) == pytest.approx(known, rel=0.03)


@pytest.mark.parametrize(("seed", "known"), [(0, 0.5), (1, 1.0), (2, 2.5)])
def test_it_is_the_best_temperature_that_scipy_finds(seed: int, known: float) -> None:
    from scipy.optimize import minimize_scalar

    logits, target = drawn_at(known, 400, seed)
    best = minimize_scalar(lambda t: float(log_loss(logits / np.float32(t), target).mean()), (LOWEST, HIGHEST), method="bounded", bounds=(0.2, 5))
    # the last grid is some thousandths wide; around its minimum the loss is flat
    assert temperature(logits, target) == pytest.approx(best.x, rel=0.01)
    assert calibrated_loss(logits, target) <= best.fun + 1e-4


@given(st.floats(0.6, 1.6))
@settings(max_examples=20, deadline=None)
def test_logits_that_are_larger_by_a_factor_have_a_temperature_larger_by_it(factor: float) -> None:
    logits, target = drawn_at(1.0, 500)
    assert temperature(logits * np.float32(factor), target) == pytest.approx(factor * temperature(logits, target), rel=0.02)


def test_the_more_the_answers_are_wrong_the_higher_the_temperature() -> None:
    logits, target = drawn_at(1.0, 2000)
    found = []
    for share in (0.0, 0.1, 0.2, 0.4):
        spoiled = target.copy()
        spoiled[: int(share * len(target))] = np.random.default_rng(0).integers(0, 6, int(share * len(target)))
        found.append(temperature(logits, spoiled))
    assert found == sorted(found) and found[0] < found[-1]


def test_no_temperature_changes_an_answer() -> None:
    logits, target = drawn_at(2.0, 500)
    assert np.array_equal((logits / np.float32(temperature(logits, target))).argmax(1), logits.argmax(1))


def test_it_stays_in_its_limits_where_the_pictures_are_separated_or_hopeless() -> None:
    target = np.array([0, 1, 2] * 20)
    right = np.eye(3, dtype=np.float32)[target]
    assert temperature(right, target) == pytest.approx(LOWEST, rel=0.02)
    assert temperature(right, (target + 1) % 3) == pytest.approx(HIGHEST, rel=0.02)


def test_without_a_picture_nothing_is_changed() -> None:
    assert temperature(np.empty((0, 3), np.float32), np.empty(0, np.intp)) == 1.0
