"""Sets with a promise: against the definition by brute force, and the promise by drawing."""

import math

import numpy as np
import pytest

from vitreous.errors import DataError, UsageError
from vitreous.trust.unknown.conformal import needed, thresholds, thresholds_per_class


def drawn(rng: np.random.Generator, count: int, classes: int = 4) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities that are wrong about how sure they are, and classes."""
    logits = rng.normal(size=(count, classes))
    target = np.array([rng.choice(classes, p=np.exp(row) / np.exp(row).sum()) for row in 0.7 * logits])
    probability = np.exp(2 * logits)
    return (probability / probability.sum(1, keepdims=True)).astype(np.float32), target


@pytest.mark.parametrize("coverage", [0.5, 0.8, 0.9, 0.95])
def test_the_threshold_is_the_kth_largest_probability_of_a_true_class(coverage: float) -> None:
    probability, target = drawn(np.random.default_rng(0), 57)
    own = sorted((float(row[k]) for row, k in zip(probability, target, strict=True)), reverse=True)
    found = thresholds(probability, target, coverage)
    assert found.probability.tolist() == [own[math.ceil(58 * coverage) - 1]] * 4


def test_what_was_promised_is_kept_over_draws_by_a_model_that_is_far_too_sure() -> None:
    rng = np.random.default_rng(1)
    shares = []
    for _ in range(300):
        (known, truth), (new, target) = drawn(rng, 99), drawn(rng, 99)
        shares.append(thresholds(known, truth, 0.9).sets(new)[np.arange(99), target].mean())
    assert np.mean(shares) == pytest.approx(0.9, abs=4 * np.std(shares) / math.sqrt(300))


def test_a_promise_for_each_class_is_kept_for_each_class() -> None:
    rng = np.random.default_rng(2)
    hits, counts = np.zeros(4), np.zeros(4)
    for _ in range(100):
        (known, truth), (new, target) = drawn(rng, 240), drawn(rng, 240)
        inside = thresholds_per_class(known, truth, 0.8, list("abcd")).sets(new)[np.arange(240), target]
        hits += np.bincount(target, inside, minlength=4)
        counts += np.bincount(target, minlength=4)
    assert (hits / counts > 0.8 - 0.02).all() and (hits / counts < 0.8 + 0.04).all()


@pytest.mark.parametrize("coverage", [0.5, 0.9, 0.95, 0.99, 0.9999])
def test_as_many_pictures_are_needed_as_give_a_rank(coverage: float) -> None:
    count = needed(coverage)
    assert math.ceil((count + 1) * coverage - 1e-9) <= count
    assert count == 1 or math.ceil(count * coverage - 1e-9) > count - 1


@pytest.mark.parametrize("coverage", [0.0, 1.0, -0.1, 1.5, math.nan, math.inf])
def test_what_is_no_share_between_0_and_1_is_refused(coverage: float) -> None:
    with pytest.raises(UsageError, match="above 0 and below 1"):
        thresholds(*drawn(np.random.default_rng(0), 50), coverage)


def test_too_few_pictures_are_refused_with_how_many_are_needed_and_what_they_can_promise() -> None:
    with pytest.raises(DataError, match=r"99.99 %.*50 pictures.*9,999 are needed; with these 98 % can be promised"):
        thresholds(*drawn(np.random.default_rng(0), 50), 0.9999)


def test_a_class_with_two_pictures_is_named_where_a_promise_for_each_class_is_asked() -> None:
    probability, target = drawn(np.random.default_rng(0), 80)
    target[target == 2] = 1
    target[:2] = 2
    with pytest.raises(DataError, match=r"'c' has 2 pictures.*19 are needed of each; with these 66.6 %"):
        thresholds_per_class(probability, target, 0.95, list("abcd"))
    assert thresholds(probability, target, 0.95).pictures.tolist() == [80] * 4
