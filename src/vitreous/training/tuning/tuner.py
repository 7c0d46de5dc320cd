"""Tuning for as long as the minutes last: the deepest stages from the probe on, then further into the network, each phase kept only where
pictures that it did not learn from want it.

    phase   cut the network; what lies before runs once for every view of a picture, in the engine
            learn tail and head from where the last phase ended, holding pictures out
            go as far towards what was learned as the held-out pictures want
            if there is time: learn once more, held-out pictures too, and go as far

Held out are the validation part, or a fifth of the training part; with little data every picture, in turns. `planning` chooses the recipe of a
phase. It is stored when the phase begins, and every training in it when that ends, so that a killed tuning goes on to the same bits.

Source: A. Kumar et al., "Fine-Tuning can Distort Pretrained Features and Underperform Out-of-Distribution", ICLR 2022 (probe first, then tune).
"""

import time
from dataclasses import dataclass, replace

import numpy as np

from vitreous.core.text import plural, visible
from vitreous.errors import ModelError
from vitreous.fit.expecting import of_tuning
from vitreous.fit.improving import Forecast, Improved, Start
from vitreous.fit.pictures import Pictures
from vitreous.layers.cuts import behind, places_to_cut
from vitreous.layers.walk import read_walk
from vitreous.training.augment import parse
from vitreous.training.augment.judge import MOST_PICTURES, kept_meaning
from vitreous.training.hardware import repeatable, threads_for
from vitreous.training.tuning.frozen import Frozen, bytes_of_a_view, frozen, room
from vitreous.training.tuning.judged import SHARES
from vitreous.training.tuning.measuring import Measured, measured
from vitreous.training.tuning.memory import Memory
from vitreous.training.tuning.phase import Phase, begin
from vitreous.training.tuning.planning import MOST_VIEWS, Chosen, Costs, choose, least
from vitreous.training.tuning.recipe import TuningRecipe, own_batch

# A view of a picture, of what the whole network takes for it: a little less work, and the augmentation.
_OF_A_PASS = 0.9


@dataclass(frozen=True)
class Tuner:
    """See `vitreous.fit.improving.Improver`. `augment`: see `vitreous.training.augment`. `given`: the recipes of a run that is repeated."""

    augment: str = "auto"
    seed: int = 0
    given: tuple[TuningRecipe, ...] = ()

    def improve(self, start: Start) -> Improved:
        memory = Memory.of(start.work.state, self.given, start.work.folder.name)
        with repeatable(threads_for(None)[0]):
            return _All(self, start, memory).run()


