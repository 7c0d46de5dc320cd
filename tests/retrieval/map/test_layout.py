"""The layout against brute force and scikit-learn: forces, neighbours, how far neighbours stay neighbours."""

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE, trustworthiness
from sklearn.neighbors import NearestNeighbors

from vitreous.retrieval.map import neighbours
from vitreous.retrieval.map.layout import attraction, lay_out
from vitreous.retrieval.map.neighbours import directions, nearest
from vitreous.retrieval.map.page.order import along_a_curve
from vitreous.retrieval.map.repulsion import repulsion


def exact_repulsion(y: np.ndarray) -> np.ndarray:
    apart = y[:, None] - y[None]
    near = 1 / (1 + (apart**2).sum(axis=2))
    return (apart * near[:, :, None] ** 2).sum(axis=1) / (near.sum() - len(y))


@pytest.mark.parametrize("side", [3.0, 30.0, 120.0])
def test_the_repulsion_is_that_of_all_pairs_within_two_per_cent(side: float) -> None:
    # what cubic splines leave at nodes 0.4 apart
    y = np.random.default_rng(0).uniform(0, side, (400, 2)) * [1, 0.6]
    expected = exact_repulsion(y)
    assert np.linalg.norm(repulsion(y) - expected) < 0.02 * np.linalg.norm(expected)


def test_the_attraction_is_that_of_the_pairs() -> None:
    from scipy import sparse

    random = np.random.default_rng(0)
    y, weights = random.normal(0, 3, (40, 2)), np.triu(random.random((40, 40)) < 0.2, 1) * random.random((40, 40))
    weights = weights + weights.T
    apart = y[:, None] - y[None]
    expected = ((weights / (1 + (apart**2).sum(axis=2)))[:, :, None] * apart).sum(axis=1)
    assert np.allclose(attraction(sparse.csr_array(weights), y), expected)


def test_the_directions_are_the_principal_components_of_rows_of_length_one() -> None:
    X = np.abs(np.random.default_rng(0).normal(0, 1, (60, 20)) * np.arange(20, 0, -1)).astype(np.float32)
    expected = PCA(5, svd_solver="full").fit_transform(X / np.linalg.norm(X, axis=1, keepdims=True))
    found = directions(X, 5)
    signs = np.sign((found * expected).sum(axis=0))
    assert np.abs(found * signs - expected).max() < 1e-5  # float32


def test_very_many_features_have_the_same_directions_by_random_projections(monkeypatch: pytest.MonkeyPatch) -> None:
    X = (np.random.default_rng(0).normal(0, 1, (50, 8)) @ np.random.default_rng(1).normal(0, 1, (8, 300))).astype(np.float32)
    expected = nearest(directions(X, 6), 5)
    monkeypatch.setattr(neighbours, "_WIDE", 200)
    assert (nearest(directions(X, 6), 5).index == expected.index).mean() > 0.99


def test_the_neighbours_are_those_of_scikit_learn_block_by_block(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = np.random.default_rng(0).normal(0, 1, (137, 6)).astype(np.float32)
    monkeypatch.setattr(neighbours, "_BLOCK_BYTES", 4 * 137 * 10)
    told: list[tuple[int, int]] = []
    found = nearest(rows, 7, lambda done, total: told.append((done, total)))
    distance, index = NearestNeighbors(n_neighbors=8, algorithm="brute").fit(rows).kneighbors(rows)
    assert (found.index == index[:, 1:]).all() and np.abs(found.distance - distance[:, 1:]).max() < 1e-3
    assert told[-1] == (137, 137) and len(told) == 14


@pytest.mark.parametrize("count", [1, 2, 3, 10, 40])
def test_few_pictures_have_places_too(count: int) -> None:
    rows = directions(np.random.default_rng(0).random((count, 8)).astype(np.float32))
    near = nearest(rows, 15)
    y = lay_out(near.index, rows)
    assert (
        near.index.shape == (count, min(15, count - 1))
        and y.shape == (count, 2)
        and np.isfinite(y).all()
        and (count == 1 or np.ptp(y, axis=0).max() > 0.5)
    )


def test_equal_pictures_are_parted_by_noise_and_nothing_breaks() -> None:
    rows = directions(np.ones((30, 8), np.float32))
    y = lay_out(nearest(rows, 15).index, rows)
    assert np.isfinite(y).all() and np.ptp(y, axis=0).min() > 0.1


def test_the_same_seed_gives_the_same_map_and_another_one_nearly_so() -> None:
    rows = directions(np.random.default_rng(0).random((200, 16)).astype(np.float32))
    index = nearest(rows, 15).index
    assert (lay_out(index, rows, 3) == lay_out(index, rows, 3)).all() and (lay_out(index, rows, 3) != lay_out(index, rows, 4)).any()


@pytest.mark.slow
def test_neighbours_stay_neighbours_as_well_as_in_the_tsne_of_scikit_learn() -> None:
    X = load_digits().data[:900].astype(np.float32)
    rows = directions(X)
    ours = trustworthiness(X, lay_out(nearest(rows, 15).index, rows), n_neighbors=15)
    theirs = trustworthiness(X, TSNE(init="pca", random_state=0).fit_transform(X), n_neighbors=15)
    assert ours > theirs - 0.005 and ours > 0.97


def test_the_curve_visits_every_place_once_and_goes_from_neighbour_to_neighbour() -> None:
    side = 16
    places = np.array([(x, y) for x in range(side) for y in range(side)], np.float32)
    order = along_a_curve(places)
    steps = np.abs(np.diff(places[order], axis=0)).sum(axis=1)
    assert sorted(order.tolist()) == list(range(side * side))
    assert np.median(steps) == 1 and steps.mean() < 1.5  # cells of the curve and of the places do not fall together
