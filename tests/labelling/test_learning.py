"""Groups, guesses, order and judgement, against scikit-learn, numpy's own decompositions and plain loops."""

import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import adjusted_rand_score
from sklearn.preprocessing import StandardScaler, normalize

sys.path.insert(0, str(Path(__file__).parent))
from pictures_to_label import made

from vitreous.labelling.asking import ask_next, farthest_first, margin, typical_of_each
from vitreous.labelling.groups import Groups, look_alike, number_of_groups
from vitreous.labelling.judging import Settling, out_of_fold
from vitreous.labelling.model import STRENGTH, Guesses, no_guesses, refit, without
from vitreous.labelling.space import main_directions

NOTHING = Groups(np.zeros(0, np.intp), np.zeros(0, np.float32))


def test_the_space_has_the_angles_of_the_standardized_principal_components() -> None:
    rng = np.random.default_rng(0)
    turned, _ = np.linalg.qr(rng.normal(size=(60, 60)))
    features = (rng.normal(0, 1, (300, 60)) @ np.diag(0.6 ** np.arange(60)) @ turned + 7).astype(np.float32)
    ours = main_directions(features, 10)
    theirs = normalize(PCA(10, svd_solver="full").fit_transform(StandardScaler().fit_transform(features)))
    assert ours.shape == (300, 10) and np.allclose(np.linalg.norm(ours, axis=1), 1, atol=1e-5)
    assert np.abs(ours @ ours.T - theirs @ theirs.T).max() < 1e-2  # the subspace is found by two rounds of sharpening


@pytest.mark.parametrize("features", [np.ones((10, 40)), np.zeros((1, 5)), np.full((4, 3), np.nan), np.random.default_rng(0).normal(size=(3, 2000))])
def test_few_and_equal_pictures_and_numbers_that_are_none_have_a_place(features: np.ndarray) -> None:
    space = main_directions(features.astype(np.float32))
    assert len(space) == len(features) and np.isfinite(space).all()
    assert look_alike(space).count >= 1


def test_groups_of_clear_classes_are_these_classes() -> None:
    pictures, labels = made(4, 30, 0.3)
    groups = look_alike(main_directions(pictures.features), 4)
    assert adjusted_rand_score(labels, groups.member) == 1
    assert sorted(np.concatenate([groups.pictures(group) for group in range(4)]).tolist()) == list(range(120))


def test_more_groups_than_classes_are_pure_and_the_largest_dense_ones_come_first() -> None:
    pictures, labels = made(5, 40, 0.9)
    groups = look_alike(main_directions(pictures.features))
    assert groups.count <= number_of_groups(200)
    purity = sum(max(np.unique([labels[i] for i in groups.pictures(g)], return_counts=True)[1]) for g in range(groups.count)) / 200
    assert purity > 0.95
    worth = [np.sqrt(len(own := groups.pictures(g))) * groups.typical[own].mean() for g in range(groups.count)]
    assert worth == sorted(worth, reverse=True)


def test_guesses_are_those_of_scikit_learn() -> None:
    pictures, labels = made(3, 30, 2.5)
    space, target = main_directions(pictures.features), np.unique(labels, return_inverse=True)[1]
    known = np.arange(40)
    ours = no_guesses(len(space))
    for _ in range(20):  # each refit stops early, and the next goes on from there
        ours = refit(space, known, target[known], ["a", "b", "c"], ours)
    theirs = LogisticRegression(C=STRENGTH / 40, tol=1e-8, max_iter=10000).fit(space[known].astype(np.float64), target[known])
    expected = theirs.predict_proba(space)
    sure = np.sort(expected, 1)[:, 2] - np.sort(expected, 1)[:, 1] > 0.1
    assert sure.mean() > 0.8 and (ours.guess == expected.argmax(1))[sure].all()


def test_a_refit_from_the_head_before_comes_to_the_same_guesses() -> None:
    pictures, labels = made(3, 40, 1.5)
    space, target = main_directions(pictures.features), np.unique(labels, return_inverse=True)[1]
    before = refit(space, np.flatnonzero(target[:40] < 2), target[np.flatnonzero(target[:40] < 2)], ["a", "b", "c"])
    warm = refit(space, np.arange(60), target[:60], ["a", "b", "c"], before)
    cold = refit(space, np.arange(60), target[:60], ["a", "b", "c"])
    assert (warm.guess == cold.guess).mean() > 0.97


