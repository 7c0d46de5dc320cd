"""Steps worked out by hand."""

import numpy as np
import pytest

from vitreous.fit.small.optimizer import Arrays, Moments, adam_step
from vitreous.optim.rules import adamw


def test_adams_first_step_is_the_rate_against_the_sign_whatever_the_gradients_size() -> None:
    W, moments = {"w": np.array([1.0, 1.0])}, Moments()
    adam_step(W, {"w": np.array([1e-3, -1e3])}, moments, rate=0.01)
    np.testing.assert_allclose(W["w"], [0.99, 1.01], rtol=1e-6)


def test_decay_shrinks_matrices_apart_from_the_gradient_and_leaves_biases() -> None:
    W = {"matrix": np.ones((2, 2)), "bias": np.ones(2)}
    adam_step(W, {name: np.zeros_like(value) for name, value in W.items()}, Moments(), rate=0.1, decay=0.5)
    np.testing.assert_allclose(W["matrix"], 0.95)
    np.testing.assert_array_equal(W["bias"], 1)


def test_steps_change_the_arrays_themselves_in_their_own_precision() -> None:
    weight, g = np.ones((2, 2), np.float32), np.ones((2, 2), np.float32)
    for _ in range(2):
        adam_step({"w": weight}, {"w": g}, Moments(), rate=0.1, decay=0.1)
    assert weight.dtype == np.float32 and (weight < 1).all() and (g == 1).all()


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_a_hundred_steps_in_place_are_those_of_the_rule_to_the_last_bit(kind: type) -> None:
    random = np.random.default_rng(0)
    shapes = {"matrix": (7, 5), "kernel": (3, 2, 3, 3), "bias": (4,)}
    W: Arrays = {name: random.normal(size=shape).astype(kind) for name, shape in shapes.items()}
    ruled = {name: (value.copy(), np.zeros_like(value), np.zeros_like(value)) for name, value in W.items()}
    moments = Moments()
    for t in range(1, 101):
        gradients = {name: (random.normal(size=shape) * 10 ** random.uniform(-6, 3)).astype(kind) for name, shape in shapes.items()}
        adam_step(W, gradients, moments, rate=3e-3, decay=0.1)
        for name, (w, M, S) in ruled.items():
            ruled[name] = adamw(w, gradients[name], M, S, t, rate=3e-3, decay=0.1 if w.ndim > 1 else 0.0)
    for name, (w, M, S) in ruled.items():
        for ours, theirs in ((W[name], w), (moments.mean[name], M), (moments.square[name], S)):
            np.testing.assert_array_equal(ours, theirs, strict=True)
