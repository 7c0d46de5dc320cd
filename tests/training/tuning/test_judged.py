"""How far to go: by the held-out loss, and not at all where the gain could be chance."""

import numpy as np

from vitreous.fit.objective import SIGMOIDS, SOFTMAX, right
from vitreous.training.tuning.judged import SHARES, judged

TARGET = np.arange(200) % 2
ROWS = np.arange(200)


def logits(strength: float, wrong: int = 40) -> np.ndarray:
    """Right by `strength`, wrong for the first `wrong` pictures."""
    signs = np.where(TARGET == 1, 1.0, -1.0) * np.where(wrong > ROWS, -1.0, 1.0)
    noise = np.random.default_rng(0).normal(0, 1, (200, 2))
    return (np.stack([-signs, signs], 1) * strength + 0.3 * noise).astype(np.float32)


def test_the_share_of_the_least_loss_is_taken() -> None:
    found = judged(ROWS, {0.0: logits(1), 0.25: logits(1, 30), 0.5: logits(1, 4), 0.75: logits(1, 20), 1.0: logits(1, 60)}, TARGET, SOFTMAX)
    assert found.share == 0.5 and np.array_equal(found.logits, logits(1, 4))
    assert found.accuracy[0] < found.accuracy[1] and found.gain > found.error > 0
    assert found.losses[0.5] == min(found.losses.values())


def test_nothing_is_changed_for_a_gain_that_may_be_chance() -> None:
    same = {share: logits(1) for share in SHARES}
    rng = np.random.default_rng(1)
    same[0.5] = same[0.5] + rng.normal(0, 0.01, (200, 2)).astype(np.float32)
    found = judged(ROWS, same, TARGET, SOFTMAX)
    assert found.share == 0.0 and np.array_equal(found.logits, logits(1))


def test_nothing_is_changed_where_all_are_right_and_only_surer() -> None:
    sure = {share: logits(8 + share, 0) for share in SHARES}
    found = judged(ROWS, sure, TARGET, SOFTMAX)
    assert found.share == 0.0 and found.accuracy == (1.0, 1.0) and found.gain < 0.002


def test_several_labels_are_judged_where_they_are_known() -> None:
    target = np.stack([TARGET, 1 - TARGET], 1).astype(np.float32)
    target[:10, 0] = np.nan
    # the columns of `logits` are for "not" and "is"
    asked = {share: logits(1, wrong)[:, ::-1].copy() for share, wrong in zip(SHARES, (60, 50, 3, 40, 70), strict=True)}
    found = judged(ROWS, asked, target, SIGMOIDS)
    assert found.share == 0.5
    assert right(np.array([[2.0, -2.0], [1.0, 1.0]]), np.array([[1.0, np.nan], [0.0, 1.0]])) == 2 / 3
