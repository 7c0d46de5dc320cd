"""Slices: the exact test against scipy and brute force, the promise by simulation, the difference by hand."""

from itertools import product

import numpy as np
import pytest
from scipy import stats

from vitreous.metrics import slices
from vitreous.metrics.intervals import Z
from vitreous.metrics.slices import Judged, mantel_haenszel, worse_slices

LABELS = ["a", "b", "c"]


def judged(right: object, target: object, features: object, group: object = None) -> Judged:
    right, target = np.asarray(right, bool), np.asarray(target)
    return worse_slices(right, target, LABELS, np.arange(len(right)) if group is None else np.asarray(group), features)


def exact(right: object, target: object, inside: object) -> tuple[float, float]:
    right, target, inside = np.asarray(right, bool), np.asarray(target), np.asarray(inside, bool)
    candidate = slices._Candidate("f", "v", None, inside, np.ones(len(right), bool))
    return slices._exact_test(candidate, right, target, np.arange(len(right)))


@pytest.mark.parametrize("seed", range(5))
def test_with_one_class_it_is_fishers_exact_test(seed: int) -> None:
    rng = np.random.default_rng(seed)
    right, inside = rng.random(60) < 0.7, rng.random(60) < 0.4
    table = [[(~right & inside).sum(), (right & inside).sum()], [(~right & ~inside).sum(), (right & ~inside).sum()]]
    expected = stats.fisher_exact(table, alternative="greater").pvalue
    # sums of exponentials of logarithms: 60 terms, each some 1e-15 of its value off
    assert exact(right, np.zeros(60, int), inside)[0] == pytest.approx(expected, rel=1e-10)


def test_with_classes_it_counts_the_ways_in_which_errors_can_fall() -> None:
    # class 0: 4 pictures, 2 inside; class 1: 3 pictures, 1 inside
    target, inside = np.array([0, 0, 0, 0, 1, 1, 1]), np.array([1, 1, 0, 0, 1, 0, 0], bool)
    wrong = np.array([1, 1, 0, 0, 1, 0, 0], bool)
    ways = []
    for errors in product([False, True], repeat=7):
        errors_ = np.array(errors)
        if errors_[:4].sum() == 2 and errors_[4:].sum() == 1:
            ways.append((errors_ & inside).sum())
    assert exact(~wrong, target, inside) == pytest.approx((np.mean(np.array(ways) >= 3), np.mean(np.array(ways) == 3)))


def test_a_slice_that_merely_holds_the_harder_class_is_not_blamed() -> None:
    rng = np.random.default_rng(0)
    target = np.repeat([0, 1], 500)
    right = rng.random(1000) < np.where(target == 0, 0.95, 0.5)
    folder = np.where(rng.random(1000) < np.where(target == 0, 0.1, 0.9), "hard", "easy").tolist()
    assert right[np.array(folder) == "hard"].mean() < right.mean() - 0.1
    assert judged(right, target, {"folder": folder}).worse == []


def test_a_slice_worse_within_its_class_is_found_although_its_class_is_easier() -> None:
    rng = np.random.default_rng(1)
    target = np.repeat([0, 1], 500)
    bad = (target == 0) & (rng.random(1000) < 0.3)
    right = rng.random(1000) < np.where(bad, 0.7, np.where(target == 0, 0.98, 0.5))
    first = judged(right, target, {"folder": np.where(bad, "bad", "good").tolist()}).worse[0]
    assert right[bad].mean() > right[~bad].mean() - 0.05 or first.accuracy == pytest.approx(right[bad].mean())
    assert (first.feature, first.value) == ("folder", "bad") and first.difference == pytest.approx(-0.28, abs=0.08)


def random_features(rng: np.random.Generator, count: int) -> dict[str, object]:
    numbers = rng.normal(size=count)
    return {
        "brightness": numbers,
        "contrast": numbers + rng.normal(size=count),  # related to the first, as such things are
        "folder": rng.choice(["x", "y", "z"], count).tolist(),
        "camera": [["one", "two", None][place] for place in rng.choice(3, count, p=[0.5, 0.3, 0.2])],
        "width": rng.choice([400.0, 640.0, 800.0], count),
    }


