"""What a tuning has behind it, as files of a run that is not finished: the recipe of every phase that was begun, and the weights that every
training in them ended with.

    state/tuning.json           recipes, and what was recorded of every epoch
    state/tuning.safetensors    weights, by phase and training: a training that is there need not be done again
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from vitreous.core.text import visible
from vitreous.errors import RunError
from vitreous.training.tuning.recipe import TuningRecipe
from vitreous.training.tuning.tuning import Weights

RECIPES, WEIGHTS = "state/tuning.json", "state/tuning.safetensors"
_FORMAT = 1


@dataclass
class Memory:
    """`follows`: whether no phase is to be begun that has no recipe here, as where a run is repeated."""

    recipes: list[TuningRecipe] = field(default_factory=list)
    ends: dict[str, Weights] = field(default_factory=dict)
    epochs: list[dict[str, Any]] = field(default_factory=list)
    follows: bool = False

    @classmethod
    def of(cls, state: Mapping[str, bytes], given: Sequence[TuningRecipe], run: str) -> "Memory":
        """Raises RunError where the state is of another version."""
        if RECIPES not in state:
            return cls(list(given), follows=bool(given))
        from safetensors.numpy import load

        stored = json.loads(state[RECIPES])
        if stored.get("format") != _FORMAT:
            arrived = f"its state has format {visible(str(stored.get('format')))}"
            raise RunError(f"cannot go on with {visible(run)}", arrived, f"format {_FORMAT}", "train again")
        ends: dict[str, Weights] = {}
        for key, array in sorted(load(state[WEIGHTS]).items()):
            ends.setdefault(key.rpartition("/")[0], []).append(torch.from_numpy(np.array(array)))
        return cls([TuningRecipe.from_json(each) for each in stored["recipes"]], ends, stored["epochs"], bool(stored["follows"]))

    def recipe(self, phase: int) -> TuningRecipe | None:
        return self.recipes[phase] if phase < len(self.recipes) else None

    def begin(self, phase: int, recipe: TuningRecipe) -> None:
        self.recipes[phase:] = [recipe]

    def files(self) -> dict[str, bytes]:
        from safetensors.numpy import save

        arrays = {f"{key}/{place:04d}": each.numpy() for key, end in self.ends.items() for place, each in enumerate(end)}
        stored = {"format": _FORMAT, "recipes": [each.to_json() for each in self.recipes], "epochs": self.epochs, "follows": self.follows}
        return {RECIPES: json.dumps(stored).encode(), WEIGHTS: save(arrays)}
