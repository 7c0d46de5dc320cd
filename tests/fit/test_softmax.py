"""The softmax head against scikit-learn's LogisticRegression, which minimizes the same loss by other code, in float64."""

import numpy as np
import pytest
from numpy.typing import NDArray

from vitreous.fit.head import Floats, Head, Ints
from vitreous.fit.softmax import TOLERANCE, fit_softmax, log_loss, log_softmax


def blobs(count: int, width: int, classes: int, seed: int = 0) -> tuple[Floats, Ints]:
    """Standardized features [N, D] of overlapping clouds, one a class, of uneven size."""
    rng = np.random.default_rng(seed)
    shares = np.arange(1, classes + 1) / np.arange(1, classes + 1).sum()
    target = rng.choice(classes, count, p=shares)
    features = rng.normal(0, 1, (classes, width))[target] * 0.7 + rng.normal(0, 1, (count, width))
    features = (features - features.mean(0)) / features.std(0)
    return features.astype(np.float32), target.astype(np.intp)


def objective(head: Head, features: Floats, target: Ints, strength: float) -> float:
    """The loss of the module's docstring, in float64, per picture."""
    logits = features.astype(np.float64) @ head.weight.T.astype(np.float64) + head.bias
    logits -= logits.max(1, keepdims=True)
    log_p = logits - np.log(np.exp(logits).sum(1, keepdims=True))
    return float((-log_p[np.arange(len(target)), target].sum() + np.square(head.weight.astype(np.float64)).sum() / (2 * strength)) / len(target))


@pytest.mark.parametrize("strength", [0.001, 0.3])
@pytest.mark.parametrize(("count", "width", "classes"), [(300, 20, 3), (120, 60, 7)])
def test_the_head_is_the_one_of_scikit_learn(strength: float, count: int, width: int, classes: int) -> None:
    from sklearn.linear_model import LogisticRegression

    features, target = blobs(count, width, classes)
    theirs = LogisticRegression(C=strength, tol=1e-10, max_iter=10_000).fit(features.astype(np.float64), target)
    exact = Head(theirs.coef_.astype(np.float32), theirs.intercept_.astype(np.float32))
    ours = fit_softmax(features, target, classes, strength)
    # The loss per picture curves by at least 1 / (N C) along each of the P weights: where no entry of the gradient exceeds t, it is
    # at most P t² N C / 2 above its minimum. 1e-7 is what fp32 loses in a mean of some hundred terms near 1.
    slack = exact.weight.size * TOLERANCE**2 * max(1.0, count * strength) / 2 + 1e-7
    least = objective(exact, features, target, strength)
    assert least - 1e-7 <= objective(ours, features, target, strength) <= least + slack
    # Near the minimum the excess is the mean of KL(p*, p) and more, which is at least half the squared difference (Pinsker).
    difference = np.exp(log_softmax(ours.logits(features))) - theirs.predict_proba(features.astype(np.float64))
    assert float(np.square(difference).max(1).mean()) <= 2 * slack


def test_with_a_small_tolerance_it_is_scikit_learns_to_five_digits() -> None:
    from sklearn.linear_model import LogisticRegression

    features, target = blobs(300, 20, 4)
    theirs = LogisticRegression(C=0.1, tol=1e-12, max_iter=10_000).fit(features.astype(np.float64), target)
    ours = fit_softmax(features, target, 4, 0.1, tolerance=1e-7)
    # the loss stops falling by more than 1e-9 of itself, so the weights are known to about its root
    np.testing.assert_allclose(ours.weight, theirs.coef_, atol=1e-4)
    np.testing.assert_allclose(ours.bias - ours.bias.mean(), theirs.intercept_ - theirs.intercept_.mean(), atol=1e-4)


