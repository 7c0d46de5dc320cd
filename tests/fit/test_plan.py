"""What a training will take is said before it begins: by the method itself where no network's passes take the time."""

from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from vitreous.core.item import Item, Source
from vitreous.fit.methods import method_for
from vitreous.fit.plan import make_plan
from vitreous.fit.settings import TrainSettings


@pytest.fixture
def digits(tmp_path: Path) -> Source:
    """1,800 items that share ten files of some 70 bytes."""
    items = []
    for number in range(1800):
        file = tmp_path / f"{number % 10}.png"
        Image.new("L", (8, 8), number % 250).save(file)
        items.append(Item(str(file), file.name, str(number % 10)))
    return Source(tmp_path, "class folders", items)


def test_a_method_says_what_it_takes_itself(digits: Source) -> None:
    # benchmarks/results/small_nets.json: 13 s of training; within a factor of two on any load
    lenet, linear = (make_plan(digits, method_for(settings, digits.items), settings) for settings in map(_of, ("lenet", "linear")))
    assert 8 < lenet.seconds < 26 and linear.seconds < 6
    assert f"about {lenet.seconds:.0f} s" in lenet.lines[0]


def test_minutes_bound_what_a_small_network_takes_and_nothing_is_said_of_views(digits: Source) -> None:
    settings = replace(_of("lenet"), minutes=0.05)
    plan = make_plan(digits, method_for(settings, digits.items), settings)
    assert plan.seconds < 8 and not any("compare" in line for line in plan.lines)


@pytest.mark.parametrize(("minutes", "words"), [(1.0, "(1 minute allowed)"), (2.5, "(2.5 minutes allowed)"), (None, "(as soon as possible)")])
def test_the_time_allowed_is_said(minutes: float | None, words: str, digits: Source) -> None:
    settings = replace(_of("linear"), minutes=minutes)
    assert words in make_plan(digits, method_for(settings, digits.items), settings).lines[0]


def _of(net: str) -> TrainSettings:
    return TrainSettings(net=net)