def test_one_label_guesses_nothing_and_none_neither() -> None:
    space = np.eye(4, dtype=np.float32)
    for guesses in (no_guesses(4), refit(space, np.array([0]), np.array([0]), ["a"])):
        assert guesses.guess.tolist() == [-1] * 4 and margin(guesses).tolist() == [0] * 4


def test_what_a_picture_is_not_is_not_guessed() -> None:
    guesses = without(Guesses(["a", "b"], np.float32([[0.9, 0.1], [0.9, 0.1]])), {0: ["a"]})
    assert guesses.guess.tolist() == [1, 0] and guesses.probability[0].tolist() == [0, pytest.approx(0.1)]
    assert without(guesses, {1: ["a", "b"]}).guess.tolist() == [1, -1]


def test_first_the_most_typical_of_each_group_then_the_second() -> None:
    groups = Groups(np.array([0, 0, 1, 1, 1]), np.float32([0.5, 0.9, 0.1, 0.2, 0.3]))
    everyone = np.arange(5)
    assert typical_of_each(groups, everyone).tolist() == [1, 4, 0, 3, 2]
    assert typical_of_each(groups, np.array([0, 2, 3])).tolist() == [0, 3, 2]
    assert ask_next(np.eye(5, dtype=np.float32), no_guesses(5), groups, everyone, 2).tolist() == [1, 4]


def test_then_the_least_certain_that_are_far_apart() -> None:
    rng = np.random.default_rng(0)
    unit = rng.normal(size=(200, 5)).astype(np.float32)
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    probability = rng.dirichlet(np.ones(3), 200).astype(np.float32)
    open_pictures = np.arange(50, 200)
    groups = Groups(np.arange(200) % 10, np.ones(200, np.float32))
    found = ask_next(unit, Guesses(["a", "b", "c"], probability), groups, open_pictures, 6)
    ordered = np.sort(probability, 1)
    least = [int(each) for each in np.argsort(ordered[:, 2] - ordered[:, 1], kind="stable") if each >= 50][:24]
    expected = [least[0]]
    while len(expected) < 6:  # by the plain definition
        expected.append(
            max((each for each in least if each not in expected), key=lambda each: min(np.sum((unit[each] - unit[o]) ** 2) for o in expected))
        )
    assert found.tolist() == expected


def test_copies_do_not_stop_it() -> None:
    assert sorted(farthest_first(np.ones((5, 3), np.float32) / np.sqrt(3), 9).tolist()) == [0, 1, 2, 3, 4]


def test_out_of_fold_is_chance_where_labels_mean_nothing_and_copies_do_not_help() -> None:
    rng = np.random.default_rng(0)
    space = main_directions(rng.normal(size=(100, 64)).astype(np.float32))
    space = np.repeat(space, 3, axis=0)  # each picture three times: with copies in other folds every guess would be right
    target = np.repeat(rng.integers(0, 2, 100), 3)
    apart = out_of_fold(space, np.arange(300), target, np.repeat(np.arange(100), 3))
    leaking = out_of_fold(space, np.arange(300), target, np.arange(300))
    assert apart is not None and leaking is not None
    assert apart.accuracy < 0.65 and leaking.accuracy > 0.85
    assert apart.interval[0] < apart.accuracy < apart.interval[1]


def test_of_few_pictures_nothing_is_said() -> None:
    space = np.eye(30, dtype=np.float32)
    assert out_of_fold(space, np.arange(19), np.arange(19) % 2, np.arange(30)) is None
    assert out_of_fold(space, np.arange(25), np.zeros(25, np.intp), np.arange(30)) is None


def test_it_is_settled_when_three_windows_changed_nothing_and_unsettled_by_undo() -> None:
    settling = Settling()
    for labelled in (20, 40, 60, 80):
        settling.note(labelled, ["a"] * 1000)
        assert settling.is_settled == (labelled == 80)
    settling.note(100, ["b"] * 11 + ["a"] * 989)
    assert not settling.is_settled
    settling.note(60, ["a"] * 1000)
    assert settling.changed == []
