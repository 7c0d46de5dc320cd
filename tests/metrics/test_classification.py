"""Everything together: what `evaluate` says, also about odd test sets."""

import json

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score, f1_score, log_loss

from vitreous.errors import DataError
from vitreous.metrics.classification import evaluate

FIGURES = ["accuracy", "balanced_accuracy", "macro_f1", "log_loss", "calibration_error", "top5_accuracy"]


def guesses(seed: int, count: int, classes: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    target = rng.integers(0, classes, count)
    odds = np.exp(rng.normal(size=(count, classes)) + 2 * np.eye(classes)[target])
    return odds / odds.sum(axis=1, keepdims=True), target


def names(classes: int) -> list[str]:
    return [f"class {k}" for k in range(classes)]


def test_the_figures_are_those_of_scikit_learn_and_lie_in_their_intervals() -> None:
    probability, target = guesses(0, 400, 8)
    scores = evaluate(probability, target, names(8))
    answer = probability.argmax(1)
    assert scores.accuracy == (answer == target).mean()
    assert scores.balanced_accuracy == pytest.approx(balanced_accuracy_score(target, answer))
    assert scores.macro_f1 == pytest.approx(f1_score(target, answer, average="macro"))
    assert scores.log_loss == pytest.approx(log_loss(target, probability))
    assert scores.top5 is not None
    json_form = scores.to_json()
    for figures in [json_form, *json_form["classes"]]:
        for name in [name for name in figures if f"{name}_interval" in figures]:
            low, high = figures[f"{name}_interval"]
            assert low <= figures[name] <= high
            assert high - low > 0.005


def test_the_json_form_has_these_keys_and_plain_values() -> None:
    probability, target = guesses(1, 60, 3)
    form = evaluate(probability.astype(np.float32), target, names(3)).to_json()
    expected = {"num_images", "classes", "confusion"} | set(FIGURES) | {f"{name}_interval" for name in FIGURES}
    assert set(form) == expected
    assert form["top5_accuracy"] is None
    assert form["top5_accuracy_interval"] is None
    assert set(form["classes"][0]) == {"label", "num_images"} | {
        name + end for name in ("precision", "recall", "f1", "average_precision") for end in ("", "_interval")
    }
    assert json.loads(json.dumps(form, allow_nan=False)) == form


def test_classes_that_do_not_occur_have_none_and_are_listed() -> None:
    probability, target = guesses(2, 100, 4)
    target[target == 2] = 1
    scores = evaluate(probability, target, names(4))
    assert scores.absent == ["class 2"]
    absent = scores.per_class[2]
    assert (absent.count, absent.recall, absent.precision, absent.f1, absent.average_precision_interval) == (0, None, None, None, None)
    json.dumps(scores.to_json(), allow_nan=False)


def test_a_class_that_is_never_answered_has_no_precision_and_an_f1_of_nothing() -> None:
    probability = np.tile([0.6, 0.4], (10, 1))
    scores = evaluate(probability, np.array([0, 1] * 5), names(2))
    assert (scores.per_class[1].precision, scores.per_class[1].recall, scores.per_class[1].f1) == (None, 0.0, 0.0)
    assert scores.balanced_accuracy == 0.5


@pytest.mark.parametrize("count", [1, 2, 30])
@pytest.mark.parametrize("classes", [1, 2, 7])
@pytest.mark.parametrize("right", ["all right", "all wrong"])
def test_certain_answers_on_one_class_give_finite_figures(count: int, classes: int, right: str) -> None:
    target = np.zeros(count, dtype=int)
    answer = 0 if right == "all right" else classes - 1
    scores = evaluate(np.eye(classes)[np.full(count, answer)], target, names(classes))
    json.dumps(scores.to_json(), allow_nan=False)
    assert scores.accuracy == float(answer == 0)
    assert scores.log_loss == (0.0 if answer == 0 else pytest.approx(-np.log(1e-7)))


def test_a_perfect_score_on_eight_pictures_is_not_taken_for_certainty() -> None:
    scores = evaluate(np.eye(2)[[0, 1] * 4], np.array([0, 1] * 4), names(2))
    for low, high in (scores.accuracy_interval, scores.balanced_accuracy_interval, scores.macro_f1_interval):
        assert 0.5 < low < 0.8
        assert high == 1.0
    assert scores.per_class[0].f1_interval is not None
    assert scores.per_class[0].f1_interval[0] < 0.7


def test_copies_make_every_interval_wider_and_the_method_says_so() -> None:
    probability, target = guesses(3, 100, 3)
    four = (np.repeat(probability, 4, axis=0), np.repeat(target, 4))
    each, grouped = evaluate(*four, names(3)), evaluate(*four, names(3), np.arange(400) // 4 * 7)
    assert "pictures" in each.method
    assert "the 400 come in 100 groups" in grouped.method
    for name in ("accuracy", "balanced_accuracy", "macro_f1", "log_loss", "calibration_error"):
        (low, high), (wide_low, wide_high) = (getattr(scores, f"{name}_interval") for scores in (each, grouped))
        assert wide_high - wide_low > 1.3 * (high - low), name


def test_the_same_seed_gives_the_same_scores() -> None:
    probability, target = guesses(4, 200, 5)
    assert evaluate(probability, target, names(5), seed=3).to_json() == evaluate(probability, target, names(5), seed=3).to_json()


@pytest.mark.parametrize(
    ("probability", "target", "says"),
    [
        (np.zeros((0, 2)), np.zeros(0, dtype=int), "no picture"),
        (np.full((2, 3), 0.3), np.array([0, 1]), "shape"),
        (np.full((2, 2), 0.5), np.array([0, 2]), "class numbers"),
        (np.full((2, 2), np.nan), np.array([0, 1]), "probabilities"),
        (np.full((2, 2), 1.5), np.array([0, 1]), "probabilities"),
    ],
)
def test_what_does_not_fit_is_refused(probability: np.ndarray, target: np.ndarray, says: str) -> None:
    with pytest.raises(DataError, match=says):
        evaluate(probability, target, names(2))
