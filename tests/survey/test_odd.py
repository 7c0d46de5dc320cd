"""Odd pictures: each rule on hand-made values, and what must not be odd."""

import numpy as np
import pytest

from vitreous.survey.odd import KINDS, find_odd
from vitreous.survey.table import Table

COUNT = 40
USUAL = {"width": 400, "height": 533, "brightest": 220.0, "darkest": 40.0, "contrast": 55.0, "entropy": 7.2, "sharpness": 1.0}


def table(count: int = COUNT, **columns: object) -> Table:
    """Usual pictures, spread a little; in each of `columns` the first values are others."""
    rng = np.random.default_rng(0)
    values = {name: usual * rng.uniform(0.95, 1.05, count) for name, usual in USUAL.items()}
    for name, column in columns.items():
        first = np.atleast_1d(column)
        values[name][: len(first)] = first
    values["path"] = np.array([f"{number}.jpg" for number in range(count)], object)
    return Table(values, [b"\0" * 16] * count, np.arange(count))


def found(made: Table) -> list[tuple[str, str]]:
    return [(each.image, each.kind) for each in find_odd(made)]


ODD = {
    "dark": {"brightest": 20},
    "bright": {"darkest": 240},
    "flat": {"contrast": 1},
    "empty": {"entropy": 2},
    "blurred": {"sharpness": 0.05},
    "tiny": {"width": 40},
    "large": {"width": 4000, "height": 4000},
    "narrow": {"height": 3000},
}


@pytest.mark.parametrize("kind", ODD)
def test_the_one_that_stands_out_is_found_with_its_value_and_rule(kind: str) -> None:
    made = find_odd(table(**ODD[kind]))
    assert (made[0].image, made[0].kind) in {("0.jpg", kind), ("0.jpg", "tiny")} and kind in {each.kind for each in made}
    assert all(each.image == "0.jpg" and each.rule.startswith(KINDS[each.kind]) for each in made)


def test_usual_pictures_are_not_odd() -> None:
    assert found(table()) == [] and find_odd(table(0)) == [] and found(table(1, brightest=5.0)) == []


ALIKE = {"night": {"brightest": 30}, "paper": {"darkest": 245}, "fog": {"contrast": 2}, "icons": {"entropy": 1.5}, "soft": {"sharpness": 0.08}}


@pytest.mark.parametrize("kind", ALIKE)
def test_where_all_are_alike_none_is_odd(kind: str) -> None:
    ((column, value),) = ALIKE[kind].items()
    assert found(table(**{column: value * np.random.default_rng(1).uniform(0.9, 1.04, COUNT)})) == []


@pytest.mark.parametrize("kind", ALIKE)
def test_where_a_third_differs_it_is_the_folder_that_is_so(kind: str) -> None:
    """Two microscopes, one of them dark: neither's pictures are odd."""
    ((column, value),) = ALIKE[kind].items()
    assert found(table(**{column: value * np.random.default_rng(1).uniform(0.9, 1.04, COUNT // 3)})) == []


def test_portrait_and_landscape_are_both_usual() -> None:
    assert found(table(width=[533] * 10, height=[400] * 10)) == []


def test_the_furthest_comes_first() -> None:
    assert found(table(brightest=[50, 10, 30])) == [("1.jpg", "dark"), ("2.jpg", "dark"), ("0.jpg", "dark")]
    assert found(table(darkest=[230, 250, 240])) == [("1.jpg", "bright"), ("2.jpg", "bright"), ("0.jpg", "bright")]


def test_what_is_flat_is_not_called_empty_or_blurred_as_well() -> None:
    assert found(table(contrast=1, entropy=0.5, sharpness=0.01)) == [("0.jpg", "flat")]


def test_a_sharpness_that_is_not_defined_is_not_odd() -> None:
    assert found(table(sharpness=np.nan)) == [] and found(table(sharpness=[np.nan] * COUNT)) == []
