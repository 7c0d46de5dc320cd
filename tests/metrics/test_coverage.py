"""Do the intervals hold the truth as often as they say? Simulated test sets from classifiers whose true figures are known."""

import numpy as np
import pytest

from vitreous.metrics.classification import Scores, evaluate

DRAWS = 300
NAMES = ("accuracy", "balanced_accuracy", "macro_f1", "log_loss", "calibration_error")


def sample(rng: np.random.Generator, count: int, classes: int, sharpness: float, copies: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A classifier that is too sure of itself, on unevenly frequent classes; pictures come in `copies` that share most of their noise."""
    prior = np.linspace(1, 4, classes)
    target = np.repeat(rng.choice(classes, count // copies, p=prior / prior.sum()), copies)
    shared = np.repeat(rng.normal(size=(count // copies, classes)), copies, axis=0)
    logits = shared if copies == 1 else 0.9 * shared + 0.436 * rng.normal(size=shared.shape)
    odds = np.exp(1.5 * (logits + sharpness * np.eye(classes)[target]))
    return odds / odds.sum(axis=1, keepdims=True), target, np.arange(count) // copies


@pytest.fixture(scope="module")
def coverage() -> dict[tuple[int, int, float, int], dict[str, float]]:
    return {}


SITUATIONS = [(300, 10, 3.0, 1), (120, 3, 2.0, 1), (300, 5, 2.5, 3)]


@pytest.mark.slow
@pytest.mark.parametrize(("count", "classes", "sharpness", "copies"), SITUATIONS)
def test_intervals_hold_the_truth_in_about_95_percent(count: int, classes: int, sharpness: float, copies: int) -> None:
    rng = np.random.default_rng(count + classes)
    labels = [str(k) for k in range(classes)]
    truth = evaluate(*sample(rng, 300_000, classes, sharpness, copies)[:2], labels)
    scores = [
        evaluate(probability, target, labels, group, seed)
        for seed, (probability, target, group) in enumerate(sample(rng, count, classes, sharpness, copies) for _ in range(DRAWS))
    ]
    held = {name: np.mean([holds(each, truth, name) for each in scores]) for name in NAMES}
    per_class = {
        name: np.mean([holds_per_class(each, truth, name) for each in scores]) for name in ("precision", "recall", "f1", "average_precision")
    }
    # 300 draws of a 95 % interval lie within 0.92 and 0.98 in 99 of 100 cases.
    assert 0.92 <= held["accuracy"] <= 0.98
    # The wider of two may hold it more often, never less.
    for name in NAMES[1:]:
        assert held[name] >= 0.92, held
    assert held["macro_f1"] <= 0.985, held
    assert held["calibration_error"] <= 0.985, held
    assert all(0.92 <= share <= 0.98 for share in per_class.values()), per_class


def holds(scores: Scores, truth: Scores, name: str) -> bool:
    low, high = getattr(scores, f"{name}_interval")
    return bool(low <= getattr(truth, name) <= high)


def holds_per_class(scores: Scores, truth: Scores, name: str) -> float:
    pairs = [(getattr(own, f"{name}_interval"), getattr(true, name)) for own, true in zip(scores.per_class, truth.per_class, strict=True)]
    return float(np.mean([interval[0] <= value <= interval[1] for interval, value in pairs if interval is not None]))
