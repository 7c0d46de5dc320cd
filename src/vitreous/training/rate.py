"""The learning rate by measuring: a range test on a network that is thrown away (`--rate auto`).

    rate(t) = usual · 10^(−2 + 3.5 t / T)          one step of the training at each, on other batches; T steps are at most a twenty-fifth of its steps

The test is Smith's ("Cyclical learning rates for training neural networks", 2017, section 3.3); how its curve is read stands in
`vitreous.training.rate_curve`. All is a function of the recipe (seed) and the pictures. Nothing of it reaches the training but the rate, which its
recipe stores with the curve.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from vitreous.fit.objective import Target
from vitreous.fit.pictures import Pictures
from vitreous.training.bench import Bench, bench, draws_numbers, seed_step
from vitreous.training.divergence import NotFinite
from vitreous.training.hardware import own_generator
from vitreous.training.loop import learn
from vitreous.training.pictures import Batches, Standard, order_of
from vitreous.training.position import Position
from vitreous.training.rate_curve import RateCurve, read_curve
from vitreous.training.recipe import Recipe

SHARE = 0.04  # of the training's steps; building the network, too, must fit into a twentieth of its time
FEWEST, MOST = 12, 100  # steps of a test
BELOW, DECADES = 2.0, 3.5  # it begins at a hundredth of the usual rate, and would end at thirty times
EXPLODED = 4.0  # times the first loss: then the test ends


def with_measured_rate(recipe: Recipe, pictures: Pictures, target: Target, standard: Standard) -> Recipe:
    """The same recipe at the rate that was measured for it, with its curve; its own rate is taken as the usual one."""
    curve = measured_rate(recipe, pictures, target, standard)
    return replace(recipe, rate=curve.pick, rate_curve=curve)


def measured_rate(recipe: Recipe, pictures: Pictures, target: Target, standard: Standard) -> RateCurve:
    """The rate for this recipe, whose own is taken as the usual one. Costs at most a twentieth of the training."""
    batches = Batches(pictures, target, standard, torch.device(recipe.device), recipe.channels_last)
    made = bench(recipe, batches, batches)
    steps = recipe.epochs * len(made.parts)
    tried = min(MOST, int(SHARE * steps))
    if tried < FEWEST:
        return RateCurve((), (), recipe.rate, None, recipe.rate, steps)
    rates = recipe.rate * 10 ** (np.linspace(0, DECADES, tried) - BELOW)
    return read_curve(*range_test(made, rates.tolist()), recipe.rate, steps)


def range_test(made: Bench, rates: Sequence[float], exploded: float = EXPLODED) -> tuple[list[float], list[float]]:
    """The rates, and the loss before each step, of one step of `made` at each of `rates`; it is used up. Ends early where the loss is more than
    `exploded` times the first one, or no number."""
    made = replace(made, factor=lambda step: rates[step] / made.recipe.rate, average=None)
    position, order, draws = Position(), order_of(len(made.learned), made.recipe.seed, 0), draws_numbers(made.net)
    made.net.train()
    with own_generator(made.recipe.device):
        for step in range(len(rates)):
            position.done = 0
            if draws:
                seed_step(made.recipe, step)
            try:
                learn(made, position, order[made.parts[step % len(made.parts)]], _NoNames())
            except NotFinite:
                break
            if position.steps[-1]["loss"] > exploded * position.steps[0]["loss"]:
                break
    return [each["rate"] for each in position.steps], [each["loss"] for each in position.steps]


class _NoNames(Sequence[str]):
    """Names of pictures for a message that nobody reads."""

    def __len__(self) -> int:
        return 0

    def __getitem__(self, at: Any) -> Any:
        return ""
