"""What is learned from labels is used where pictures that nothing was learned from are found better by it, and not where not."""

import numpy as np
import pytest

from vitreous.retrieval.centring import SHARES, share_of
from vitreous.retrieval.entries import Entries
from vitreous.retrieval.layout import RECORD
from vitreous.retrieval.learned import _solved, _sums, learn, lesson_of, ranked
from vitreous.retrieval.rows import Rows


def rows_of(vectors: np.ndarray, seed: int = 0) -> Rows:
    thumbs = np.random.default_rng(seed).integers(0, 256, (len(vectors), 32, 32)).astype(np.uint8)
    return Rows(vectors.astype(np.float32), np.zeros(len(vectors), RECORD), thumbs)


def entries_of(labels: list[str], splits: list[str] | None = None) -> Entries:
    count = len(labels)
    return Entries.of(list(range(count)), [f"{n}.png" for n in range(count)], labels, splits or [""] * count, [(0, 0, 0, 0)] * count)


def two_kinds(count: int = 300, noise: float = 6.0) -> tuple[np.ndarray, list[str]]:
    """One of twenty directions tells the kinds apart; the others are wider."""
    rng = np.random.default_rng(3)
    kind = rng.integers(0, 2, count)
    vectors = rng.normal(0, noise, (count, 20))
    vectors[:, 4] = rng.normal(0, 0.3, count) + kind
    return vectors, ["cat" if each else "dog" for each in kind]


def test_labels_that_explain_the_features_are_used() -> None:
    vectors, labels = two_kinds()
    head, found = learn(rows_of(vectors), lesson_of(entries_of(labels), False), vectors.mean(0), 1.0)
    assert head is not None and head.shape == (20, 2) and found.used and found.gain is not None
    assert found.gain[1] > 0.1 and found.said.startswith("Labels help: mean average precision 0.")


@pytest.mark.parametrize("seed", range(5))
def test_labels_that_are_drawn_by_chance_are_not_used(seed: int) -> None:
    vectors, labels = two_kinds()
    head, found = learn(rows_of(vectors), lesson_of(entries_of(list(np.random.default_rng(seed).permutation(labels))), False), vectors.mean(0), 1.0)
    assert head is None and not found.used and "not used" in found.said


def test_the_map_is_ridge_regression() -> None:
    from sklearn.linear_model import Ridge

    vectors, labels = two_kinds(120)
    rows, lesson = rows_of(vectors), lesson_of(entries_of(labels), False)
    assert lesson is not None
    centre, deviation = vectors.astype(np.float32).mean(0, dtype=np.float64), vectors.std(0)
    found = _solved(*_sums(rows, lesson, np.arange(120), centre, deviation), 120)
    share = lesson.has.mean(0)
    other = Ridge(alpha=0.3 * 120, fit_intercept=False).fit((rows.vectors - centre) / deviation, (lesson.has - share) / np.sqrt(share))
    assert np.allclose(found, other.coef_.T, atol=1e-5)  # sums of products in float32


def test_average_precision_and_area_are_those_of_scikit_learn() -> None:
    from sklearn.metrics import average_precision_score, roc_auc_score

    rng = np.random.default_rng(0)
    scores, relevant = rng.normal(size=(9, 40)).astype(np.float32), rng.random((9, 40)) < 0.3
    found = ranked(scores, relevant)
    assert np.allclose(found[:, 1], [average_precision_score(r, s) for r, s in zip(relevant, scores, strict=True)])
    assert np.allclose(found[:, 2], [roc_auc_score(r, s) for r, s in zip(relevant, scores, strict=True)])
    assert found[:, 0].tolist() == [float(r[s.argmax()]) for r, s in zip(relevant, scores, strict=True)]


def test_pictures_of_the_test_split_are_never_learned_from() -> None:
    lesson = lesson_of(entries_of(["a"] * 10 + ["b"] * 10, ["train"] * 15 + ["test"] * 5), False)
    assert lesson is not None and lesson.rows.tolist() == list(range(15)) and lesson.labels == ("a", "b")


def test_several_labels_each_count() -> None:
    lesson = lesson_of(entries_of(["ace;king"] * 6 + ["ace"] * 6 + [""] * 3 + ["?king"]), True)
    assert lesson is not None and lesson.labels == ("ace", "king") and len(lesson.rows) == 16
    assert lesson.has.sum(0).tolist() == [12, 6]


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        ([""] * 50, "no labels"),
        (["a"] * 50, "1 label of 5 or more"),
        (["a", "b"] * 5, "10 pictures in 2 labels"),
        ([f"l{n}" for n in range(60)], "0 labels"),
    ],
)
def test_what_is_too_little_to_learn_from_is_said(labels: list[str], said: str) -> None:
    vectors = np.random.default_rng(0).normal(size=(len(labels), 6))
    head, found = learn(rows_of(vectors), lesson_of(entries_of(labels), False), vectors.mean(0), 1.0)
    assert head is None and not found.used and said in found.said


def test_what_all_pictures_share_is_taken_off_where_it_hides_their_labels() -> None:
    vectors, labels = two_kinds(noise=1.0)
    vectors[:, 7] += 8
    lesson = lesson_of(entries_of(labels), False)
    assert share_of(rows_of(vectors), lesson, vectors.mean(0)) == 1.0
    assert share_of(rows_of(vectors), None, vectors.mean(0)) == SHARES[0] == 0.5
