"""Surfaces from Chebyshev points: exact for polynomials, held to the network where it is smooth, refused where it is not."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from vitreous.inside.landscape.losses import Floats, losses
from vitreous.inside.landscape.plane import Plane
from vitreous.inside.landscape.program import Program, at_points, summed
from vitreous.inside.landscape.smooth import chebyshev, interpolated, interpolation, is_smooth, summed_where_smooth
from vitreous.layers.operators import Node

AXIS = np.linspace(-1, 1, 41)


def small(kind: str) -> tuple[Program, Plane, np.ndarray, np.ndarray]:
    """Six inputs, ten units of a kind, three classes."""
    random = np.random.default_rng(0)
    weights = {name: random.normal(0, 0.5, shape).astype(np.float32) for name, shape in (("A", (10, 6)), ("a", (10,)), ("B", (3, 10)), ("b", (3,)))}
    nodes = [
        Node("hidden", "Gemm", ("x", "A", "a"), ("h",), {"transB": 1}),
        Node("unit", kind, ("h",), ("u",), {}),
        Node("head", "Gemm", ("u", "B", "b"), ("logits",), {"transB": 1}),
    ]
    first, second = ({name: random.normal(0, 0.5, W.shape).astype(np.float32) for name, W in weights.items()} for _ in range(2))
    X, y = random.normal(size=(7, 6)).astype(np.float32), random.integers(0, 3, 7)
    return Program(nodes, {}, weights, "x", []), Plane(weights, first, second), X, y


def surface(kind: str) -> tuple[tuple[Floats, int, float] | None, Floats]:
    program, plane, X, y = small(kind)

    def at(alphas: np.ndarray, betas: np.ndarray, told: object) -> np.ndarray:
        return np.stack([found for _, _, found in at_points(program, plane, alphas, betas, X)]).reshape(len(betas), len(alphas), len(X), 3)

    return summed_where_smooth(at, AXIS, AXIS, y, 1, lambda done: None), summed(program, plane, AXIS, AXIS, X, y)


def test_through_chebyshev_points_a_polynomial_goes_exactly() -> None:
    nodes, at = chebyshev(9, -2.0, 5.0), np.linspace(-2, 5, 23)
    random = np.random.default_rng(0)
    polynomial = np.polynomial.Polynomial(random.normal(size=9))
    assert_allclose(interpolation(nodes, at) @ polynomial(nodes), polynomial(at), rtol=1e-9)
    assert (interpolation(nodes, nodes) == np.eye(9)).all()


def test_a_smooth_network_is_the_same_between_chebyshev_points() -> None:
    found, expected = surface("Tanh")
    assert found is not None
    sums, nodes, difference = found
    assert nodes in (17, 25, 33) and difference <= 2e-6
    assert_allclose(sums, expected, atol=7 * 1e-5)


def test_a_network_with_kinks_is_found_out() -> None:
    found, _ = surface("Relu")
    assert found is None
    assert is_smooth(small("Tanh")[0]) and not is_smooth(small("Relu")[0])


@pytest.mark.parametrize("several", [False, True])
def test_the_loss_between_is_that_of_the_logits_there(several: bool) -> None:
    random = np.random.default_rng(0)
    target = random.integers(0, 2, (4, 3)).astype(np.float32) if several else random.integers(0, 3, 4)
    slopes, alphas, betas = random.normal(size=(3, 4, 3)), np.linspace(-1, 1, 5), np.linspace(0, 3, 7)

    def logits_at(alpha: float, beta: float) -> np.ndarray:
        return slopes[0] + alpha * slopes[1] + beta**2 * slopes[2]

    nodes = np.array([[logits_at(a, b) for a in chebyshev(5, -1, 1)] for b in chebyshev(5, 0, 3)]).astype(np.float32)
    expected = [[losses(logits_at(a, b), target).sum() for a in alphas] for b in betas]
    assert_allclose(interpolated(nodes, alphas, betas, target, 2), expected, rtol=1e-5)
