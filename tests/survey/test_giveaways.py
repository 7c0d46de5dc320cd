"""Metadata that give the class away: planted ones are found, chance is not, against scikit-learn and by simulation."""

import numpy as np
import pytest

from vitreous.data.pack import FACTS
from vitreous.survey.giveaways import Giveaway, _entropy, _information, find_giveaways
from vitreous.survey.table import Table

COUNT = 300


def table(seed: int = 0, count: int = COUNT, classes: int = 3, **columns: object) -> Table:
    """Pictures without anything in common, of random classes, and what a test plants."""
    rng = np.random.default_rng(seed)
    values: dict[str, np.ndarray] = {name: np.zeros(count, FACTS[name]) for name in ("orientation",)}
    values |= {name: np.array([""] * count, object) for name in ("camera", "software", "taken", "split", "group")}
    values |= {"format": np.array(["JPEG"] * count, object), "mode": np.array(["RGB"] * count, object)}
    values |= {"width": rng.integers(300, 900, count), "height": rng.integers(300, 900, count), "bytes": rng.integers(20_000, 90_000, count)}
    values["path"] = np.array([f"{number}.jpg" for number in range(count)], object)
    values["label"] = np.array([f"class {each}" for each in rng.integers(0, classes, count)], object)
    values["copies"] = np.arange(count)
    values |= {name: np.asarray(column, object) for name, column in columns.items()}
    return Table(values, [bytes([0]) * 16] * count, np.asarray(values["copies"], np.intp))


def found(made: Table, days: np.ndarray | None = None) -> dict[str, Giveaway]:
    return {each.column: each for each in find_giveaways(made, days if days is not None else np.full(len(made), "2024-01-01"))}


@pytest.mark.slow
def test_the_mutual_information_is_that_of_scikit_learn() -> None:
    from sklearn.metrics import mutual_info_score

    rng = np.random.default_rng(0)
    one, other = rng.integers(0, 5, 400), rng.integers(0, 3, 400)
    other[:150] = one[:150] % 3
    assert _information(one, other) == pytest.approx(mutual_info_score(one, other) / np.log(2))
    assert _entropy(np.array([1, 1, 2])) == pytest.approx(1.5)


@pytest.mark.slow
def test_what_is_told_is_the_adjusted_information_of_scikit_learn() -> None:
    """The mean over permutations is the exact expectation, but for chance: 199 drawings of a value that varies by some percent of itself."""
    from sklearn.metrics import mutual_info_score
    from sklearn.metrics.cluster import contingency_matrix, expected_mutual_information

    made = table()
    cameras = np.where(np.random.default_rng(1).random(COUNT) < 0.7, made["label"], "another")
    (given,) = found(table(camera=cameras)).values()
    joint = contingency_matrix(made["label"].astype(str), cameras.astype(str), sparse=True)
    chance = expected_mutual_information(joint, COUNT)
    entropy = _entropy(np.unique(made["label"].astype(str), return_counts=True)[1]) * np.log(2)
    exact = (mutual_info_score(made["label"].astype(str), cameras.astype(str)) - chance) / (entropy - chance)
    assert given.column == "camera" and given.told == pytest.approx(exact, abs=0.005)


@pytest.mark.parametrize("column", ["camera", "software", "format", "mode"])
def test_a_text_that_stands_for_a_class_is_found_and_explained(column: str) -> None:
    made = table()
    values = np.where(made["label"] == "class 1", "A", "B")
    given = found(table(**{column: values}))
    assert list(given) == [column] and given[column].p_value <= 0.01
    assert f"with {column} A" in given[column].example and "'class 1'" in given[column].example


PLANTED = {
    "size": {"width": [640, 800, 1024], "height": [480, 600, 768]},
    "shape": {"width": [600, 300, 900]},
    "short side": {"height": [100, 150, 200]},
    "bytes a pixel": {"bytes": [10_000, 90_000, 400_000]},
}


@pytest.mark.parametrize("column", PLANTED)
def test_numbers_that_stand_for_a_class_are_found(column: str) -> None:
    number = np.array([int(label[-1]) for label in table()["label"]])
    planted = {name: np.array(values)[number] for name, values in PLANTED[column].items()}
    if column == "shape":
        planted["height"] = np.full(COUNT, 400)
    given = found(table(**planted))
    assert column in given and given[column].told > 0.5


def test_days_are_found_in_files_photos_and_paths() -> None:
    number = np.array([int(label[-1]) for label in table()["label"]])
    days = np.array(["2024-03-01", "2024-03-02", "2024-03-03"])[number]
    assert list(found(table(), days)) == ["day of the file"]
    assert list(found(table(taken=[f"{day}T10:00:00" for day in days]))) == ["day taken"]
    assert list(found(table(path=[f"x/IMG_{day.replace('-', '')}_{n}.jpg" for n, day in enumerate(days)]))) == ["date in the path"]


@pytest.mark.slow
def test_chance_is_named_in_less_than_one_of_a_hundred_folders() -> None:
    rng = np.random.default_rng(0)
    named = 0
    for seed in range(60):
        cameras = rng.integers(0, 40, 60)  # many values, few pictures: the information is large by chance
        named += bool(
            found(table(seed, 60, camera=cameras, software=rng.integers(0, 25, 60), taken=[f"2024-01-{day:02}" for day in cameras % 28 + 1]))
        )
    assert named <= 2  # 60 folders at 1 %: three or more in 2 of 100 runs of this test


def test_a_weak_tie_is_not_called_a_giveaway() -> None:
    made = table(count=2000)
    cameras = np.where(np.random.default_rng(3).random(2000) < 0.08, made["label"], "x")
    assert found(table(count=2000, camera=cameras)) == {}


def test_copies_count_once() -> None:
    label = np.array(["a"] * 60 + ["b"] * 15, object)
    camera = np.array(["A"] * 60 + ["B"] * 15, object)
    copies = np.array([0] * 58 + list(range(1, 18)))
    assert found(table(count=75, label=label, camera=camera, copies=copies)) == {}  # eighteen pictures are left: too few to tell
    assert list(found(table(count=75, label=label, camera=camera))) == ["camera"]


@pytest.mark.parametrize("count", [0, 1, 5])
def test_few_pictures_or_one_class_give_nothing_away(count: int) -> None:
    assert found(table(count=count)) == {}
    assert found(table(classes=1, camera=["A", "B"] * (COUNT // 2))) == {}
