"""A few timed steps of a tail, in each number format that may pay, on weights that are thrown away."""

import time
from dataclasses import dataclass
from functools import partial

from vitreous.infer.openvino_engine import native_bf16
from vitreous.training.tuning.phase import Phase
from vitreous.training.tuning.planning import timed
from vitreous.training.tuning.recipe import TuningRecipe

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
        X, target = phase.kept.take(rows), phase.target(rows)
        step = partial(tuning.step, tuning.optimizer(), tuning.loss_of(target), X, tuning.truth(target))
        seconds[name] = timed(step, time.perf_counter, _SECONDS) / len(rows)
    best = "bf16" if len(seconds) > 1 and seconds["f32"] > _CLEARLY * seconds["bf16"] else "f32"
    told = ", ".join(f"{'fp32' if name == 'f32' else name} {1 / each:,.0f} pictures/s" for name, each in seconds.items())
    return Measured(best, seconds[best], weights, told)
