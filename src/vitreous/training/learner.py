"""A network of the catalogue as a learner: trained on the training part, tempered on the held-out pictures, exported with all that is needed.

Held out is the validation part where it is large enough, else a tenth of the training part, which the network then never learns from. Where
test pictures are few, the training part is asked out of fold besides, by three more trainings, if these take no longer than a minute or there are
minutes for them.
"""

import time
from copy import deepcopy
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from vitreous.core.text import visible
from vitreous.data.split import hold_out
from vitreous.fit.classifier import HeldOut, Parts, Progress, Work
from vitreous.fit.head import Ints
from vitreous.fit.link import Link, Sigmoids, Softmax
from vitreous.fit.objective import SIGMOIDS, SOFTMAX, Objective
from vitreous.fit.probe import ENOUGH_VALIDATION
from vitreous.fit.settings import TrainSettings
from vitreous.fit.testing import FEW_TEST
from vitreous.training.bench import Bench, bench
from vitreous.training.choosing import choose, require_device
from vitreous.training.classifier import ScratchClassifier
from vitreous.training.coach import Context, read
from vitreous.training.coach.before import before
from vitreous.training.coach.meanwhile import Meanwhile
from vitreous.training.divergence import NotFinite
from vitreous.training.hardware import repeatable
from vitreous.training.held_out import logits_of
from vitreous.training.interrupts import put_off
from vitreous.training.judging import sound
from vitreous.training.keeping import Clock
from vitreous.training.loop import TIME_OVER, train
from vitreous.training.path import WeightPath
from vitreous.training.pictures import Batches, Standard, standard_of
from vitreous.training.position import Position
from vitreous.training.recipe import Recipe
from vitreous.training.recording import ended_early, epoch_line, training_facts
from vitreous.training.speed import in_smaller_pieces
from vitreous.training.state import recipe_of, restore, to_files

HELD_OUT = 0.1
# Of the time allowed for the network itself, where as long a training of two thirds of the pictures follows for each fold.
_OWN_SHARE = 1 / 3
_ASKED_AGAIN = 5000  # training pictures, at the end, for the gap


@dataclass(frozen=True)
class ScratchLearner:
    """`net` of the catalogue for pictures of `channels` and `size`; `given`: the recipe of a run that is repeated."""

    net: str
    channels: int
    size: int
    settings: TrainSettings
    given: Recipe | None = None
    work: Work | None = None

    def within(self, work: Work) -> "ScratchLearner":
        return replace(self, work=work)

    def fit(self, parts: Parts, progress: Progress) -> ScratchClassifier:
        enough = parts.validation >= ENOUGH_VALIDATION
        learned = np.arange(parts.train)
        held = validation = np.arange(parts.train, parts.train + parts.validation)
        if not enough:
            apart = _held_of_training(parts)
            learned, held = np.flatnonzero(~apart), np.flatnonzero(apart)
        return _Fit(self, parts, learned, held, held if enough else np.concatenate([held, validation]), progress).run()


