""" "I don't know" for a stated error rate: whether the promise holds, by simulation of classifiers whose true error is known."""

from collections.abc import Callable

import numpy as np
import pytest

from vitreous.metrics.selective import confidence_threshold, least_error, needed_for_error

DRAWS = 400
Truth = Callable[[np.ndarray], np.ndarray]


def calibrated(confidence: np.ndarray) -> np.ndarray:
    return 1 - confidence


def too_sure(confidence: np.ndarray) -> np.ndarray:
    return np.minimum(1, 3 * (1 - confidence) + 0.02)


def wrong_where_it_is_surest(confidence: np.ndarray) -> np.ndarray:
    return np.where(confidence > 0.97, 0.08, np.where(confidence > 0.8, 0.01, 0.2))


def drawn(rng: np.random.Generator, count: int, wrong: Truth) -> tuple[np.ndarray, np.ndarray]:
    confidence = rng.beta(6, 0.7, count)
    return confidence, rng.random(count) < wrong(confidence)


def true_error(wrong: Truth) -> Callable[[float], float]:
    """Of a threshold, from two million pictures."""
    confidence = np.sort(np.random.default_rng(99).beta(6, 0.7, 2_000_000))
    below = np.concatenate([[0.0], np.cumsum(wrong(confidence))])

    def error(threshold: float) -> float:
        place = int(np.searchsorted(confidence, threshold))
        return float((below[-1] - below[place]) / (len(confidence) - place))

    return error


@pytest.mark.slow
@pytest.mark.parametrize(("count", "asked"), [(300, 0.05), (1500, 0.03), (1500, 0.1)])
@pytest.mark.parametrize("wrong", [calibrated, too_sure, wrong_where_it_is_surest])
def test_the_promised_error_holds_in_95_percent_of_draws(wrong: Truth, count: int, asked: float) -> None:
    rng, error = np.random.default_rng(count), true_error(wrong)
    found = [confidence_threshold(*drawn(rng, count, wrong), asked) for _ in range(DRAWS)]
    broken = np.mean([t is not None and error(t) > asked for t in found])
    # four standard errors of 0.05 over 400 draws
    assert broken <= 0.05 + 4 * np.sqrt(0.05 * 0.95 / DRAWS)


@pytest.mark.slow
def test_a_good_classifier_is_not_silenced() -> None:
    rng = np.random.default_rng(0)
    answered = []
    error = true_error(calibrated)
    for _ in range(50):
        confidence, wrong = drawn(rng, 1500, calibrated)
        threshold = confidence_threshold(confidence, wrong, 0.05)
        answered.append(0 if threshold is None else (confidence >= threshold).mean())
    allowed = min(t for t in np.arange(0, 1, 0.001) if error(t) <= 0.05)
    best = (rng.beta(6, 0.7, 200_000) >= allowed).mean()
    assert np.mean(answered) > 0.7 * best  # 1,500 pictures know an error rate to about a hundredth


def test_more_error_allowed_answers_more() -> None:
    confidence, wrong = drawn(np.random.default_rng(3), 2000, calibrated)
    thresholds = [confidence_threshold(confidence, wrong, e) for e in (0.03, 0.05, 0.08, 0.12, 0.5)]
    assert all(t is not None for t in thresholds) and thresholds == sorted(thresholds, reverse=True) and thresholds[-1] == 0


def test_the_best_that_can_be_promised_is_a_promise() -> None:
    confidence, wrong = drawn(np.random.default_rng(4), 500, calibrated)
    best = least_error(confidence, wrong)
    assert confidence_threshold(confidence, wrong, best) is not None and 0.01 < best < wrong.mean()


@pytest.mark.parametrize("asked", [0.1, 0.05, 0.01])
def test_so_many_answers_without_a_mistake_are_needed(asked: float) -> None:
    count = needed_for_error(asked)
    assert confidence_threshold(np.full(count, 0.5), np.zeros(count, bool), asked) == 0
    assert confidence_threshold(np.full(count - 1, 0.5), np.zeros(count - 1, bool), asked) is None


def test_nothing_promises_nothing_and_copies_count_once() -> None:
    assert confidence_threshold(np.zeros(0), np.zeros(0, bool), 0.5) is None and least_error(np.zeros(0), np.zeros(0, bool)) == 1
    confidence, wrong = drawn(np.random.default_rng(5), 400, calibrated)
    copies = [np.repeat(each, 3) for each in (confidence, wrong, np.arange(400))]
    for asked in (0.05, 0.1, 0.2):
        assert confidence_threshold(copies[0], copies[1], asked, copies[2]) == confidence_threshold(confidence, wrong, asked)
