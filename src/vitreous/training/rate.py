"""The learning rate by measuring: a range test on a network that is thrown away, read together with what is usual.

    rate(t) = usual · 10^(−2 + 3.5 t / T)          one step of the training at each, on other batches; T steps are at most 4.5 % of its steps
    bottom  = the rate at which the smoothed loss is lowest: behind it the steps are too large
    pick    = √(usual · bottom / DIVIDED), at most bottom / 2

The test is Smith's ("Cyclical learning rates for training neural networks", 2017, section 3.3). Its curve comes from few and noisy losses, so it only
moves the recipe's rate, and is left aside where the loss falls no further than noise would make it: a rate that served on other data is evidence too.
The bottom divided by ten is the older rule of fastai; on a quadratic of curvature λ the bottom lies at the limit of stability 2 / λ.

All is a function of the recipe (seed) and the pictures. Nothing of it reaches the training but the rate, which its recipe stores.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from math import sqrt
from typing import Any

import numpy as np
import torch

from vitreous.fit.pictures import Pictures
from vitreous.fit.softmax import Floats, Ints
from vitreous.training.bench import Bench, bench, draws_numbers, seed_step
from vitreous.training.loop import NotFinite, learn
from vitreous.training.pictures import Batches, Standard, order_of
from vitreous.training.position import Position
from vitreous.training.recipe import Recipe

SHARE = 0.045  # of the training's steps; building the network, too, must fit into a twentieth of its time
FEWEST, MOST = 12, 100  # steps of a test
BELOW, DECADES = 2.0, 3.5  # it begins at a hundredth of the usual rate, and would end at thirty times
DIVIDED = 10.0
_EXPLODED = 4.0  # times the first loss: then the test ends
_LEAST = 5  # losses
_NOISES = 3.0  # by so many deviations of the noise the loss must fall


@dataclass(frozen=True)
class RateCurve:
    """What was measured and picked. `rates` [T] and `losses` [T] of a range test; `usual`: the recipe's own rate; `bottom`: None where the curve
    says nothing; `steps`: of the training that it was measured for."""

    rates: tuple[float, ...]
    losses: tuple[float, ...]
    usual: float
    bottom: float | None
    pick: float
    steps: int

    @property
    def finding(self) -> str:
        """What is said of it, in a sentence."""
        if not self.rates:
            return f"Rate {self.pick:.3g}, the usual one: the training is too short to measure it."
        if self.bottom is None:
            return f"Rate {self.pick:.3g}, the usual one: in {len(self.rates)} steps at rising rates the loss fell no further than its noise."
        lowest = f"in {len(self.rates)} steps at rising rates the loss was lowest at {self.bottom:.3g}"
        return f"Rate {self.pick:.3g}: {lowest}; {self.usual:.3g} is usual here."

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def measured_rate(recipe: Recipe, pictures: Pictures, target: Ints, standard: Standard) -> RateCurve:
    """The rate for this recipe, whose own is taken as the usual one. Costs at most a twentieth of the training."""
    batches = Batches(pictures, target, standard, torch.device(recipe.device), recipe.channels_last)
    made = bench(recipe, batches, batches)
    steps = recipe.epochs * len(made.parts)
    tried = min(MOST, int(SHARE * steps))
    if tried < FEWEST:
        return RateCurve((), (), recipe.rate, None, recipe.rate, steps)
    return read_curve(*range_test(made, tried), recipe.rate, steps)


def range_test(made: Bench, count: int) -> tuple[list[float], list[float]]:
    """The rates, and the loss before each step, of at most `count` steps of `made`, which is used up. It ends early where the loss explodes."""
    factors = 10 ** (np.linspace(0, DECADES, count) - BELOW)
    made, position = replace(made, factor=lambda step: float(factors[step]), average=None), Position()
    order, draws = order_of(len(made.learned), made.recipe.seed, 0), draws_numbers(made.net)
    made.net.train()
    with torch.random.fork_rng(devices=[]):
        for step in range(count):
            position.done = 0
            if draws:
                seed_step(made.recipe, step)
            try:
                learn(made, position, order[made.parts[step % len(made.parts)]], _NoNames())
            except NotFinite:
                break
            if position.steps[-1]["loss"] > _EXPLODED * position.steps[0]["loss"]:
                break
    return [each["rate"] for each in position.steps], [each["loss"] for each in position.steps]


def read_curve(rates: Sequence[float], losses: Sequence[float], usual: float, steps: int) -> RateCurve:
    """The pick of a curve. Rates rise; losses are those before each step."""
    bottom = _bottom(np.asarray(rates, float), np.asarray(losses, float))
    pick = usual if bottom is None else min(sqrt(usual * bottom / DIVIDED), bottom / 2)
    return RateCurve(tuple(rates), tuple(losses), usual, bottom, pick, steps)


def smoothed(losses: Floats) -> Floats:
    """Each the mean of itself and its neighbours, of as many on one side as on the other."""
    return np.array([np.mean(losses[max(0, at - 1, 2 * at - len(losses) + 1) : at + 2 if at else 1]) for at in range(len(losses))])


def _bottom(rates: Floats, losses: Floats) -> float | None:
    """The rate with the lowest smoothed loss; None where the fall is within the noise, or there are too few steps."""
    numbers = np.cumprod(np.isfinite(losses)).astype(bool)  # up to the first that is none
    rates, losses = rates[numbers], losses[numbers]
    if len(losses) < _LEAST:
        return None
    curve, early = smoothed(losses), max(4, len(losses) // 4)
    lowest = int(np.argmin(curve))
    noise = float(np.std(np.diff(losses[: max(early, lowest + 1)]), ddof=1)) / sqrt(2)
    if losses[:early].mean() - curve[lowest] <= _NOISES * noise:
        return None
    return float(rates[max(0, lowest - 1)])  # a loss is that before its step: the rate before it made it


class _NoNames(Sequence[str]):
    """Names of pictures for a message that nobody reads."""

    def __len__(self) -> int:
        return 0

    def __getitem__(self, at: Any) -> Any:
        return ""
