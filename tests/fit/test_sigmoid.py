"""Sigmoids fitted to several labels against scikit-learn's one-vs-rest logistic regression, and their calibration against scipy."""

import numpy as np
import pytest
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression

from vitreous.fit.link import Sigmoids
from vitreous.fit.objective import SIGMOIDS, stratum
from vitreous.fit.platt import PRIOR, platt
from vitreous.fit.sigmoid import binary_log_loss, fit_sigmoid, sigmoid


def made(count: int = 200, width: int = 6, labels: int = 3, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(count, width)).astype(np.float32)
    logits = features @ rng.normal(size=(width, labels)) - 1
    return features, (rng.random((count, labels)) < 1 / (1 + np.exp(-logits))).astype(np.float32)


@pytest.mark.parametrize("strength", [0.01, 1.0])
def test_each_label_is_the_logistic_regression_of_scikit_learn(strength: float) -> None:
    features, target = made()
    head = fit_sigmoid(features, target, 3, strength, tolerance=1e-7)
    for k in range(3):
        other = LogisticRegression(C=strength, tol=1e-8, max_iter=1000).fit(features, target[:, k])
        np.testing.assert_allclose(head.weight[k], other.coef_[0], atol=2e-3)  # fp32 sums over 200 pictures
        assert head.bias[k] == pytest.approx(other.intercept_[0], abs=2e-3)


def test_unknown_targets_add_nothing() -> None:
    features, target = made()
    hidden = target.copy()
    hidden[50:, 1] = np.nan
    head, alone = fit_sigmoid(features, hidden, 3, 0.1, tolerance=1e-7), fit_sigmoid(features[:50], target[:50], 3, 0.1, tolerance=1e-7)
    np.testing.assert_allclose(head.weight[1], alone.weight[1], atol=2e-3)


def test_a_label_that_all_have_or_none_or_of_which_nothing_is_known_says_the_same_of_every_picture() -> None:
    features, target = made()
    constant = np.c_[np.ones(200), np.zeros(200), np.full(200, np.nan), target].astype(np.float32)
    head = fit_sigmoid(features, constant, 6, 1.0)
    assert not head.weight[:3].any() and np.isfinite(head.bias).all()
    probability = sigmoid(head.bias[:3])
    assert probability[0] == pytest.approx(200.5 / 201, rel=1e-5) and probability[1] == pytest.approx(0.5 / 201, rel=1e-5) and probability[2] == 0.5
    np.testing.assert_allclose(head.weight[3:], fit_sigmoid(features, target, 3, 1.0).weight, atol=2e-2)


def test_the_loss_is_the_mean_over_what_is_known() -> None:
    logits, target = np.array([[2.0, -1.0], [0.0, 300.0], [5.0, 5.0]], np.float32), np.array([[1, np.nan], [0, 1], [np.nan, np.nan]], np.float32)
    np.testing.assert_allclose(binary_log_loss(logits, target), [np.log(1 + np.exp(-2)), np.log(2) / 2, 0], rtol=1e-6)


def test_sigmoids_do_not_overflow() -> None:
    np.testing.assert_array_equal(sigmoid(np.array([-1e4, 0, 1e4], np.float32)), [0, 0.5, 1])


def test_calibration_is_the_minimum_that_scipy_finds() -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 3, (80, 2)).astype(np.float32)
    target = (rng.random((80, 2)) < sigmoid(0.4 * logits - 0.5)).astype(np.float32)
    link = platt(logits, target)
    common = float(link.scale.mean())

    def loss(point: np.ndarray, k: int, shared: float) -> float:
        score = point[0] * logits[:, k] + point[1]
        return float(np.logaddexp(0, np.where(target[:, k] == 1, -score, score)).sum() + PRIOR / 2 * ((point[0] / shared - 1) ** 2 + point[1] ** 2))

    for k in range(2):
        best = min((minimize(loss, [common, 0], args=(k, shared)).fun for shared in (common,)), default=0)
        assert loss(np.array([link.scale[k], link.shift[k]]), k, common) == pytest.approx(best, rel=0.02)
    assert binary_log_loss(link.calibrated(logits), target).mean() < binary_log_loss(logits, target).mean()


def test_with_nothing_known_calibration_changes_nothing_and_with_few_pictures_little() -> None:
    logits = np.array([[1.0], [2.0]], np.float32)
    nothing = platt(logits, np.full((2, 1), np.nan, np.float32))
    assert nothing.scale.tolist() == [1] and nothing.shift.tolist() == [0]
    some = platt(logits, np.array([[1.0], [1.0]], np.float32))
    assert abs(some.shift[0]) < 0.5


def test_the_objective_of_several_labels_judges_by_what_calibration_leaves() -> None:
    features, target = made()
    logits = fit_sigmoid(features, target, 3, 1.0).logits(features)
    assert SIGMOIDS.calibrated_loss(5 * logits, target) == pytest.approx(SIGMOIDS.calibrated_loss(logits, target), abs=5e-3)
    assert isinstance(SIGMOIDS.link(logits, target), Sigmoids)


def test_the_stratum_of_a_picture_is_its_rarest_label() -> None:
    target = np.array([[1, 1, 0], [1, 0, 0], [0, 0, 0], [1, 0, np.nan]])
    assert stratum(target).tolist() == [1, 0, 3, 0] and stratum(np.array([2, 0])).tolist() == [2, 0]