def false_alarms(draws: int, seed: int, pairs: bool) -> float:
    """The share of draws in which a slice is named though none is worse."""
    rng, found = np.random.default_rng(seed), 0
    for _ in range(draws):
        target = rng.integers(0, 3, 400)
        right = rng.random(400) < np.array([0.9, 0.75, 0.6])[target]
        features, group = random_features(rng, 400), np.arange(400)
        if pairs:  # every picture twice
            target, right, group = np.tile(target, 2), np.tile(right, 2), np.tile(group, 2)
            features = {name: np.tile(values, 2) if isinstance(values, np.ndarray) else values * 2 for name, values in features.items()}
        found += bool(judged(right, target, features, group).worse)
    return found / draws


@pytest.mark.slow
@pytest.mark.parametrize("pairs", [False, True])
def test_where_nothing_is_worse_a_slice_is_named_in_at_most_5_percent(pairs: bool) -> None:
    # 300 draws: two standard errors of 5 % are 2.5 points
    assert false_alarms(300, 7, pairs) <= 0.05 + 0.025


@pytest.mark.slow
def test_that_promise_would_be_broken_by_copies_taken_for_independent(monkeypatch: pytest.MonkeyPatch) -> None:
    original = slices._trials
    monkeypatch.setattr(slices, "_trials", lambda each, right, target, group: original(each, right, target, np.arange(len(group))))
    assert false_alarms(100, 7, True) > 0.1


@pytest.mark.slow
def test_a_planted_slice_of_15_percent_and_20_points_is_found() -> None:
    rng, found = np.random.default_rng(3), 0
    for _ in range(100):
        target = rng.integers(0, 3, 1000)
        features = random_features(rng, 1000)
        planted = np.argsort(rng.random(1000)) < 150
        features["site"] = np.where(planted, "north", "south").tolist()
        right = rng.random(1000) < np.array([0.95, 0.85, 0.75])[target] - 0.2 * planted
        found += any((each.feature, each.value, each.label) == ("site", "north", None) for each in judged(right, target, features).worse)
    assert found >= 90


@pytest.mark.slow
def test_a_weakness_in_the_dark_is_found_by_brightness() -> None:
    rng, found = np.random.default_rng(4), 0
    for _ in range(50):
        target, features = rng.integers(0, 3, 1000), random_features(rng, 1000)
        light = np.asarray(features["brightness"])
        right = rng.random(1000) < 0.85 - 0.2 * (light < np.quantile(light, 0.2))
        found += any(each.feature == "brightness" and "low" in each.value for each in judged(right, target, features).worse)
    assert found >= 45


def test_the_difference_is_the_plain_one_for_one_class_and_weighted_for_several() -> None:
    one = mantel_haenszel(np.array([8.0]), np.array([10.0]), np.array([27.0]), np.array([30.0]))
    assert one[0] == pytest.approx(0.8 - 0.9)
    # two classes by hand: weights 10·30/40 = 7.5 and 20·20/40 = 10
    two = mantel_haenszel(np.array([8.0, 10.0]), np.array([10.0, 20.0]), np.array([27.0, 16.0]), np.array([30.0, 20.0]))
    assert two[0] == pytest.approx((7.5 * -0.1 + 10 * -0.3) / 17.5)


@pytest.mark.slow
def test_the_interval_of_the_difference_holds_the_truth() -> None:
    rng, held = np.random.default_rng(5), 0
    for _ in range(2000):
        number_in, number_out = rng.integers(10, 40, 4).astype(float), rng.integers(30, 80, 4).astype(float)
        base = np.array([0.9, 0.8, 0.7, 0.6])
        right_in, right_out = rng.binomial(number_in.astype(int), base - 0.15), rng.binomial(number_out.astype(int), base)
        difference, error = mantel_haenszel(right_in.astype(float), number_in, right_out.astype(float), number_out)
        held += abs(difference + 0.15) <= Z * error
    assert 0.935 <= held / 2000 <= 0.965  # a normal interval; two standard errors of 2,000 draws are 1 point