class _All:
    """The phases, one after the other."""

    def __init__(self, tuner: Tuner, start: Start, memory: Memory) -> None:
        self.tuner, self.start, self.memory, self.say = tuner, start, memory, start.work.say
        self.deadline = time.perf_counter() + start.seconds
        self.walk, size = read_walk(start.network.data), start.view.size
        values = self.walk.values({"image": np.zeros((1, size, size, 3), np.uint8)})
        self.values = {name: value for name, value in values.items() if value.ndim}
        self.places = places_to_cut(self.walk, self.values)
        self.state = begin(start, memory.epochs)
        self.forecast: Forecast | None = None
        self.step = 0.0  # seconds a picture, in the last phase: from an earlier cut on it takes longer

    @property
    def left(self) -> float:
        return self.deadline - time.perf_counter()

    def run(self) -> Improved:
        start = self.start
        if not self.places:
            self.say("No tuning: this network has no place where it can be cut.")
        elif not self.memory.recipe(0) and (takes := self.at_least(0.0)) > self.left:
            self.tell_least(takes)
        else:
            pictures = start.pictures()[np.arange(start.parts.train + start.parts.validation)]
            augment = self.augment(pictures)
            for number, cut in enumerate(self.places):
                shape, given = self.values[cut].shape[1:], self.memory.recipe(number)
                if not given and (self.memory.follows or (number and self.at_least(self.step) > self.left)):
                    break
                most = given.views if given else min(MOST_VIEWS, room() // bytes_of_a_view(len(pictures), shape))
                if most < 2:
                    least_bytes = 2 * bytes_of_a_view(len(pictures), shape)
                    self.say(f"No room on the disk to tune from {visible(cut)} on: {least_bytes / 1e9:.1f} GB at least.")
                    break
                allowed, seed = parse(augment, start.view.size), self.tuner.seed + number
                with frozen(start.network, start.setting, cut, shape, pictures, most, allowed, seed) as kept:
                    if not self.phase(number, kept, given, augment):
                        break
        return Improved(self.state.best, self.state.network, self.forecast)

    def at_least(self, step: float) -> float:
        """Seconds of the smallest phase, whose steps take so many for a picture: said before a picture is touched, by the engine's rate, if known."""
        rate = self.start.setting.rate
        frozen_seconds = _OF_A_PASS / rate if rate else 0.0
        return least(Costs(frozen_seconds, step, self.state.lines_of(), self.state.all_again, len(SHARES)), made=0)

    def augment(self, pictures: Pictures) -> str:
        """What is done to the pictures; what was found to change their meaning is left out."""
        if self.memory.recipes:
            return self.memory.recipes[0].augment
        target, size = self.start.parts.target, self.start.view.size
        few = np.random.default_rng(self.tuner.seed).permutation(self.start.parts.train)[:MOST_PICTURES]
        if target.ndim > 1:
            return parse(self.tuner.augment, size).text
        allowed, said = kept_meaning(self.tuner.augment, size, pictures.take(few), target[few], self.tuner.seed)
        for sentence in said:
            self.say(sentence)
        return allowed.text

    def phase(self, number: int, kept: Frozen, given: TuningRecipe | None, augment: str) -> bool:
        """Whether it made something better, so that another may follow."""
        try:
            phase = Phase(self.start, self.state, self.memory, number, self.walk, self.values, kept)
            recipe = given or self.chosen(phase, augment)
        except ModelError as error:
            self.say(f"No tuning from {visible(kept.cut)} on: {error}.")
            return False
        if recipe is None:
            return False
        if not given:
            self.memory.begin(number, recipe)
        self.start.work.keep(self.state.best, self.memory.files())
        while kept.made < recipe.views:
            phase.add_view(recipe.views)
        return phase.tune(recipe, lambda: self.left)

    def chosen(self, phase: Phase, augment: str) -> TuningRecipe | None:
        """The recipe that fits into the minutes that are left, said; None where nothing does."""
        found = measured(phase)  # before there is a view: what the numbers are does not matter to a step
        self.step = found.seconds
        if (takes := self.at_least(self.step)) > self.left:
            if not phase.number:
                self.tell_least(takes)
            return None
        phase.add_view(1)
        costs = Costs(phase.frozen_seconds, found.seconds, self.state.lines_of(), self.state.all_again, len(SHARES))
        plan = choose(costs, self.left, len(phase.kept.bits))
        if plan is None:
            if not phase.number:
                self.tell_least(least(costs))
            return None
        self.tell_room(phase, plan, choose(costs, self.left, MOST_VIEWS))
        batch = own_batch(min(learned for learned, _ in costs.lines))
        cut, numbers = phase.kept.cut, found.number_format
        recipe = TuningRecipe(cut, plan.views, plan.epochs, plan.refit, batch, augment=augment, number_format=numbers, seed=self.tuner.seed)
        self.tell(phase, recipe, plan, found)
        self.expect(phase, costs, plan)
        return recipe

    def tell_least(self, takes: float) -> None:
        minutes = (time.perf_counter() - self.start.work.begun + takes + self.start.ending) / 60
        left = f"{max(0.0, self.left):.0f} s are left of the minutes allowed, and it takes {takes:.0f} s at least"
        self.say(f"No tuning: {left}; --minutes {np.ceil(10 * minutes) / 10:.1f} would be enough for it.")

    def tell_room(self, phase: Phase, plan: Chosen, wished: Chosen | None) -> None:
        """Where the disk has room for fewer views than there would be time for."""
        if wished is None or wished.views <= plan.views:
            return
        a_view = bytes_of_a_view(len(phase.kept.pictures), phase.kept.bits.shape[2:])
        why = f"half of what is free on the disk holds no more ({a_view / 1e9:.2f} GB each)"
        self.say(f"{plural(plan.views, 'view')} of each picture where there would be time for {wished.views}: {why}.")

    def tell(self, phase: Phase, recipe: TuningRecipe, plan: Chosen, found: Measured) -> None:
        gigabytes = recipe.views * bytes_of_a_view(len(phase.kept.pictures), phase.kept.bits.shape[2:]) / 1e9
        again = ", then once more with what was held out" if recipe.refit else ""
        self.say(
            f"Tuning {phase.number + 1}: {plural(found.weights, 'weight')} from {visible(recipe.cut)} on, {plural(recipe.epochs, 'epoch')} of "
            f"{recipe.views} views{again}; judged on {self.state.what}; {found.said}; {gigabytes:.2f} GB on disk while it lasts; "
            f"about {plan.seconds:.0f} s."
        )

    def expect(self, phase: Phase, costs: Costs, plan: Chosen) -> None:
        """Said once, before the first phase."""
        parts = self.start.parts
        if parts.target.ndim > 1 or phase.number:
            return
        test = len(parts.target) - parts.train - parts.validation
        seconds = time.perf_counter() - self.start.work.begun + self.until_the_end(costs, plan) + self.start.ending
        self.forecast = of_tuning(self.state.accuracy, self.state.held, test or parts.train, seconds)
        self.say(self.forecast.sentence)

    def until_the_end(self, costs: Costs, plan: Chosen) -> float:
        """Seconds of the first phase, and of those for which there is time behind it if each gains something. A step behind an earlier cut takes as
        much longer as more numbers are made there."""
        numbers = [sum(self.values[node.outputs[0]].size for node in behind(self.walk, cut)) for cut in self.places]
        seconds = plan.seconds
        for count in numbers[1:]:
            later = replace(costs, step=costs.step * count / numbers[0])
            if (then := choose(later, self.left - seconds)) is None:
                break
            seconds += then.seconds
        return seconds
