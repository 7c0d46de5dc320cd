"""Checks before the first step: what they find, and that they leave no trace."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
sys.path.insert(0, str(Path(__file__).parent))
from made_trainings import CLASSES, LEARNED, RECIPE, made_bench, made_pictures

from vitreous.training.bench import Bench, bench
from vitreous.training.coach.before import before
from vitreous.training.pictures import Batches, standard_of


def test_a_sound_network_passes_and_neither_weights_nor_random_numbers_change() -> None:
    made = made_bench()
    weights, numbers = {name: value.clone() for name, value in made.net.state_dict().items()}, torch.get_rng_state()
    assert before(made) == []
    assert all(torch.equal(value, weights[name]) for name, value in made.net.state_dict().items())
    assert torch.equal(torch.get_rng_state(), numbers) and all(weight.grad is None for weight in made.net.parameters())


@pytest.mark.parametrize("kind", ["dead units", "not normalized", "labels", "start"])
def test_a_planted_fault_is_found(kind: str) -> None:
    made = made_bench()
    with torch.no_grad():
        if kind == "dead units":
            made.net.stages["hidden"].bias -= 1000
        elif kind == "not normalized":
            made.learned.mean, made.learned.scale = torch.zeros(1), torch.ones(1)
        elif kind == "labels":
            made.learned.target[:] = 1
        else:
            made.net.head.weight *= 50
    assert before(made)[0].kind == kind


def several_bench(loss: str = "binary-cross-entropy") -> Bench:
    recipe = replace(RECIPE, loss=loss)
    pictures, target = made_pictures()
    labels = np.eye(CLASSES, dtype=np.float32)[target]
    labels[::5, 0] = np.nan
    standard = standard_of(pictures[:LEARNED], 1)
    parts = (slice(0, LEARNED), slice(LEARNED, None))
    return bench(recipe, *(Batches(pictures[part], labels[part], standard, torch.device("cpu"), False) for part in parts))


@pytest.mark.parametrize("loss", ["binary-cross-entropy", "asymmetric"])
def test_several_labels_with_unknown_ones_pass(loss: str) -> None:
    assert before(several_bench(loss)) == []


def test_several_labels_that_are_the_same_everywhere_tell_nothing_apart() -> None:
    made = several_bench()
    made.learned.target[:] = torch.tensor([1.0, 0.0, float("nan")])
    assert before(made)[0].kind == "labels"


def test_of_several_labels_dead_units_and_large_first_losses_are_found() -> None:
    made = several_bench()
    with torch.no_grad():
        made.net.head.weight *= 50
    assert before(made)[0].kind == "start"
    made = several_bench()
    with torch.no_grad():
        made.net.stages["hidden"].bias -= 1000
    assert before(made)[0].kind == "dead units"
