"""Whether labels tell something, against counting all ways to draw."""

from itertools import combinations

import pytest

from vitreous.inside.strongest.chance import finding


def test_the_chance_is_that_of_counting_all_ways_to_draw() -> None:
    labels = [("rare",)] * 4 + [("common",)] * 14
    ways = [sum(k < 4 for k in drawn) >= 4 for drawn in combinations(range(18), 5)]
    found = finding([(0, [("rare",)] * 4 + [("common",)])], labels)
    assert found is not None and (found.label, found.count, found.of) == ("rare", 4, 5)
    assert found.chance == pytest.approx(2 * sum(ways) / len(ways))  # one set, two labels


def test_many_channels_make_the_same_nine_less_of_a_finding() -> None:
    labels = [("cat",)] * 50 + [("dog",)] * 50
    nine = [("cat",)] * 9
    assert finding([(0, nine)], labels) is not None
    assert finding([(0, nine), *((k, nine[:5] + labels[50:54]) for k in range(1, 100))], labels) is None


def test_without_labels_or_with_one_there_is_none() -> None:
    assert finding([(0, [()] * 9)], [()] * 100) is None
    assert finding([(0, [("cat",)] * 9)], [("cat",)] * 100) is None
    assert finding([], []) is None


def test_of_several_labels_of_a_picture_each_counts() -> None:
    found = finding([(7, [("ace", "red")] * 9)], [("ace", "red")] * 9 + [("red",)] * 91)
    assert found is not None and (found.number, found.label, found.share) == (7, "ace", 0.09)