def test_two_classes_are_logistic_regression_at_twice_the_strength() -> None:
    """With W₀ = −W₁ = w / 2 the penalty |W|² / 2C is |w|² / (2 · 2C): what scikit-learn fits for two classes with 2C."""
    from sklearn.linear_model import LogisticRegression

    features, target = blobs(200, 10, 2)
    theirs = LogisticRegression(C=2 * 0.05, tol=1e-12, max_iter=10_000).fit(features.astype(np.float64), target)
    ours = fit_softmax(features, target, 2, 0.05, tolerance=1e-7)
    np.testing.assert_allclose(ours.weight[1] - ours.weight[0], theirs.coef_[0], atol=2e-4)


def test_the_mean_probability_of_a_class_is_its_frequency() -> None:
    """The biases are not shrunk, so the loss's slope along each of them, N (mean p_k − frequency_k), is 0."""
    features, target = blobs(400, 15, 5)
    head = fit_softmax(features, target, 5, 0.01)
    probability = np.exp(log_softmax(head.logits(features)))
    np.testing.assert_allclose(probability.mean(0), np.bincount(target) / len(target), atol=2 * TOLERANCE)


def test_at_the_head_the_loss_is_flat_by_finite_differences() -> None:
    features, target = blobs(150, 8, 3)
    head = fit_softmax(features, target, 3, 0.1)
    rng, step = np.random.default_rng(1), 1e-3
    for _ in range(20):
        turn: NDArray[np.float64] = rng.normal(size=head.weight.shape)
        turn /= np.abs(turn).sum()  # so that the slope along it is at most the gradient's largest entry

        def at(times: float, turn: NDArray[np.float64] = turn) -> float:
            return objective(Head((head.weight + times * turn).astype(np.float32), head.bias), features, target, 0.1)

        slope = (at(step) - at(-step)) / (2 * step)
        # fp32 weights are known to 6e-8 of themselves, a thousandth of the step
        assert abs(slope) <= 2 * TOLERANCE


def test_a_warm_start_ends_at_the_same_head() -> None:
    features, target = blobs(300, 20, 4)
    cold = fit_softmax(features, target, 4, 0.03, tolerance=1e-6)
    warm = fit_softmax(features, target, 4, 0.03, start=fit_softmax(features, target, 4, 0.01), tolerance=1e-6)
    np.testing.assert_allclose(np.exp(log_softmax(warm.logits(features))), np.exp(log_softmax(cold.logits(features))), atol=1e-3)


def test_many_pictures_are_multiplied_in_blocks_with_the_same_result(monkeypatch: pytest.MonkeyPatch) -> None:
    features, target = blobs(200, 10, 3)
    whole = fit_softmax(features, target, 3, 0.1)
    monkeypatch.setattr("vitreous.fit.descent.BLOCK_VALUES", 3 * 64)
    np.testing.assert_allclose(fit_softmax(features, target, 3, 0.1).weight, whole.weight, atol=1e-3)


def test_the_same_arguments_give_the_same_head_bit_for_bit() -> None:
    features, target = blobs(300, 40, 5)
    first, second = (fit_softmax(features, target, 5, 0.1) for _ in range(2))
    assert np.array_equal(first.weight, second.weight) and np.array_equal(first.bias, second.bias)


def test_a_class_without_a_picture_becomes_improbable_and_nothing_else_happens() -> None:
    features, target = blobs(100, 5, 3)
    probability = np.exp(log_softmax(fit_softmax(features, target, 4, 0.1).logits(features)))
    assert np.isfinite(probability).all() and probability[:, 3].max() < 0.01


def test_log_softmax_is_scipys_also_where_exponentials_overflow() -> None:
    from scipy.special import log_softmax as theirs

    logits = np.array([[1e4, -1e4, 0], [0, 0, 0], [-1e4, -1e4, -1e4 - 1], [3, 1, 2]], np.float32)
    np.testing.assert_allclose(log_softmax(logits), theirs(logits.astype(np.float64), axis=1), rtol=1e-6)


def test_log_loss_of_an_even_answer_is_the_logarithm_of_the_classes() -> None:
    np.testing.assert_allclose(log_loss(np.zeros((3, 8), np.float32), np.array([0, 3, 7])), np.log(8), rtol=1e-6)
