"""Iterative stratification: each label in its shares, groups whole, rare labels on both sides."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from vitreous.core.item import Item, Split
from vitreous.core.presence import Presence
from vitreous.data.split import assign, folds, hold_out
from vitreous.data.stratify import stratified


def drawn(count: int, rates: list[float], seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random((count, len(rates))) < rates


def test_every_label_is_divided_in_its_shares_as_sechidis_et_al_want_it() -> None:
    present = drawn(600, [0.5, 0.2, 0.05, 0.02])
    part = stratified(present, np.arange(600), [0.7, 0.15, 0.15], range(600))
    for label in range(4):
        have = np.bincount(part[present[:, label]], minlength=3)
        np.testing.assert_allclose(have, np.array([0.7, 0.15, 0.15]) * present[:, label].sum(), atol=2)
    np.testing.assert_allclose(np.bincount(part), [420, 90, 90], atol=12)


def test_it_does_better_for_rare_labels_than_chance() -> None:
    present = drawn(300, [0.4, 0.03, 0.03])
    part = stratified(present, np.arange(300), [0.5, 0.5], range(300))
    for label in range(3):
        counts = np.bincount(part[present[:, label]], minlength=2)
        assert abs(counts[0] - counts[1]) <= 2


@settings(deadline=None, max_examples=40)
@given(st.integers(2, 60), st.integers(1, 5), st.integers(0, 2**32 - 1))
def test_groups_stay_whole_and_a_label_of_two_groups_is_on_both_sides(count: int, labels: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    present, group = rng.random((count, labels)) < 0.3, rng.integers(0, max(1, count // 2), count)
    held = hold_out(present.astype(float), group, 0.2, seed)
    for number in np.unique(group):
        assert len(set(held[group == number])) == 1
    rarest = present.sum(0)
    for label in np.flatnonzero(rarest == rarest[rarest > 0].min()) if rarest.any() else []:
        if len(np.unique(group[present[:, label]])) >= 2 and (rarest > 0).sum() == 1:
            assert len(set(held[present[:, label]])) == 2


def test_unknown_labels_count_as_absent_and_folds_are_even() -> None:
    target = np.where(drawn(100, [0.3]), 1.0, np.nan)
    fold = folds(target, np.arange(100), 5, 0)
    assert np.ptp(np.bincount(fold[target[:, 0] == 1], minlength=5)) <= 1 and np.ptp(np.bincount(fold)) <= 2


def test_pinned_pictures_are_not_tested_on_and_the_labels_keep_their_shares() -> None:
    present = drawn(200, [0.3, 0.1])
    items = [Item(f"{i}.jpg", f"{i}.jpg", str(Presence.of(f"label{k}" for k in np.flatnonzero(row)))) for i, row in enumerate(present)]
    division = assign(items, np.arange(200), 0, range(60), lambda item: Presence.read(item.label).present)
    assert all(part is not Split.TEST for part in division.split[:60])
    test = np.array([part is Split.TEST for part in division.split])
    np.testing.assert_allclose(present[test].sum(0), 0.15 * present.sum(0), atol=2)


def test_a_small_label_and_copies_under_other_labels_are_remarked() -> None:
    items = [Item(f"{i}.jpg", f"{i}.jpg", label) for i, label in enumerate(["a;b", "a", *["a"] * 8, *[""] * 6])]
    division = assign(items, np.array([0, 0, *range(1, 15)]), 0, (), lambda item: Presence.read(item.label).present)
    assert division.contradictions == [[0, 1]] and division.classes_too_small == ["b"]
