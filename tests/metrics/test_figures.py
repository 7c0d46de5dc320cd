"""The figures against scikit-learn, and by hand where it has none."""

import numpy as np
import numpy.typing as npt
import pytest
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    balanced_accuracy_score,
    confusion_matrix,
    f1_score,
    log_loss,
    precision_recall_fscore_support,
    top_k_accuracy_score,
)

from vitreous.metrics.figures import Counts, among_first, answers, average_precision, average_precision_without, confusion, losses


def guesses(seed: int, count: int, classes: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.intp]]:
    rng = np.random.default_rng(seed)
    target = rng.integers(0, classes, count)
    logits = rng.normal(size=(count, classes))
    logits[np.arange(count), target] += 1.5
    odds = np.exp(logits)
    return odds / odds.sum(axis=1, keepdims=True), target


@pytest.mark.parametrize(("count", "classes"), [(300, 2), (300, 10), (2000, 70)])
def test_counts_give_the_figures_of_scikit_learn(count: int, classes: int) -> None:
    probability, target = guesses(0, count, classes)
    answer = answers(probability)
    table = confusion(target, answer, classes)
    counts = Counts.of(table)
    assert (table == confusion_matrix(target, answer, labels=range(classes))).all()
    precision, recall, f1, number = precision_recall_fscore_support(target, answer, labels=range(classes), zero_division=np.nan)
    np.testing.assert_allclose(counts.precision(), precision)
    np.testing.assert_allclose(counts.recall(), recall)
    np.testing.assert_allclose(counts.f1(), f1)
    assert counts.true.tolist() == number.tolist()
    assert counts.right.sum() / count == pytest.approx(accuracy_score(target, answer))
    assert counts.balanced_accuracy() == pytest.approx(balanced_accuracy_score(target, answer))
    assert counts.macro_f1() == pytest.approx(f1_score(target, answer, average="macro"))
    assert losses(probability, target).mean() == pytest.approx(log_loss(target, probability))


@pytest.mark.parametrize("digits", [1, 2, 15])
def test_average_precision_is_that_of_scikit_learn_also_with_ties(digits: int) -> None:
    probability, target = guesses(1, 400, 5)
    rounded = probability.round(digits)
    expected = [average_precision_score(target == k, rounded[:, k]) for k in range(5)]
    np.testing.assert_allclose(average_precision(rounded, target), expected)


@pytest.mark.parametrize("digits", [1, 2, 8])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_average_precision_without_a_picture_is_that_of_scikit_learn_on_the_others(digits: int, share: float) -> None:
    rng = np.random.default_rng(digits)
    for count in (3, 10, 40):
        positive = rng.random(count) < share
        positive[:2] = True
        scores = np.round(rng.random(count), digits)
        value, without = average_precision_without(scores, np.flatnonzero(positive))
        assert value == pytest.approx(average_precision_score(positive, scores), abs=1e-12)
        others = [np.arange(count) != left_out for left_out in range(count)]
        assert without == pytest.approx([average_precision_score(positive[kept], scores[kept]) for kept in others], abs=1e-12)


def test_without_the_only_picture_of_a_class_its_average_precision_is_left_as_it_is() -> None:
    value, without = average_precision_without(np.array([0.9, 0.5, 0.1]), np.array([1]))
    assert value == 0.5
    assert without.tolist() == [1.0, 0.5, 0.5]


def test_top_k_is_that_of_scikit_learn() -> None:
    probability, target = guesses(2, 400, 12)
    for k in (1, 3, 5):
        assert among_first(probability, target, k).mean() == pytest.approx(top_k_accuracy_score(target, probability, k=k))


def test_the_first_among_equals_is_the_answer_and_the_top_one() -> None:
    even = np.full((2, 4), 0.25)
    target = np.array([0, 1])
    assert answers(even).tolist() == [0, 0]
    assert among_first(even, target, 1).tolist() == [True, False]
    assert among_first(even, target, 2).tolist() == [True, True]


def test_a_certain_mistake_costs_sixteen_and_a_certain_hit_nothing() -> None:
    loss = losses(np.array([[1.0, 0.0], [1.0, 0.0]]), np.array([0, 1]))
    assert loss.tolist() == [0.0, pytest.approx(16.118, abs=1e-3)]
    assert not np.signbit(loss[0])


def test_an_absent_class_has_no_figures_and_does_not_count_in_the_means() -> None:
    counts = Counts.of(confusion(np.array([0, 0, 1]), np.array([0, 2, 1]), 4))
    assert np.isnan(counts.recall()).tolist() == [False, False, True, True]
    assert counts.balanced_accuracy() == 0.75
    assert counts.macro_f1() == pytest.approx((2 / 3 + 1) / 2)
    assert np.isnan(average_precision(np.eye(4)[[0, 2, 1]], np.array([0, 0, 1]))).tolist() == [False, False, True, True]
