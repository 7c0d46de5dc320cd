"""A few timed steps of a tail, in each number format that may pay, on weights that are thrown away."""

import time
from dataclasses import dataclass
from functools import partial

from torch import Tensor

from vitreous.infer.openvino_engine import native_bf16
from vitreous.training.tuning.phase import Phase
from vitreous.training.tuning.planning import timed
from vitreous.training.tuning.recipe import TuningRecipe
from vitreous.training.tuning.tuning import Tuning

_SECONDS = 1.0
_CLEARLY = 1.1  # bf16 is taken where it is faster by this factor


@dataclass(frozen=True)
class Measured:
    """`seconds` a picture that is learned from; how many `weights` learn."""

    number_format: str
    seconds: float
    weights: int
    said: str


def measured(phase: Phase) -> Measured:
    """Raises ModelError for a tail that cannot be learned."""
    formats = ["f32", "bf16"] if native_bf16() else ["f32"]
    seconds: dict[str, float] = {}
    weights = 0
    for name in formats:
        recipe = TuningRecipe(phase.kept.cut, 1, 1, number_format=name)
        tuning = phase.tuning(recipe, phase.state.lines[0])
        weights = sum(each.numel() for each in tuning.parameters)
        rows = phase.state.lines[0].learned[: recipe.batch]
        X = phase.kept.take(rows)
        seconds[name] = timed(partial(_forth_and_back, tuning, X), time.perf_counter, _SECONDS) / len(rows)
    best = "bf16" if len(seconds) > 1 and seconds["f32"] > _CLEARLY * seconds["bf16"] else "f32"
    told = ", ".join(f"{'fp32' if name == 'f32' else name} {1 / each:,.0f} pictures/s" for name, each in seconds.items())
    return Measured(best, seconds[best], weights, told)


def _forth_and_back(tuning: Tuning, X: Tensor) -> None:
    tuning.logits(X).sum().backward()
