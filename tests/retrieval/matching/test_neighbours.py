"""Mutual nearest neighbours against a search by hand, whitening against what it promises."""

import numpy as np

from vitreous.retrieval.matching.neighbours import mutual, whitening


def test_mutual_neighbours_are_those_of_a_search_one_by_one() -> None:
    rng = np.random.default_rng(0)
    A, B = (rng.normal(size=(count, 6)).astype(np.float32) for count in (40, 55))
    i, j = mutual(A, B)
    expected = []
    for a in range(40):
        b = max(range(55), key=lambda b: float(A[a] @ B[b]))
        if max(range(40), key=lambda a2: float(A[a2] @ B[b])) == a:
            expected.append((a, b))
    assert list(zip(i.tolist(), j.tolist(), strict=True)) == expected


def test_whitened_cells_have_no_mean_and_nearly_the_same_spread_in_every_direction() -> None:
    rng = np.random.default_rng(1)
    cells = (rng.normal(size=(4000, 5)) @ rng.normal(size=(5, 5)) + 9).astype(np.float32)
    white = whitening(cells)
    x = (cells - white.mean) @ white.matrix
    assert np.abs(x.mean(0)).max() < 1e-2 and np.linalg.eigvalsh(np.cov(x.T)).min() > 0.2 and np.linalg.eigvalsh(np.cov(x.T)).max() < 1.01
    assert np.allclose(np.linalg.norm(white.directions(cells), axis=1), 1, atol=1e-5)


def test_cells_that_are_all_alike_give_numbers() -> None:
    white = whitening(np.ones((5, 3), np.float32), np.ones((7, 3), np.float32))
    assert np.isfinite(white.directions(np.ones((4, 3), np.float32))).all()
