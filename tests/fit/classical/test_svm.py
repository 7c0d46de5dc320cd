"""The support vector machines against their own conditions, written out in numpy, and as the probe uses them."""

import numpy as np
import pytest
from numpy.typing import NDArray

from vitreous.fit.classical import SVM_STRENGTHS, fit_svm
from vitreous.fit.classical.svm import descended
from vitreous.fit.head import Floats, Head, Ints

Numbers = NDArray[np.float64]


def clouds(count: int, width: int, classes: int, seed: int = 0) -> tuple[Floats, Ints]:
    random = np.random.default_rng(seed)
    target = random.integers(0, classes, count)
    features = random.normal(0, 1, (classes, width))[target] + random.normal(0, 1, (count, width))
    return ((features - features.mean(0)) / features.std(0)).astype(np.float32), target.astype(np.intp)


def slopes(head: Head, features: Floats, target: Ints, number: int, strength: float) -> Numbers:
    """The gradient of the module docstring's loss of one class, in w and then b."""
    sign = np.where(target == number, 1.0, -1.0)
    extended = np.concatenate([features, np.ones((len(features), 1))], 1).astype(np.float64)
    solution = np.append(head.weight[number], head.bias[number]).astype(np.float64)
    missing = np.maximum(0, 1 - sign * (extended @ solution))
    found: Numbers = solution - 2 * strength * (missing * sign) @ extended
    return found


@pytest.mark.parametrize(("count", "width", "classes"), [(200, 15, 3), (60, 150, 4), (150, 12, 2)])
def test_at_the_solution_the_loss_of_every_class_is_flat(count: int, width: int, classes: int) -> None:
    features, target = clouds(count, width, classes)
    head = fit_svm(features, target, classes, 0.01, tolerance=1e-8)
    assert head.weight.shape == (classes, width) and head.weight.dtype == np.float32
    for number in range(classes):
        # weights below 1 are kept in fp32, and the loss curves by at most 1 + 2 C Σ |x|²
        curve = 1 + 0.02 * float(np.square(features).sum() + count)
        assert np.abs(slopes(head, features, target, number, 0.01)).max() < 1e-7 * curve


def test_a_weight_that_is_off_by_a_hundredth_would_be_noticed() -> None:
    features, target = clouds(200, 15, 3)
    head = fit_svm(features, target, 3, 0.01, tolerance=1e-8)
    moved = Head(head.weight + np.float32(0.01), head.bias)
    assert np.abs(slopes(moved, features, target, 0, 0.01)).max() > 1e-7 * (1 + 0.02 * 3200)


def test_in_the_span_of_few_pictures_it_is_scikit_learns_solution() -> None:
    from sklearn.svm import LinearSVC

    features, target = clouds(60, 150, 4)
    features[1] = features[0]  # a copy: the products have no inverse
    for strength in (1e-4, 0.1):
        theirs = LinearSVC(C=strength, tol=1e-10, dual=True, max_iter=100_000, random_state=0).fit(features.astype(np.float64), target)
        ours = fit_svm(features, target, 4, strength, tolerance=1e-10)
        # products of 150 terms and weights in fp32
        np.testing.assert_allclose(ours.weight, theirs.coef_, atol=1e-5 * np.abs(theirs.coef_).max())
        np.testing.assert_allclose(ours.bias, theirs.intercept_, atol=1e-5)


@pytest.mark.parametrize("classes", [2, 5])
def test_many_pictures_descend_to_scikit_learns_solution(classes: int) -> None:
    from sklearn.svm import LinearSVC

    features, target = clouds(600, 40, classes)
    theirs = LinearSVC(C=0.01, tol=1e-10, dual=True, max_iter=100_000, random_state=0).fit(features.astype(np.float64), target)
    ours = descended(features, target, classes + 1, 0.01, tolerance=1e-7)
    weight = theirs.coef_ if classes > 2 else np.concatenate([-theirs.coef_, theirs.coef_])
    np.testing.assert_allclose(ours.weight[:classes], weight, atol=1e-4)  # sums of 600 in fp32
    assert not ours.weight[classes].any() and ours.bias[classes] == -1  # a class without pictures
    again = descended(features, target, classes + 1, 0.01, start=ours)
    np.testing.assert_allclose(again.weight, ours.weight, atol=1e-3)


def test_features_that_are_all_zero_give_the_frequent_class() -> None:
    head = fit_svm(np.zeros((6, 19), np.float32), np.array([0, 0, 0, 0, 1, 2]), 3, 1.0)
    assert not head.weight.any() and head.logits(np.zeros((1, 19), np.float32)).argmax() == 0


def test_two_classes_are_one_machine_and_its_mirror_image() -> None:
    features, target = clouds(150, 12, 2)
    head = fit_svm(features, target, 2, 0.01)
    np.testing.assert_array_equal(head.weight[0], -head.weight[1])
    assert (head.logits(features).argmax(1) == target).mean() > 0.9


def test_classes_without_pictures_are_never_the_answer_and_nothing_else_changes() -> None:
    features, target = clouds(150, 12, 3)
    some = fit_svm(features, np.array([0, 2, 4])[target], 5, 0.01)
    np.testing.assert_array_equal(some.weight[[0, 2, 4]], fit_svm(features, target, 3, 0.01).weight)
    assert not some.weight[[1, 3]].any() and (some.bias[[1, 3]] == -1).all()


def test_two_of_three_classes_keep_their_places() -> None:
    features, target = clouds(150, 12, 2)
    head = fit_svm(features, np.array([1, 2])[target], 3, 0.01)
    assert (head.logits(features).argmax(1) == np.array([1, 2])[target]).mean() > 0.9


def test_one_class_alone_is_always_the_answer() -> None:
    features, _ = clouds(20, 5, 2)
    head = fit_svm(features, np.full(20, 1, np.intp), 3, 0.01)
    assert (head.logits(features).argmax(1) == 1).all()


def test_a_fit_that_does_not_converge_is_taken_without_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vitreous.fit.classical.svm._MOST_PASSES", 2)
    features, target = clouds(60, 150, 3)
    assert np.isfinite(fit_svm(features, target, 3, 10.0, tolerance=1e-9).weight).all()


def test_classes_of_a_picture_or_two_are_classes_without_a_warning() -> None:
    features, target = clouds(24, 150, 20)
    assert fit_svm(features, target, 20, 0.001).weight.shape == (20, 150)


def test_the_same_arguments_give_the_same_head_bit_for_bit() -> None:
    features, target = clouds(60, 150, 4)
    first, second = (fit_svm(features, target, 4, 0.001) for _ in range(2))
    np.testing.assert_array_equal(first.weight, second.weight)


def test_strengths_go_from_strong_shrinking_to_weak() -> None:
    assert list(SVM_STRENGTHS) == sorted(SVM_STRENGTHS)
