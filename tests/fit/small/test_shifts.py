import numpy as np
import pytest

from vitreous.fit.small.shifts import shifted


def test_every_picture_is_one_of_the_shifts_with_its_border_repeated() -> None:
    X = np.random.default_rng(0).random((60, 2, 5, 6))
    moved = shifted(X, 1, np.random.default_rng(1))
    seen = set()
    for before, after in zip(X, moved, strict=True):
        wide = np.pad(before, [(0, 0), (1, 1), (1, 1)], mode="edge")
        fits = [(i, j) for i in range(3) for j in range(3) if np.array_equal(wide[:, i : i + 5, j : j + 6], after)]
        assert len(fits) == 1
        seen.update(fits)
    assert len(seen) == 9


def test_no_shift_and_a_constant_picture_change_nothing() -> None:
    X = np.random.default_rng(0).random((3, 1, 4, 4))
    np.testing.assert_array_equal(shifted(X, 0, np.random.default_rng(0)), X)
    np.testing.assert_array_equal(shifted(np.full((3, 1, 4, 4), 0.3), 2, np.random.default_rng(0)), 0.3)


@pytest.mark.parametrize("most", [1, 2])
def test_the_same_seed_moves_alike(most: int) -> None:
    X = np.random.default_rng(0).random((9, 1, 4, 4))
    np.testing.assert_array_equal(shifted(X, most, np.random.default_rng(5)), shifted(X, most, np.random.default_rng(5)))
