"""Mixup: a picture and a share of another one, with a target of the same shares.

    x = λ x_i + (1 − λ) x_j        y = λ y_i + (1 − λ) y_j        λ ~ Beta(α, α)

Pairs and shares are a function of (seed, step): a training that goes on after a stop mixes as it would have.

Source: H. Zhang, M. Cisse, Y. Dauphin, D. Lopez-Paz, "mixup: Beyond Empirical Risk Minimization", ICLR 2018.
"""

import numpy as np
from numpy.typing import NDArray

from vitreous.errors import UsageError


def mixup(count: int, seed: int, step: int, alpha: float) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """For a batch of `count`: the partner of each picture, a permutation [N], and the share λ of each picture itself [N], 0.5 to 1.

    λ below 0.5 is turned to 1 − λ: the same mixtures, and each picture stays the larger part of its own.
    Raises UsageError where alpha is not above 0.
    """
    if not alpha > 0 or not np.isfinite(alpha):
        raise UsageError(f"mixup={alpha:g}", needed="a number above 0, such as 0.2", remedy="leave it out to mix nothing")
    random = np.random.default_rng([seed, step, _PURPOSE])
    partner = random.permutation(count)
    share = random.beta(alpha, alpha, count)
    return partner, np.maximum(share, 1 - share).astype(np.float32)


_PURPOSE = 0x6D69787570  # "mixup": other numbers than those of anything else that begins with (seed, step)


def mixed_targets(target: NDArray[np.integer], classes: int, partner: NDArray[np.int64], share: NDArray[np.float32]) -> NDArray[np.float32]:
    """The class numbers [N] of a batch as probabilities [N, classes], mixed."""
    one_hot = np.eye(classes, dtype=np.float32)[target]
    return np.asarray(share[:, None] * one_hot + (1 - share[:, None]) * one_hot[partner], np.float32)
