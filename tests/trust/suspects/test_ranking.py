"""Which labels are wrong: planted errors in points whose classes are known."""

import numpy as np
import pytest

from vitreous.errors import DataError
from vitreous.fit.softmax import log_softmax
from vitreous.trust.suspects.noise import fit_noise
from vitreous.trust.suspects.opinions import components, fold_numbers, nearest_opinion, neighbours_of, ridge_opinion, softmax_opinion
from vitreous.trust.suspects.ranking import interval, judged, rank


def blobs(count: int = 400, classes: int = 4, apart: float = 3.0, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Points in 12 dimensions around a centre for each class, and the classes."""
    random = np.random.default_rng(seed)
    truth = np.arange(count) % classes
    centres = random.standard_normal((classes, 12)) * apart / np.sqrt(2)
    return (centres[truth] + random.standard_normal((count, 12))).astype(np.float32), truth


def planted(truth: np.ndarray, share: float, seed: int = 0) -> np.ndarray:
    random = np.random.default_rng(seed)
    wrong = random.choice(len(truth), round(share * len(truth)), replace=False)
    labels = truth.copy()
    labels[wrong] = (labels[wrong] + random.integers(1, truth.max() + 1, len(wrong))) % (truth.max() + 1)
    return labels


def test_planted_errors_come_first_with_the_class_that_they_were() -> None:
    features, truth = blobs()
    labels = planted(truth, 0.1)
    found = rank(features, labels, np.arange(400), 4)
    first = found.order[:40]
    assert (labels[first] != truth[first]).mean() > 0.9
    errors = first[labels[first] != truth[first]]
    assert (found.instead[errors] == truth[errors]).all()
    assert found.low <= 40 <= found.high and abs(found.expected - 40) < 8


def test_labels_that_are_right_are_left_alone() -> None:
    features, truth = blobs(apart=6)
    found = rank(features, truth, np.arange(400), 4)
    assert found.expected < 4 and found.low == 0 and (found.wrong > 0.5).sum() <= 2


def test_a_class_that_is_often_called_another_is_found_out() -> None:
    features, truth = blobs(apart=5)
    labels = truth.copy()
    labels[np.flatnonzero(truth == 1)[:30]] = 2
    found = rank(features, labels, np.arange(400), 4)
    assert np.isclose(found.transition[1, 2], 0.3, atol=0.08) and found.transition[1, 0] < 0.05
    assert (labels[found.order[:30]] != truth[found.order[:30]]).mean() > 0.9


def test_the_same_seed_gives_the_same_ranking() -> None:
    features, truth = blobs()
    labels = planted(truth, 0.1)
    one, other = (rank(features, labels, np.arange(400), 4, seed=3) for _ in range(2))
    assert np.array_equal(one.wrong, other.wrong) and np.array_equal(one.order, other.order)


def test_a_copy_has_no_say_in_the_label_of_its_picture() -> None:
    features, truth = blobs()
    labels, groups = truth.copy(), np.arange(400)
    features[1::4][:20], groups[1::4][:20] = features[0::4][:20], groups[0::4][:20]  # copies under the label 1 of pictures that show 0
    labels[0::4][:20] = 1  # and the pictures themselves are called 1
    found = rank(features, labels, groups, 4)
    assert (found.wrong[0::4][:20] > 0.5).mean() > 0.8
    assert all(not set(found.neighbours.row[n][found.neighbours.cosine[n] > -1]) & set(np.flatnonzero(groups == groups[n])) for n in range(400))


def test_each_fold_is_answered_by_the_others_alone() -> None:
    features, labels = blobs(80)
    points, fold = components(features), fold_numbers(labels, np.arange(80), 0)
    weights = np.eye(4, dtype=np.float32)[labels]

    def ridge(weights: np.ndarray) -> np.ndarray:
        return ridge_opinion(points, weights, fold)[0]

    def softmax(weights: np.ndarray) -> np.ndarray:
        return softmax_opinion(points, weights, fold, 0.01, ridge_opinion(points, weights, fold)[1])[0]

    for opinion in (ridge, softmax):
        changed = weights.copy()
        changed[fold == 2] = np.roll(changed[fold == 2], 1, axis=1)
        assert np.allclose(opinion(weights)[fold == 2], opinion(changed)[fold == 2], atol=1e-9)
        assert not np.allclose(opinion(weights)[fold != 2], opinion(changed)[fold != 2], atol=1e-3)


def test_ridge_answers_are_those_of_scikit_learn() -> None:
    from sklearn.linear_model import Ridge

    features, labels = blobs(60)
    points, fold = components(features), fold_numbers(labels, np.arange(60), 0)
    wanted = np.eye(4, dtype=np.float32)[labels]
    ours = ridge_opinion(points, wanted, fold)[0] / 5
    for number in range(5):
        model = Ridge(alpha=30 * points.shape[1], fit_intercept=False).fit(points[fold != number].astype(float), wanted[fold != number] - 0.25)
        assert np.allclose(ours[fold == number], model.predict(points[fold == number].astype(float)), atol=1e-6)


def test_components_keep_the_angles_that_exact_ones_have() -> None:
    features = np.random.default_rng(0).standard_normal((500, 700)).astype(np.float32) @ np.diag(np.geomspace(10, 0.01, 700)).astype(np.float32)
    turned = features @ np.linalg.qr(np.random.default_rng(1).standard_normal((700, 700)))[0].astype(np.float32)
    standard = (turned - turned.mean(0)) / turned.std(0)
    exact = np.linalg.svd(standard, full_matrices=False)[1][:256]
    assert np.allclose(np.linalg.norm(components(turned), axis=0)[:100], exact[:100], rtol=0.01)


def test_neighbours_are_those_of_brute_force() -> None:
    points = np.random.default_rng(0).standard_normal((70, 5)).astype(np.float32)
    found = neighbours_of(points, np.arange(70), 6)
    unit = points / np.linalg.norm(points, axis=1, keepdims=True)
    alike = unit @ unit.T
    np.fill_diagonal(alike, -2)
    assert np.array_equal(found.row, np.argsort(-alike, axis=1)[:, :6])
    votes = np.exp(nearest_opinion(found, np.eye(2, dtype=np.float32)[np.arange(70) % 2]))
    assert np.allclose(votes.sum(1), 1)


def test_the_noise_of_labels_is_what_it_was_made_with() -> None:
    random = np.random.default_rng(0)
    truth = random.integers(0, 3, 3000)
    logits = log_softmax((4 * np.eye(3)[truth] + random.standard_normal((3000, 3))).astype(np.float32)).astype(np.float64)
    wanted = np.array([[0.8, 0.2, 0.0], [0.0, 0.9, 0.1], [0.05, 0.05, 0.9]])
    labels = np.array([random.choice(3, p=wanted[k]) for k in truth])
    found = fit_noise([logits], labels)
    assert np.allclose(found.transition, wanted, atol=0.03)
    assert np.isclose(found.wrong(labels).sum(), (labels != truth).sum(), rtol=0.1)


def test_the_interval_holds_what_is_expected_and_no_more_than_there_is() -> None:
    assert interval(np.zeros(100)) == (0, 0)
    low, high = interval(np.full(100, 0.2))
    assert 0 < low < 20 < high < 100
    assert interval(np.ones(10))[1] == 10


def test_classes_with_few_pictures_are_not_judged() -> None:
    labels, groups = np.array([0] * 6 + [1] * 4 + [2] * 8), np.arange(18)
    groups[10:18] = [10, 10, 10, 10, 10, 11, 12, 13]  # eight pictures, of which five are copies of one
    rows, few = judged(labels, groups, 3)
    assert rows.tolist() == list(range(6)) and few.tolist() == [1, 2]


@pytest.mark.parametrize(
    ("count", "classes", "groups", "what"),
    [
        (10, 2, None, "10 pictures, 10 of them no copies of each other; 20 or more"),
        (100, 1, None, "one class; two or more"),
        (100, 2, "one", "100 pictures, 1 of them no copies of each other"),
    ],
)
def test_what_is_too_little_is_said(count: int, classes: int, groups: str | None, what: str) -> None:
    features, truth = blobs(count, max(2, classes))
    with pytest.raises(DataError, match=what):
        rank(features, truth % classes, np.zeros(count, np.intp) if groups else np.arange(count), classes)


def test_labels_that_have_nothing_to_do_with_the_pictures_are_refused() -> None:
    features, truth = blobs()
    with pytest.raises(DataError, match=r"agrees with the labels in .*by chance it would in 25%"):
        rank(features, np.random.default_rng(0).permutation(truth), np.arange(400), 4)
