"""The recipe of a training that begins: settings, the network's own, this machine, a few timed steps, and the epochs that fit into the minutes."""

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from torch import nn

from vitreous.core.text import plural
from vitreous.errors import RunError, UsageError
from vitreous.fit.objective import Target
from vitreous.fit.pictures import Pictures
from vitreous.fit.settings import TrainSettings
from vitreous.nets import build_outline
from vitreous.training.augment.judge import MOST_PICTURES, kept_meaning
from vitreous.training.hardware import device_for, repeatable, threads_for
from vitreous.training.pictures import Standard
from vitreous.training.rate import with_measured_rate
from vitreous.training.recipe import Recipe, most_epochs, resolve
from vitreous.training.speed import measured, multiply_adds

_OWN = 0.9  # of the minutes: export, test and report take the rest
# Multiply-adds of a whole training from which on it is worth some timed steps: about three seconds.
_WORTH_MEASURING = 3e10
_JUDGING = 1 / 3  # of what a step takes: forward only


# One layer. Fashion-MNIST, three minutes: linear learned 65.6 % with the usual augmentation and 83.5 % without (LOG.md, 2026-11-26).
_SEES_PLACES = ("linear", "perceptron", "adaline")


def choose(
    settings: TrainSettings,
    net: str,
    shape: tuple[int, int, int],
    pictures: Pictures,
    target: Target,
    held: int,
    standard: Standard,
    share: float,
    say: Callable[[str], None],
    spent: float = 0.0,
) -> tuple[Recipe, float | None]:
    """The recipe for `pictures` to learn from, of `shape` (classes, channels, size), and the time.monotonic() at which the last epoch begins.

    `held` pictures are asked after each epoch; `share` of what is left of the minutes is for this training; `spent`: seconds
    of them that are gone. Says what was decided, and why.
    Raises UsageError for settings that do not go together or with this machine, ModelError where it does not fit into memory.
    """
    device, where = device_for(settings.device)
    threads, remarks = threads_for(settings.threads)
    recipe, more = resolve(settings, net, shape, len(pictures), device, threads, target.ndim == 2)
    require_batch(net, recipe.batch, recipe.channels, recipe.size)
    if net in _SEES_PLACES and (settings.augment or "").partition(",")[0].strip() == "auto":
        recipe = replace(recipe, augment="none")
        more.append(f"No augmentation: {net} has a weight for every place, and what moves within the picture is something else to it.")
    elif settings.augment and target.ndim == 1:
        # of pictures that are learned from; the held-out ones judge what comes of it
        few = np.random.default_rng(recipe.seed).permutation(len(pictures))[:MOST_PICTURES]
        allowed, found = kept_meaning(settings.augment, recipe.size, pictures.take(few), target[few], recipe.seed)
        recipe, more = replace(recipe, augment=allowed.text), [*more, *found]
    for remark in (*remarks, *more):
        say(remark)
    steps = -(-len(pictures) // recipe.batch)
    deadline = time.monotonic() + share * (_OWN * 60 * settings.minutes - spent) if settings.minutes else None
    if deadline is not None or multiply_adds(recipe) * len(pictures) * recipe.epochs > _WORTH_MEASURING:
        with repeatable(threads, device):
            speed = measured(recipe, pictures, target, standard)
        recipe = speed.recipe
        for remark in speed.remarks:
            say(remark)
        if deadline is not None and settings.epochs is None:
            epoch = speed.seconds * (steps + _JUDGING * held / recipe.batch)
            fitting = int((deadline - time.monotonic()) / epoch)
            recipe = recipe.for_epochs(max(1, min(fitting, most_epochs(len(pictures)))), settings.patience)
    if settings.rate == "auto":
        with repeatable(threads, device):
            recipe = with_measured_rate(recipe, pictures, target, standard)
        if recipe.rate_curve:
            say(recipe.rate_curve.finding)
    if device == "cpu":
        where = f"{plural(threads, 'thread')} on {where}"
    say(
        f"Recipe: {plural(recipe.epochs, 'epoch')} of {plural(len(pictures), 'picture')} in batches of {recipe.batch:,}, "
        f"{recipe.optimizer} at rate {recipe.rate:.3g}, {recipe.schedule}; {where}."
    )
    return recipe, deadline


def require_device(recipe: Recipe) -> None:
    """Raises RunError where this machine has not what a stored recipe was made for."""
    try:
        device_for(recipe.device)
    except UsageError as error:
        raise RunError(f"this training is one on {recipe.device}", error.arrived, remedy="go on where that is, or train again") from None


def require_batch(net: str, batch: int, channels: int, size: int) -> None:
    """Raises UsageError where one picture at a time goes into a network that takes means over a batch."""
    if batch > 1:
        return
    norms = any(isinstance(layer, nn.modules.batchnorm._BatchNorm) for layer in build_outline(net, 2, channels, size).modules())
    if norms:
        raise UsageError(f"--batch 1 with {net}", "batch norm takes the mean over a batch, and one picture is no batch", "2 or more")
