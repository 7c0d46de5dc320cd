"""Clusters, their names, outliers and copies to keep: by made cases whose answer is known."""

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from vitreous.data.pack import FACTS
from vitreous.retrieval.map.clusters import clusters
from vitreous.retrieval.map.copies import groups_of_copies
from vitreous.retrieval.map.naming import named
from vitreous.retrieval.map.neighbours import directions, nearest
from vitreous.retrieval.map.outliers import apartness, outliers
from vitreous.retrieval.map.pictures import side_for


def test_separate_heaps_are_clusters_the_largest_first() -> None:
    random = np.random.default_rng(0)
    sizes, centres = [150, 90, 60], [(0, 0), (40, 0), (0, 40)]
    y = np.concatenate([random.normal(centre, 2.5, (size, 2)) for size, centre in zip(sizes, centres, strict=True)])
    truth, order = np.repeat(range(3), sizes), random.permutation(300)
    found = clusters(y[order])
    assert adjusted_rand_score(truth[order], found) == 1 and np.bincount(found).tolist() == sizes


def test_one_heap_is_one_cluster_whatever_its_bumps() -> None:
    assert clusters(np.random.default_rng(1).normal(0, 5, (2000, 2))).max() <= 2


@pytest.mark.parametrize("count", [1, 2, 5])
def test_few_pictures_are_one_cluster(count: int) -> None:
    assert clusters(np.random.default_rng(0).random((count, 2))).tolist() == [0] * count


def test_a_cluster_is_named_by_what_most_of_it_is_and_shows_what_lies_in_its_middle() -> None:
    labels = ["cat"] * 6 + ["dog"] * 2 + ["cat"] * 4 + ["dog", "owl", "cat", "fox", "fox"] + ["", ""]
    cluster = np.array([0] * 8 + [1] * 4 + [2] * 5 + [3] * 2)
    rows = np.zeros((19, 2), np.float32)
    rows[:8, 0] = [9, 5, 1, 0, -1, -5, -9, 0.5]
    found = named(cluster, rows, labels)
    assert [each.name for each in found] == ["cat 1", "cat 2", "mixed, fox", "cluster 1"]
    assert found[0].share == 0.75 and found[0].typical[0] == 3 and found[3].label == ""


def test_what_no_other_is_like_is_an_outlier_also_where_outliers_lie_together() -> None:
    random = np.random.default_rng(0)
    usual = random.normal(0, 1, (300, 6)) @ random.normal(0, 1, (6, 200)) + random.normal(0, 0.3, (300, 200)) + 4
    odd = random.normal(0, 6, (4, 200)) + 4
    X = np.concatenate([usual, odd]).astype(np.float32)
    apart = apartness(X, nearest(directions(X), 15).index)
    assert set(outliers(apart)[:4].tolist()) == {300, 301, 302, 303}


def test_the_distance_to_the_nearest_is_that_of_rows_of_length_one() -> None:
    X = np.random.default_rng(0).random((30, 5)).astype(np.float32)
    index = nearest(directions(X), 4).index
    unit = X / np.linalg.norm(X, axis=1, keepdims=True)
    expected = np.linalg.norm(unit[:, None] - unit[index], axis=2).mean(axis=1)
    assert np.abs(apartness(X, index) - expected).max() < 1e-4


def test_few_or_equal_pictures_have_no_outliers() -> None:
    assert len(outliers(np.float32([0.1] * 18 + [9.0]))) == 0 and len(outliers(np.zeros(100, np.float32))) == 0


def facts_of(rows: list[tuple[int, int, int, float]]) -> np.ndarray:
    facts = np.zeros(len(rows), FACTS)
    for number, (width, height, size, sharpness) in enumerate(rows):
        facts[number]["width"], facts[number]["height"], facts[number]["bytes"], facts[number]["sharpness"] = width, height, size, sharpness
    return facts


def test_the_largest_copy_is_kept_and_of_nearly_as_large_ones_the_sharpest() -> None:
    facts = facts_of([(100, 100, 9, 3.0), (400, 300, 9, 0.5), (398, 300, 8, 0.9), (50, 50, 1, 1.0), (50, 50, 2, 1.0), (7, 7, 1, np.nan)])
    found = groups_of_copies(np.array([0, 0, 0, 1, 1, 2]), [b"a", b"b", b"c", b"d", b"d", b"e"], facts, list("abcdef"))
    assert [each.members for each in found] == [[2, 1, 0], [4, 3]]
    assert [each.exact for each in found] == [False, True]


def test_copies_whose_sharpness_is_unknown_are_told_apart_by_size_and_name() -> None:
    facts = facts_of([(9, 9, 1, np.nan), (9, 9, 1, np.nan)])
    assert groups_of_copies(np.array([0, 0]), [b"a", b"b"], facts, ["z", "y"])[0].members == [1, 0]


def test_all_small_pictures_of_a_page_have_room_in_it() -> None:
    for count in (1, 2000, 8000, 20_000, 100_000):
        assert count * side_for(count) ** 2 * 0.35 * 4 / 3 < 50e6  # JPEG of photos takes 0.23 to 0.3 bytes a pixel, base64 a third more
