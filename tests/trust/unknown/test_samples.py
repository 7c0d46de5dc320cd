"""Tests of two samples: against brute force and scipy, their false alarms, and what they find."""

import numpy as np
import pytest

from vitreous.trust.unknown.samples import energy_test, holm, kinds_test, least_shift, numbers_test


def test_the_energy_distance_is_that_of_its_definition() -> None:
    rng = np.random.default_rng(0)
    old, new = rng.normal(size=(7, 3)).astype(np.float32), rng.normal(1, 2, size=(5, 3)).astype(np.float32)
    pooled = np.concatenate([old, new])
    x, y = ((each - pooled.mean(0)) / pooled.std(0) for each in (old, new))

    def mean(one: np.ndarray, other: np.ndarray) -> float:
        return float(np.mean([[np.linalg.norm(a - b) for b in other] for a in one]))

    found = energy_test(old, new, np.random.default_rng(0))
    assert found.statistic == pytest.approx(2 * mean(x, y) - mean(x, x) - mean(y, y), rel=1e-4)  # fp32 sums of 12 rows
    assert found.witness == pytest.approx([mean([row], x) - mean([row], y) for row in np.concatenate([x, y])], rel=1e-3, abs=1e-5)


def test_one_distribution_gives_no_more_alarms_than_stated() -> None:
    rng = np.random.default_rng(0)
    alarms = sum(energy_test(*np.split(rng.normal(size=(40, 5)).astype(np.float32), [30]), rng).p <= 0.1 for _ in range(100))
    assert alarms <= 19  # of 100 at 10 %: more in 1 of 500 cases


def test_a_shift_is_found_and_the_shifted_rows_are_the_strange_ones() -> None:
    rng = np.random.default_rng(0)
    old, new = rng.normal(size=(60, 4)).astype(np.float32), rng.normal(2, 1, size=(30, 4)).astype(np.float32)
    found = energy_test(old, new, rng)
    assert found.p < 0.001 and found.witness[60:].mean() > found.witness[:60].mean()


def test_rows_that_are_all_alike_do_not_differ() -> None:
    assert energy_test(np.ones((6, 3), np.float32), np.ones((4, 3), np.float32), np.random.default_rng(0)).p == 1


def test_counts_are_judged_as_by_the_exact_test_of_fisher() -> None:
    from scipy.stats import fisher_exact

    old, new = np.repeat([0, 1], [30, 5]), np.repeat([0, 1], [10, 12])
    p = kinds_test(old, new, np.random.default_rng(0))
    assert p == pytest.approx(fisher_exact([[30, 5], [10, 12]]).pvalue, abs=3e-3)  # of 1,999 tables


def test_one_kind_alone_and_no_picture_do_not_differ() -> None:
    rng = np.random.default_rng(0)
    assert kinds_test(np.zeros(5, np.intp), np.zeros(3, np.intp), rng) == 1
    assert kinds_test(np.zeros(0, np.intp), np.zeros(3, np.intp), rng) == 1
    assert numbers_test(np.zeros(0), np.ones(3)) == 1


def test_holm_is_that_of_the_definition() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        p = rng.uniform(size=6)
        adjusted = holm(p)
        for rate in (0.01, 0.05, 0.3, 0.7):
            kept, wanted = 0, set()
            for number in np.argsort(p):
                if p[number] > rate / (6 - kept):
                    break
                kept, wanted = kept + 1, wanted | {int(number)}
            assert set(np.flatnonzero(adjusted <= rate).tolist()) == wanted


def test_the_least_shift_is_found_in_four_of_five_cases() -> None:
    rng = np.random.default_rng(0)
    shift = least_shift(400, 50, 0.05, 1)
    found = [abs(rng.normal(shift, 1, 50).mean() - rng.normal(0, 1, 400).mean()) / np.sqrt(1 / 50 + 1 / 400) > 1.96 for _ in range(2000)]
    assert np.mean(found) == pytest.approx(0.8, abs=0.03)
