"""Which answers count as held out: none that was fitted to a picture, or to its copy."""

from dataclasses import replace

import numpy as np
import pytest

from vitreous.fit.classifier import Parts
from vitreous.fit.probe import fit_probe
from vitreous.fit.testing import FEW_TEST, Fitted


def fitted(train: int, validation: int, test: int, groups: np.ndarray | None = None) -> Fitted:
    rng, count = np.random.default_rng(0), train + validation + test
    target = np.arange(count) % 2
    features = (rng.normal(0, 1, (count, 6)) + target[:, None]).astype(np.float32)
    parts = Parts(features, target, np.arange(count) if groups is None else groups, 2, train, train, validation, 0)
    return Fitted(fit_probe(parts), ["a", "b"], parts, np.arange(count))


def test_with_enough_test_pictures_it_is_what_the_choice_was_made_on() -> None:
    made = fitted(100, 60, 2 * FEW_TEST)
    assert not made.few and made.held_out().rows.tolist() == list(range(100, 160))
    assert "out_of_fold" not in vars(made)  # nothing is fitted again for it


def test_with_few_test_pictures_all_of_training_is_asked_out_of_fold_and_once() -> None:
    made = fitted(100, 60, FEW_TEST)
    held = made.held_out()
    assert made.few == [0, 1] and held.rows.tolist() == list(range(160))
    np.testing.assert_array_equal(held.probability[:100], made.out_of_fold)


def test_validation_pictures_with_a_copy_in_training_are_left_out() -> None:
    groups = np.arange(200)
    groups[100:110] = groups[:10]
    made = fitted(100, 60, 40, groups)
    assert made.held_out().rows.tolist() == list(range(110, 160))


def test_of_very_many_only_some_of_every_class_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vitreous.fit.testing._MOST_VALUES", 100)
    made = fitted(100, 60, 10)
    rows = made.held_out().rows
    assert len(rows) == 50 and (np.diff(rows) > 0).all() and 10 < made.target[rows].sum() < 40


def test_what_a_fold_could_not_answer_is_left_out() -> None:
    made = fitted(100, 0, 10)
    out_of_fold = made.out_of_fold.copy()
    out_of_fold[7] = 0
    again = replace(made)
    vars(again)["out_of_fold"] = out_of_fold
    assert 7 not in again.held_out().rows and len(again.held_out().rows) == 99
