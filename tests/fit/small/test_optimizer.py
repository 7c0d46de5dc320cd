"""Steps worked out by hand."""

import numpy as np
import pytest

from vitreous.fit.small.optimizer import Arrays, Moments, adam_step, sgd_step


def test_momentum_adds_what_was_done_before() -> None:
    W, V = {"w": np.array([1.0])}, Arrays()
    sgd_step(W, {"w": np.array([2.0])}, V, rate=0.1, momentum=0.5)
    assert W["w"] == pytest.approx(0.8)
    sgd_step(W, {"w": np.array([2.0])}, V, rate=0.1, momentum=0.5)  # velocity 0.5 · 2 + 2
    assert W["w"] == pytest.approx(0.5)


def test_adams_first_step_is_the_rate_against_the_sign_whatever_the_gradients_size() -> None:
    W, moments = {"w": np.array([1.0, 1.0])}, Moments()
    adam_step(W, {"w": np.array([1e-3, -1e3])}, moments, rate=0.01)
    np.testing.assert_allclose(W["w"], [0.99, 1.01], rtol=1e-6)


def test_decay_shrinks_matrices_apart_from_the_gradient_and_leaves_biases() -> None:
    for step in (
        lambda W, g: sgd_step(W, g, {}, rate=0.1, decay=0.5),
        lambda W, g: adam_step(W, g, Moments(), rate=0.1, decay=0.5),
    ):
        W = {"matrix": np.ones((2, 2)), "bias": np.ones(2)}
        step(W, {name: np.zeros_like(value) for name, value in W.items()})
        np.testing.assert_allclose(W["matrix"], 0.95)
        np.testing.assert_array_equal(W["bias"], 1)


def test_steps_change_the_arrays_themselves_in_their_own_precision() -> None:
    weight = np.ones((2, 2), np.float32)
    for _ in range(2):
        adam_step({"w": weight}, {"w": np.ones((2, 2), np.float32)}, Moments(), rate=0.1, decay=0.1)
        sgd_step({"w": weight}, {"w": np.ones((2, 2), np.float32)}, {}, rate=0.1)
    assert weight.dtype == np.float32 and (weight < 1).all()


def test_the_gradient_given_stays_as_it_was() -> None:
    g, V = np.array([1.0]), Arrays()
    for _ in range(3):
        sgd_step({"w": np.array([1.0])}, {"w": g}, V, rate=0.1)
    assert g == 1
