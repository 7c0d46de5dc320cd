"""Checks before the first step: what they find, and that they leave no trace."""

import sys
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
sys.path.insert(0, str(Path(__file__).parent))
from made_trainings import made_bench  # noqa: E402

from vitreous.training.coach.before import before  # noqa: E402


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
