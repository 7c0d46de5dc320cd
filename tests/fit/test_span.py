"""Fits in the span of few pictures are the fits in all their features."""

import numpy as np
import pytest

from vitreous.fit.head import Floats, Head, Ints
from vitreous.fit.softmax import fit_softmax
from vitreous.fit.span import is_wide, span_of


def clouds(count: int, width: int, seed: int = 0) -> tuple[Floats, Ints]:
    rng = np.random.default_rng(seed)
    target = rng.integers(0, 4, count)
    features = rng.normal(0, 3 / np.sqrt(width), (4, width))[target] + rng.normal(0, 1, (count, width))
    return features.astype(np.float32), target


def test_products_of_pictures_are_the_same_in_both() -> None:
    features, _ = clouds(40, 300)
    span = span_of(features)
    assert span
    # fp32 sums of 300 products, and a millionth of |x|² on the diagonal
    np.testing.assert_allclose(span.coordinates @ span.coordinates.T, features @ features.T, atol=2e-3)


def test_weights_go_there_and_back_as_far_as_the_pictures_see_them() -> None:
    features, _ = clouds(40, 300)
    span, weights = span_of(features), np.random.default_rng(1).normal(0, 1, (300, 4))
    assert span
    seen = span.back(span.into(weights))
    np.testing.assert_allclose(features @ seen, features @ weights, atol=2e-2)
    assert (np.linalg.norm(seen, axis=0) < np.linalg.norm(weights, axis=0)).all()


@pytest.mark.parametrize("start", [False, True])
def test_a_fit_there_answers_as_one_in_all_features(start: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    features, target = clouds(60, 400)
    asked, _ = clouds(50, 400, seed=1)
    head = Head(np.ones((4, 400), np.float32) / 50, np.zeros(4, np.float32)) if start else None
    assert is_wide(features)
    there = fit_softmax(features, target, 4, 0.01, head, 1e-6).logits(asked)
    monkeypatch.setattr("vitreous.fit.span.is_wide", lambda features: False)
    here = fit_softmax(features, target, 4, 0.01, head, 1e-6).logits(asked)
    np.testing.assert_allclose(there, here, atol=5e-3)  # both as near to the optimum as the tolerance says
    assert np.abs(here).max() > 0.5


def test_equal_pictures_and_pictures_of_nothing_are_no_obstacle() -> None:
    features, target = clouds(30, 200)
    features[10:20] = features[0]
    features[20:] = 0
    head = fit_softmax(features, target, 4, 0.1)
    assert np.isfinite(head.weight).all() and np.isfinite(head.bias).all()
    assert np.isfinite(fit_softmax(np.zeros((5, 50), np.float32), target[:5], 4, 0.1).weight).all()


def test_pictures_that_rounding_cannot_tell_apart_are_fitted_all_the_same() -> None:
    """Standardized features of photos: 1,501 of 2,992, of which some are nearly sums of others."""
    rng = np.random.default_rng(0)
    features = (rng.normal(0, 1, (700, 40)) @ rng.normal(0, 1, (40, 1500)) + rng.normal(0, 1e-3, (700, 1500))).astype(np.float32)
    target = rng.integers(0, 4, 700)
    head = fit_softmax(features, target, 4, 0.001)
    assert np.isfinite(head.weight).all()