class _Fit:
    """One training with what it takes: `learned` from, `held` out to judge by, `asked` at last."""

    def __init__(self, learner: ScratchLearner, parts: Parts, learned: Ints, held: Ints, asked: Ints, progress: Progress) -> None:
        self.learner, self.parts, self.progress = learner, parts, progress
        self.learned, self.held, self.asked = learned, held, asked
        self.work = learner.work
        self.stored: tuple[int, ScratchClassifier] | None = None

    def run(self) -> ScratchClassifier:
        pictures, target = self.parts.features, self.parts.target
        standard = standard_of(pictures[self.learned], self.learner.channels)
        recipe, deadline = self.recipe(standard)
        with repeatable(recipe.threads, recipe.device):
            device = torch.device(recipe.device)
            learned, held = (Batches(pictures[rows], target[rows], standard, device, recipe.channels_last) for rows in (self.learned, self.held))
            made, position = self.trained(recipe, learned, held, deadline)
            if self.work:
                if ended := ended_early(recipe, position):
                    self.work.say(ended)
                for finding in read(position.history, position.steps, Context.of(recipe.to_json())):
                    self.work.say(str(finding))
            if position.stopped == TIME_OVER:
                made.recipe = replace(made.recipe, last=position.epoch - 1)
            made.net.load_state_dict(made.best or made.net.state_dict())
            return self.classifier(made, position)

    def trained(self, recipe: Recipe, learned: Batches, held: Batches, deadline: float | None) -> tuple[Bench, Position]:
        """Begun or gone on with, and followed to the end; where memory runs out before the first step, begun again with fewer pictures at a time."""
        say = self.work.say if self.work else _nothing
        while True:
            made, position = bench(recipe, learned, held), Position()
            made.path = WeightPath.of(made.net) if self.work and self.learner.settings.keep_path else None
            if self.work and self.work.state:
                position = restore(made, self.work.state, self.work.folder.name)
                say(f"Going on behind step {position.step:,}, in epoch {min(position.epoch, recipe.epochs)} of {recipe.epochs}.")
            try:
                if self.work and not self.work.state:
                    found = before(made)
                    position.before = [finding.to_json() for finding in found]
                    for finding in found:
                        say(f"Before the first step. {finding}")
                self.follow(made, position, deadline)
                return made, position
            except (MemoryError, RuntimeError) as error:
                recipe, remark = in_smaller_pieces(recipe, error, position.step)
                say(remark)

    def recipe(self, standard: Standard) -> tuple[Recipe, float | None]:
        """The recipe, and when the last epoch begins: of an interrupted training, of one that is done again, or a new one."""
        learner, given = self.learner, self.learner.given
        if self.work and self.work.state:
            given = recipe_of(self.work.state, self.work.folder.name)
        if given:
            require_device(given)
            return given, None
        share = _OWN_SHARE if has_few_to_test(self.parts) else 1.0
        shape, pictures, target = (
            (self.parts.classes, learner.channels, learner.size),
            self.parts.features[self.learned],
            self.parts.target[self.learned],
        )
        say = self.work.say if self.work else _nothing
        spent = time.perf_counter() - self.work.begun if self.work else 0.0
        return choose(learner.settings, learner.net, shape, pictures, target, len(self.held), standard, share, say, spent)

    def follow(self, made: Bench, position: Position, deadline: float | None) -> None:
        """Run the loop, tell how it goes, and store where it stands now and then."""
        total, clock, begun = made.recipe.epochs * len(made.parts), Clock(), time.monotonic() - position.seconds
        names = [self.work.names[row] for row in self.learned] if self.work else []
        meanwhile = Meanwhile(Context.of(made.recipe.to_json()), position.history)
        with put_off() as asked:

            def pause() -> bool:
                self.progress(f"training {made.recipe.net}", position.step, total)
                if self.work and clock.due():
                    position.seconds = time.monotonic() - begun
                    clock.save(lambda: self.store(made, position))
                return bool(asked)

            def told() -> None:
                if self.work:
                    found = "" if position.stopped else meanwhile.read(position.history, position.steps)
                    self.work.epoch(epoch_line(made.recipe, position, len(made.learned)) + found, position.history)

            try:
                if not train(made, position, names, pause, told, deadline):
                    self.store(made, position)
                    asked.heed()
            except NotFinite as error:
                if self.store_good(made, position) and self.work:
                    error.add_note(f"the best weights so far are kept in {visible(str(self.work.folder))}")
                raise
        self.progress(f"training {made.recipe.net}", total, total)

    def store(self, made: Bench, position: Position) -> None:
        """The state between two steps, with the best model so far; before the first epoch's end, with the network as it is."""
        if self.work is None:
            return
        if not made.best:
            now = replace(made, best=_copied(made.net))
            self.work.keep(self.classifier(with_best(now), position, finished=False), to_files(now, position))
            return
        if self.stored is None or self.stored[0] != position.best:
            self.stored = (position.best, self.classifier(with_best(made), position, finished=False))
        self.work.keep(self.stored[1], to_files(made, position))

    def store_good(self, made: Bench, position: Position) -> bool:
        """After a loss that is no number: the last good weights, as a model, without a state to go on from; whether there are such."""
        good = made if made.best else replace(made, best=_copied(made.net))
        if self.work is None or not all(bool(torch.isfinite(value).all()) for value in good.best.values()):
            return False
        model = with_best(good)
        if len(made.held) and not sound(logits_of(model)):
            return False
        return self.work.keep(self.classifier(model, position, finished=False), {})

    def classifier(self, made: Bench, position: Position, finished: bool = True) -> ScratchClassifier:
        """Of the bench's weights as they are."""
        logits = logits_of(replace(made, average=None, recipe=replace(made.recipe, number_format="f32"))).numpy() if len(made.held) else None
        link = _objective(made.recipe).link(logits, self.parts.target[self.held]) if logits is not None else _plain_link(made.recipe)
        net = deepcopy(made.net).to("cpu", memory_format=torch.contiguous_format).eval()
        chosen_on = f"{len(self.held)} {'validation pictures' if len(self.asked) == len(self.held) else 'training pictures held out'}"
        plain = ScratchClassifier(self.learner, net, made.learned.standard, link, chosen_on, made.recipe, position)
        known = HeldOut(self.asked, plain.probability(self.parts.features[self.asked]))
        if not finished:
            return replace(plain, held_out=known)
        some, target = self.learned[:: max(1, len(self.learned) // _ASKED_AGAIN)], self.parts.target
        facts = training_facts(plain.probability(self.parts.features[some]), target[some], known.probability[: len(self.held)], target[self.held])
        return replace(plain, held_out=known, facts=facts, path=made.path.to_bytes() if made.path else b"")


def with_best(made: Bench) -> Bench:
    """The same with the best weights in the place of the present ones, in a network of its own."""
    net = deepcopy(made.net)
    net.load_state_dict(made.best)
    return replace(made, net=net, average=None)


def _copied(net: nn.Module) -> dict[str, torch.Tensor]:
    return {name: value.detach().clone() for name, value in net.state_dict().items()}


def _nothing(sentence: str) -> None:
    """A training inside another one tells nothing."""


def has_few_to_test(parts: Parts) -> bool:
    """Whether a class has so few test pictures that the training part will be asked out of fold. They are counted, not looked at."""
    test = parts.target[parts.train + parts.validation :]
    counts = np.bincount(test, minlength=parts.classes) if test.ndim == 1 else (test == 1).sum(0)
    return bool(counts.min() < FEW_TEST)


def _objective(recipe: Recipe) -> Objective:
    return SIGMOIDS if recipe.several else SOFTMAX


def _plain_link(recipe: Recipe) -> Link:
    """Where no picture is held out to calibrate on."""
    return Sigmoids(np.ones(recipe.classes, np.float32), np.zeros(recipe.classes, np.float32)) if recipe.several else Softmax()


def _held_of_training(parts: Parts) -> NDArray[np.bool_]:
    """Which training pictures are held out, [train]; none where all belong together."""
    rows = slice(0, parts.train)
    groups = parts.groups[rows]
    return hold_out(parts.target[rows], groups, HELD_OUT, parts.seed) if len(np.unique(groups)) > 1 else np.zeros(parts.train, bool)
