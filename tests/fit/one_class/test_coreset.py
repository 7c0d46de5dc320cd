"""Greedy k-centre against its definition."""

import numpy as np

from vitreous.fit.one_class.coreset import coreset


def test_the_farthest_row_is_taken_next() -> None:
    rows = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)
    taken = [int(np.random.default_rng(5).integers(40))]
    while len(taken) < 9:
        taken.append(int(np.array([min(np.linalg.norm(row - rows[each]) for each in taken) for row in rows]).argmax()))
    assert coreset(rows, 9, 5).tolist() == sorted(taken)


def test_a_rare_row_stays_among_a_thousand_alike() -> None:
    rng = np.random.default_rng(0)
    rows = rng.normal(0, 0.01, (1000, 100)).astype(np.float32)
    rows[417] += 5
    assert 417 in coreset(rows, 5, 0)


def test_no_more_are_taken_than_there_are() -> None:
    assert coreset(np.zeros((3, 2), np.float32), 7, 0).tolist() == [0, 1, 2]


def test_rows_that_are_all_alike_are_one() -> None:
    assert len(coreset(np.ones((50, 4), np.float32), 10, 0)) <= 10
