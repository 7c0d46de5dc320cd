"""Planes through weights: the paper's normalization, worked out by hand; principal directions, against numpy's SVD; a quadratic, by its formula."""

from collections.abc import Mapping

import numpy as np
from numpy.testing import assert_allclose

from vitreous.inside.landscape.plane import filter_normalized, path_plane, principal, random_plane

# Two filters of 1 × 2 × 1 with lengths 5 and 13, a matrix of two neurons with lengths 2 and 0, a bias, and the two numbers of a norm.
CENTRE = {
    "conv": np.array([[[[3.0], [4.0]]], [[[5.0], [12.0]]]]),
    "linear": np.array([[0.0, 2.0], [0.0, 0.0]]),
    "bias": np.array([7.0, 8.0]),
    "norm.scale": np.array([1.0, 1.0]),
}
DIRECTION = {
    "conv": np.array([[[[0.0], [2.0]]], [[[6.0], [8.0]]]]),
    "linear": np.array([[3.0, 4.0], [3.0, 4.0]]),
    "bias": np.array([1.0, 1.0]),
    "norm.scale": np.array([1.0, 1.0]),
}


def test_every_filter_of_a_direction_gets_the_length_of_the_networks_own() -> None:
    found = filter_normalized(DIRECTION, CENTRE)
    # (0, 2) / 2 · 5 and (6, 8) / 10 · 13; (3, 4) / 5 · 2 and · 0
    assert_allclose(found["conv"].reshape(2, 2), [[0, 5], [7.8, 10.4]])
    assert_allclose(found["linear"], [[1.2, 1.6], [0, 0]])


def test_biases_and_norms_stay_where_they_are() -> None:
    plane = random_plane(CENTRE)
    at = plane.at(0.7, -0.3)
    assert (at["bias"] == CENTRE["bias"]).all() and (at["norm.scale"] == CENTRE["norm.scale"]).all()
    assert not np.allclose(at["conv"], CENTRE["conv"])


def test_a_direction_of_zeros_stays_zero() -> None:
    assert not filter_normalized({"W": np.zeros((2, 3))}, {"W": np.ones((2, 3))})["W"].any()


def test_the_same_seed_gives_the_same_plane_and_another_one_another() -> None:
    one, again, other = (random_plane(CENTRE, seed).first["conv"] for seed in (0, 0, 1))
    assert (one == again).all() and (one != other).any()


def test_on_a_quadratic_the_heights_are_those_of_its_closed_form() -> None:
    random = np.random.default_rng(0)
    A = random.normal(size=(14, 14))
    H, plane = A @ A.T, random_plane(CENTRE)

    def flat(weights: Mapping[str, np.ndarray]) -> np.ndarray:
        return np.concatenate([W.ravel() for W in weights.values()])

    def f(w: np.ndarray) -> float:
        return float(0.5 * w @ H @ w)

    H = H[:12, :12]
    w, d, e = flat(plane.centre), flat(plane.first), flat(plane.second)
    for alpha, beta in ((0.0, 0.0), (1.0, 0.0), (-0.4, 0.9)):
        closed = f(w) + alpha * (d @ H @ w) + beta * (e @ H @ w) + alpha**2 * f(d) + beta**2 * f(e) + alpha * beta * (d @ H @ e)
        assert_allclose(f(flat(plane.at(alpha, beta))), closed, rtol=1e-12)


def test_the_path_lies_on_the_plane_as_numpys_svd_has_it() -> None:
    random = np.random.default_rng(1)
    differences = random.normal(size=(9, 40)) * np.geomspace(5, 0.1, 40)
    places, components, shares = principal(differences)
    centred = differences - differences.mean(0)
    _, singular, V = np.linalg.svd(centred, full_matrices=False)
    for place in (0, 1):
        sign = np.sign(components[place] @ V[place])
        assert_allclose(components[place], sign * V[place], atol=1e-10)
        assert_allclose(places[:, place], sign * differences @ V[place], atol=1e-10)
        assert_allclose(shares[place], singular[place] ** 2 / (singular**2).sum(), rtol=1e-12)


def test_a_path_in_a_plane_is_held_completely_and_ends_at_its_centre() -> None:
    centre = {"W": np.ones((3, 2)), "b": np.zeros(3)}
    random = np.random.default_rng(2)
    one, two = ({"W": random.normal(size=(3, 2)), "b": random.normal(size=3)} for _ in range(2))
    path = [{name: centre[name] + s * one[name] + s**2 * two[name] for name in centre} for s in (3.0, 2.0, 1.0, 0.5, 0.0)]
    plane, trail = path_plane(path, centre)
    assert_allclose(sum(trail.shares), 1)
    assert_allclose(trail.places[-1], 0, atol=1e-6)
    for weights, (alpha, beta) in zip(path, trail.places, strict=True):
        assert_allclose(plane.at(alpha, beta)["W"], weights["W"], atol=1e-5)


def test_a_path_along_a_line_has_no_second_direction() -> None:
    differences = np.outer([3.0, 2.0, 1.0, 0.0], [1.0, 0.0, 2.0])
    places, components, shares = principal(differences)
    assert shares == (1.0, 0.0) or abs(shares[0] - 1) < 1e-12
    assert_allclose(places[:, 1], 0, atol=1e-12)
    assert not components[1].any()
