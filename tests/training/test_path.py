"""The weights behind every epoch: the first are those before the first step, and an interrupted training keeps the same ones."""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("safetensors")

sys.path.insert(0, str(Path(__file__).parent))
from made_trainings import NAMES, made_bench, never, nothing

from vitreous.inside.landscape.learned import safetensors
from vitreous.training.loop import train
from vitreous.training.path import WeightPath
from vitreous.training.position import Position
from vitreous.training.state import restore, to_files


def with_path(**changed: Any) -> Any:
    made = made_bench(**changed)
    made.path = WeightPath.of(made.net)
    return made


def test_the_path_begins_before_the_first_step_and_has_the_weights_of_every_epoch() -> None:
    made, position = with_path(), Position()
    before = {name: value.detach().clone() for name, value in made.net.named_parameters()}
    assert train(made, position, NAMES, never, nothing)
    arrays, facts = safetensors(made.path.to_bytes(), "path.safetensors")
    assert facts["epochs"] == str([*range(position.epoch)])
    for name, value in made.net.named_parameters():
        half = np.float16
        assert (arrays[name][0] == before[name].numpy().astype(half)).all()
        assert (arrays[name][-1] == value.detach().numpy().astype(half)).all() and (arrays[name][0] != arrays[name][-1]).any()


def test_an_interrupted_training_goes_on_with_its_path() -> None:
    whole = with_path()
    assert train(whole, Position(), NAMES, never, nothing)
    cut, position = with_path(), Position()
    assert not train(cut, position, NAMES, lambda: position.step == 5, nothing)
    files = to_files(cut, position)
    resumed = with_path()
    assert train(resumed, restore(resumed, files, "x-1"), NAMES, never, nothing)
    assert resumed.path.to_bytes() == whole.path.to_bytes()


def test_a_long_training_keeps_fewer_epochs_and_always_the_first() -> None:
    path = WeightPath.of(torch.nn.Linear(2, 1))
    for epoch in range(1, 301):
        path.take(epoch, {"weight": torch.full((1, 2), float(epoch)), "bias": torch.zeros(1)})
    assert path.every == 8 and path.epochs == [*range(0, 301, 8)]
    assert [each["weight"][0, 0].item() for each in path.weights[1:]] == [float(epoch) for epoch in path.epochs[1:]]
