"""What a tuning has behind it, to files and back."""

import json

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("safetensors")
import torch

from vitreous.errors import RunError
from vitreous.training.tuning.memory import RECIPES, WEIGHTS, Memory
from vitreous.training.tuning.recipe import TuningRecipe


def test_it_comes_back_as_it_was() -> None:
    recipe = TuningRecipe("stage5", 4, 6, augment="flip", number_format="bf16")
    memory = Memory([recipe], {"0/held out": [torch.arange(6.0).view(2, 3), torch.ones(1)] * 8}, [{"epoch": 1}])
    files = memory.files()
    again = Memory.of(files, (), "photos-1")
    assert again.recipes == [recipe] and again.epochs == [{"epoch": 1}] and not again.follows
    assert all(torch.equal(a, b) for a, b in zip(again.ends["0/held out"], memory.ends["0/held out"], strict=True))
    assert again.files() == files == memory.files()


def test_a_repeated_run_has_its_recipes_and_begins_no_other() -> None:
    recipe = TuningRecipe("stage5", 4, 6)
    memory = Memory.of({}, (recipe,), "photos-1")
    assert memory.follows and memory.recipe(0) == recipe and memory.recipe(1) is None
    assert not Memory.of({"state/probe": b""}, (), "photos-1").follows


def test_a_phase_that_is_begun_anew_forgets_what_came_behind_it() -> None:
    memory = Memory([TuningRecipe("a", 2, 3), TuningRecipe("b", 2, 3)])
    memory.begin(0, TuningRecipe("c", 2, 3))
    assert [each.cut for each in memory.recipes] == ["c"]


def test_a_state_of_another_version_is_refused_in_words() -> None:
    files = Memory().files()
    files[RECIPES] = json.dumps(json.loads(files[RECIPES]) | {"format": 9}).encode()
    with pytest.raises(RunError, match="photos-1: its state has format 9; format 1"):
        Memory.of(files, (), "photos-1")
    assert WEIGHTS in files and np.frombuffer(files[WEIGHTS][:8], "<u8")[0] < 1000


def test_a_recipe_of_a_later_version_is_read_as_far_as_it_is_known() -> None:
    recipe = TuningRecipe("a", 2, 3)
    assert TuningRecipe.from_json(recipe.to_json() | {"share": 0.5, "new": 1}) == recipe
