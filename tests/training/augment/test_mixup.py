"""Mixup: a permutation and shares, by seed and step alone."""

import numpy as np
import pytest

from vitreous.errors import UsageError
from vitreous.training.augment import mixed_targets, mixup


def test_pairs_and_shares_are_a_function_of_seed_and_step() -> None:
    (partner, share), again = mixup(128, 3, 7, 0.2), mixup(128, 3, 7, 0.2)
    assert (partner == again[0]).all() and (share == again[1]).all()
    assert (partner != mixup(128, 3, 8, 0.2)[0]).any() and (share != mixup(128, 4, 7, 0.2)[1]).any()
    assert sorted(partner.tolist()) == list(range(128)) and share.dtype == np.float32


def test_shares_are_those_of_a_beta_distribution_folded_at_a_half() -> None:
    share = np.concatenate([mixup(1000, 0, step, 1.0)[1] for step in range(20)])
    # Beta(1, 1) is even: its larger part is even from 0.5 to 1, mean 0.75 (five standard errors: 5 · 0.144 / √20,000)
    assert share.min() >= 0.5 and share.max() <= 1 and abs(share.mean() - 0.75) < 0.0051


def test_targets_are_probabilities_with_the_same_shares() -> None:
    target, partner, share = np.array([0, 2, 2]), np.array([1, 0, 2]), np.array([0.75, 0.5, 0.9], np.float32)
    wanted = [[0.75, 0, 0.25], [0.5, 0, 0.5], [0, 0, 1]]
    assert np.abs(mixed_targets(target, 3, partner, share) - wanted).max() < 1e-6


@pytest.mark.parametrize("alpha", [0.0, -1.0, float("nan"), float("inf")])
def test_a_strength_that_mixes_nothing_is_refused(alpha: float) -> None:
    with pytest.raises(UsageError, match="a number above 0"):
        mixup(8, 0, 0, alpha)