def test_slices_are_ordered_by_the_errors_they_explain() -> None:
    rng = np.random.default_rng(6)
    big, small = rng.random(3000) < 0.3, rng.random(3000) < 0.03
    right = rng.random(3000) < 0.95 - 0.2 * big - 0.5 * small
    worse = judged(right, np.zeros(3000, int), {"big": np.where(big, "b", "-").tolist(), "small": np.where(small, "s", "-").tolist()}).worse
    names = [each.name for each in worse if each.label is None]
    assert names[:2] == ["big b", "small s"]
    assert worse[0].errors_explained > worse[-1].errors_explained > 0
    assert all(each.p_value <= each.adjusted_p_value <= 0.05 for each in worse)


def test_of_slices_that_share_pictures_by_one_feature_the_most_significant_leads() -> None:
    light = np.arange(1000.0)
    right = (light >= 250) | (np.arange(1000) % 2 == 0)
    found = judged(right, np.zeros(1000, int), {"light": light, "dark": np.where(light < 150, "yes", "no").tolist()})
    assert [each.name for each in found.worse] == ["light 0 to 249 (lowest quarter)", "dark yes"]
    assert {"light 0 to 499 (lower half)", "light 0 to 99 (lowest tenth)"} <= set(found.worse[0].related)


def test_the_same_pictures_under_two_names_are_one_slice() -> None:
    inside = np.arange(200) < 60
    right = np.where(inside, np.arange(200) % 3 == 0, True)
    names = np.where(inside, "x", "y").tolist()
    found = judged(right, np.zeros(200, int), {"folder": names, "camera": [name * 2 for name in names]})
    assert [each.name for each in found.worse if each.label is None] == ["folder x"]
    assert found.worse[0].same_as == ("camera xx",)
    assert found.looked_at == 2  # x and y; within the only class they are the same pictures


def test_slices_below_the_least_size_are_not_looked_at() -> None:
    names = ["few"] * 19 + ["many"] * 81
    assert judged(np.arange(100) >= 19, np.zeros(100, int), {"folder": names}).looked_at == 0


@pytest.mark.parametrize("right", [[True] * 100, [False] * 100, [True], [False]])
def test_all_right_all_wrong_and_one_picture_name_no_slice(right: list[bool]) -> None:
    count = len(right)
    features = {"n": np.arange(count, dtype=float), "s": [str(i % 2) for i in range(count)], "none": [None] * count, "nan": np.full(count, np.nan)}
    assert judged(right, np.zeros(count, int), features).worse == []


def test_a_number_with_few_values_is_taken_by_value_and_one_with_many_by_quarters() -> None:
    few = dict(slices._parts(np.array([400.0, 400.0, 1024.0, np.nan])))
    assert {name: mask.tolist() for name, mask in few.items()} == {
        "(empty)": [False, False, False, True], "400": [True, True, False, False], "1,024": [False, False, True, False]
    }  # fmt: skip
    many = dict(slices._parts(np.arange(100.0)))
    assert {name: int(mask.sum()) for name, mask in many.items() if mask.any()} == {
        "0 to 49 (lower half)": 50, "50 to 99 (upper half)": 50,
        "0 to 9 (lowest tenth)": 10, "0 to 24 (lowest quarter)": 25, "25 to 49 (second quarter)": 25, "50 to 74 (third quarter)": 25,
        "75 to 99 (highest quarter)": 25, "90 to 99 (highest tenth)": 10,
    }  # fmt: skip


def test_holm_and_tarone_by_hand() -> None:
    p, least = np.array([0.01, 0.04, 0.03, 0.9]), np.zeros(4)
    assert slices._holm(p, least, 0.05).tolist() == pytest.approx([0.04, 0.09, 0.09, 0.9])
    # two that could never be significant do not count: Holm over the other two
    assert slices._holm(p, np.array([0.0, 0.0, 0.5, 0.5]), 0.05).tolist() == pytest.approx([0.02, 0.04, 1, 1])
    assert slices._holm(np.empty(0), np.empty(0), 0.05).tolist() == []


def test_slices_can_be_stored_as_json() -> None:
    import json

    inside = np.arange(200) < 60
    found = judged(np.where(inside, np.arange(200) % 3 == 0, True), np.zeros(200, int), {"folder": np.where(inside, "x", "y").tolist()})
    value = json.loads(json.dumps(found.worse[0].to_json(), allow_nan=False))
    assert value["name"] == "folder x" and value["num_images"] == 60 and value["label"] is None
