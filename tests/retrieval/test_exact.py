"""Exact search finds what sorting all similarities finds, however the matrix is cut into blocks."""

import numpy as np
import pytest

from vitreous.retrieval import exact
from vitreous.retrieval.exact import Term, nearest
from vitreous.retrieval.similarity import Similarity, mean_of, scale_of


def made(rows: int, width: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(rows, width)).astype(np.float32)


def plain(rows: np.ndarray, queries: np.ndarray, scale: np.ndarray | None = None) -> list[Term]:
    ones = np.ones(len(rows), np.float32) if scale is None else scale
    return [Term(rows, np.ascontiguousarray(queries.T), np.zeros(len(queries), np.float32), ones)]


def by_sorting(rows: np.ndarray, queries: np.ndarray, count: int, without: tuple[int, ...] = ()) -> np.ndarray:
    scores = queries.astype(np.float64) @ rows.astype(np.float64).T
    scores[:, list(without)] = -np.inf
    return np.argsort(-scores, axis=1, kind="stable")[:, :count]


@pytest.mark.parametrize("scores", [64, 1000, 1 << 21])
@pytest.mark.parametrize(("queries", "count"), [(1, 1), (1, 20), (7, 5), (40, 33)])
def test_it_is_what_sorting_finds(monkeypatch: pytest.MonkeyPatch, scores: int, queries: int, count: int) -> None:
    monkeypatch.setattr(exact, "_SCORES", scores)
    rows, asked = made(333, 17), made(queries, 17, seed=1)
    found = nearest(plain(rows, asked), count, (3, 100))
    assert np.array_equal(found.rows, by_sorting(rows, asked, count, (3, 100)))
    assert np.allclose(found.scores, np.take_along_axis(asked @ rows.T, found.rows, 1), atol=1e-4)  # sums of 17 products in float32


def test_more_queries_than_are_asked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exact, "_QUERIES", 4)
    rows, asked = made(90, 8), made(11, 8, seed=1)
    assert np.array_equal(nearest(plain(rows, asked), 5).rows, by_sorting(rows, asked, 5))


def test_rows_in_the_worst_order_are_found_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exact, "_SCORES", 50)
    rows = np.linspace(0, 1, 400, dtype=np.float32)[:, None]  # each is better than all before it
    found = nearest(plain(rows, np.ones((5, 1), np.float32)), 7)
    assert np.array_equal(found.rows, np.tile(np.arange(399, 392, -1), (5, 1)))


def test_rows_that_no_file_has_are_never_found_and_never_counted() -> None:
    rows, scale = made(50, 4), np.ones(50, np.float32)
    scale[10:45] = 0
    found = nearest(plain(rows, made(3, 4, seed=1), scale), 30, (0, 1, 20))
    assert found.rows.shape == (3, 13) and not set(found.rows.ravel().tolist()) & {0, 1, *range(10, 45)}


def test_nothing_to_find_is_an_empty_answer() -> None:
    assert nearest(plain(made(2, 4), made(3, 4)), 5, (0, 1)).rows.shape == (3, 0)


def test_equal_rows_come_in_their_order() -> None:
    rows = np.tile(made(1, 6), (30, 1))
    assert nearest(plain(rows, rows[:1]), 30).rows[0].tolist() == list(range(30))


def test_two_terms_are_added() -> None:
    rows, other, asked = made(60, 5), made(60, 3, seed=2), made(4, 5, seed=1)
    more = made(4, 3, seed=3)
    terms = [*plain(rows, asked), *plain(other, more)]
    assert np.array_equal(nearest(terms, 9).rows, by_sorting(np.hstack([rows, other]), np.hstack([asked, more]), 9))


def test_the_similarity_is_the_cosine_of_features_less_their_mean() -> None:
    from sklearn.metrics.pairwise import cosine_similarity

    rows, asked = made(80, 12) + 3, made(6, 12, seed=1) + 3
    live = np.ones(80, np.bool_)
    similarity = Similarity(mean_of(rows, live), scale_of(rows, live, mean_of(rows, live)))
    expected = cosine_similarity(rows - rows.mean(0, dtype=np.float64), asked - rows.mean(0, dtype=np.float64))
    query = similarity.queries(asked, by_labels=False)
    assert np.allclose(similarity.exactly(rows, query), expected, atol=1e-12)
    found = nearest(similarity.terms(rows, query), 80)
    assert np.allclose(found.scores, -np.sort(-expected.T, axis=1), atol=1e-5)


def test_several_pictures_are_the_mean_of_their_cosines_and_those_not_wanted_take_half_of_theirs_away() -> None:
    rows, live = made(40, 9), np.ones(40, np.bool_)
    similarity = Similarity(mean_of(rows, live), scale_of(rows, live, mean_of(rows, live)))
    each = similarity.exactly(rows, similarity.queries(rows[:5], by_labels=False))
    found = similarity.exactly(rows, similarity.query(rows[:3], rows[3:5], by_labels=False))[:, 0]
    assert np.allclose(found, each[:, :3].mean(1) - 0.5 * each[:, 3:].mean(1), atol=1e-12)


def test_a_row_that_is_the_mean_itself_is_similar_to_nothing() -> None:
    rows = np.ones((5, 4), np.float32)
    similarity = Similarity(np.ones(4), scale_of(rows, np.ones(5, np.bool_), np.ones(4)))
    found = nearest(similarity.terms(rows, similarity.queries(made(1, 4), by_labels=False)), 5)
    assert found.rows.shape == (1, 5) and np.allclose(found.scores, 0)
