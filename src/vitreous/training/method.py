"""`--net NAME` of the catalogue, trained from scratch with torch: the way of learning that `vitreous.fit.training` is given. Needs torch only when
the learning begins."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np

from vitreous.core.item import Item
from vitreous.core.text import visible
from vitreous.errors import ModelError, UsageError, nearest
from vitreous.fit.improving import Improved, Improver, Start
from vitreous.fit.methods import SHIPPED, SMALL, FromScratch, Method, look_at_some
from vitreous.fit.pictures import IN_MEMORY
from vitreous.fit.settings import TrainSettings
from vitreous.fit.small.pixels import pixels_network
from vitreous.infer.machine import this_machine
from vitreous.nets.catalogue import CATALOGUE, PUBLISHED, entry
from vitreous.training.recipe import Recipe, own_batch, require_loss_for, usual_epochs

# The side of what has no convolutions, at most: every pixel has weights of its own there.
_FLAT, _FLAT_SIDE = ("perceptron", "adaline", "madaline", "linear", "mlp"), 28
# Smaller pictures are enlarged to this: networks of convolutions throw borders away.
_LEAST_SIDE = 28
# Multiply-adds a second of a core in training, and seconds a step that are there for any network: only for the plan's line.
_RATE, _STEP_SECONDS = 5e9, 0.0015


def from_scratch(settings: TrainSettings, given: Recipe | None = None) -> FromScratch | None:
    """The way of learning, where the settings ask for a network that torch is to learn; `given`: the recipe of a run that is repeated.

    Raises ModelError where torch is asked for and missing, UsageError where the network cannot be trained so.
    """
    name, trainer = settings.net or SHIPPED, settings.trainer or "auto"
    pretrained = given is None and name in (SHIPPED, *PUBLISHED)
    if trainer == "numpy" or (trainer == "auto" and (pretrained or name not in CATALOGUE)):
        return None
    if name not in CATALOGUE:
        needed = "a network of the catalogue: vitreous nets lists them"
        raise UsageError(f"--trainer torch with --net {visible(name)}", needed=needed, remedy=nearest(name, CATALOGUE))
    if stray := settings.for_foreign_files:
        raise UsageError(f"--{stray[0]} with --net {name}", needed="--net FILE.onnx: the other networks know it themselves")
    missing = [package for package in ("torch", "safetensors") if find_spec(package) is None]
    if missing:
        if trainer == "auto" and name in SMALL and not settings.from_scratch:
            return None
        raise ModelError(f"{name} cannot be trained", needed=" and ".join(missing), remedy='pip install "vitreous[train]"')
    return lambda settings, items, task: _method(settings, items, name, task, given)


@dataclass(frozen=True)
class Tuning:
    """The improver of pretrained networks, imported when it begins. `phases`: of a run that is repeated, as its run.json has them."""

    seed: int
    phases: Sequence[Mapping[str, Any]] = ()

    def improve(self, start: Start) -> Improved:
        from vitreous.training.tuning.recipe import TuningRecipe
        from vitreous.training.tuning.tuner import Tuner

        return Tuner(seed=self.seed, given=tuple(TuningRecipe.from_json(each) for each in self.phases)).improve(start)


def improver(settings: TrainSettings, phases: Sequence[Mapping[str, Any]] = ()) -> Improver | None:
    """What goes on behind the probe; None where the settings want none, or torch is missing."""
    missing = any(find_spec(package) is None for package in ("torch", "safetensors"))
    return None if missing or settings.tune == "none" else Tuning(settings.seed, phases)


def _method(settings: TrainSettings, items: Sequence[Item], name: str, task: str, given: Recipe | None) -> Method:
    from vitreous.training.augment import parse
    from vitreous.training.choosing import require_batch
    from vitreous.training.hardware import device_for
    from vitreous.training.learner import ScratchLearner

    grey, side = look_at_some(items, settings.policy)
    channels, size = (given.channels, given.size) if given else (1 if grey else 3, settings.size or own_size(name, side))
    if size < entry(name).smallest:
        raise UsageError(
            f"{name} cannot be trained", f"pictures of {size} pixels", f"{entry(name).smallest} pixels or more", "choose a larger --size"
        )
    require_loss_for(task, settings)
    # what cannot be is said before the pictures are read
    device_for(settings.device)
    parse(settings.augment or "none", size)
    if settings.batch is not None:
        require_batch(name, settings.batch, channels, size)
    network = pixels_network(size, channels)
    colours = "grey" if channels == 1 else "colour"
    says = f"{name}, trained from {size} × {size} {colours} pixels on, with torch" + (", a sigmoid for each label" if task == "multilabel" else "")
    learner = ScratchLearner(name, channels, size, settings, given)
    remarks = []
    if name == "madaline":
        remarks.append("The sign has no slope: of MADALINE only the output units learn by the gradient; its own rule is in vitreous.nets.madaline.")
    if len(items) * size * size * channels > IN_MEMORY:
        remarks.append("The pictures are too many for memory: they are read from the cache folder, in the order in which they are needed.")
    seconds = _seconds(name, size, settings)
    return Method(says, learner, (network.view,), network, measured=False, seconds=seconds, channels=channels, remarks=remarks)


def own_size(name: str, side: int) -> int:
    """The side of the pictures for a network: that of its paper, or less where the pictures themselves are smaller (`side`: of the most)."""
    found = entry(name)
    usual = _FLAT_SIDE if name in _FLAT else found.size
    return int(np.clip(side or usual, min(usual, max(found.smallest, _LEAST_SIDE)), usual))


def _seconds(name: str, size: int, settings: TrainSettings) -> Callable[[int, int], float]:
    found = entry(name)

    def seconds(pictures: int, classes: int) -> float:
        epochs = settings.epochs or usual_epochs(pictures)
        steps = epochs * -(-pictures // (settings.batch or own_batch(name, pictures)))
        work = 3 * found.multiply_adds * (size / found.size) ** 2 * pictures * epochs / (_RATE * this_machine().cores)
        total = steps * _STEP_SECONDS + work
        return total if settings.minutes is None else min(total, 60 * settings.minutes)

    return seconds
