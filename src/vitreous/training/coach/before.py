"""Checks before the first step, on some pictures and a copy of the network: neither weights nor random numbers of the training are touched.

loss at the start       that of a guess: log K, or log 2 of several labels  (Karpathy 2019, A recipe for training neural networks)
eight pictures          can be learned by heart in fifty steps of Adam
units                   most of them fire for some picture; sigmoids are not at their limits
gradients               are numbers, and not all zero
input                   has a mean near 0 and a deviation near 1
labels                  are not all the same

With several labels a picture it is all the same; only whether one label stands for nearly everything is asked of each label's own.
"""

import time
from collections.abc import Callable
from copy import deepcopy

import numpy as np
import torch
from torch import Tensor, nn

from vitreous.training.bench import Bench
from vitreous.training.coach.context import Context
from vitreous.training.coach.during import DEAD, SATURATED, dead_units, saturated
from vitreous.training.coach.finding import Finding, in_order
from vitreous.training.hardware import own_generator
from vitreous.training.observe import Observation

_LOOKED_AT, _BY_HEART = 32, 8  # pictures, at most and at least
_STEPS, _RATE = 50, 3e-3
_SECONDS = 1.0  # after which learning by heart is given up, without a finding
_ONE_LABEL = 0.98  # share of the pictures
_MEAN, _LEAST, _MOST = 1.0, 0.2, 3.0  # of the input: its distance from 0, its deviation
_START = 3.0  # times the loss of a guess
_LEARNED = 0.8  # of the first loss of the eight pictures, which has to be undercut


def before(made: Bench) -> list[Finding]:
    """What is wrong already; mostly nothing. No more pictures go through the network at once than in the training, but eight at least."""
    count = int(np.clip(made.recipe.batch // made.recipe.pieces, _BY_HEART, _LOOKED_AT))
    numbers = np.unique(np.linspace(0, len(made.learned) - 1, count).astype(np.int64))
    pictures, target = made.learned.take(numbers)
    x, net = made.learned.normal(pictures), deepcopy(made.net)
    for layer in net.modules():
        if isinstance(layer, nn.Dropout | nn.Dropout2d):
            layer.p = 0.0
    with own_generator(made.recipe.device):
        found = [*_labels(made), *_input(x), *_first_pass(net, x, target, made)]
        return in_order(found or _by_heart(net, x, target, made.loss))


def _labels(made: Bench) -> list[Finding]:
    target = made.learned.target.cpu()
    if made.recipe.several:
        known = ~target.isnan()
        there = target.nan_to_num().sum(0) / known.sum(0).clamp_min(1)  # [K], the share of the pictures that have each label
        share = float(torch.maximum(there, 1 - there).min())  # of the label that tells most apart
        only_one = share >= 1
    else:
        share = float(torch.bincount(target).max()) / max(1, len(target))
        only_one = share >= _ONE_LABEL
    if not only_one:
        return []
    sentence = f"{share:.1%} of the pictures have the same {'labels' if made.recipe.several else 'label'}: there is nothing to tell apart."
    return [Finding("labels", sentence, {"share of one label": share}, "Look whether the labels were read rightly: vitreous look.")]


def _input(x: Tensor) -> list[Finding]:
    mean, deviation = float(x.mean()), float(x.std())
    if abs(mean) <= _MEAN and _LEAST <= deviation <= _MOST:
        return []
    sentence = f"What the network sees has the mean {mean:.3g} and the deviation {deviation:.3g}, not about 0 and 1."
    return [Finding("not normalized", sentence, {"mean": mean, "deviation": deviation}, "Take off the mean and divide by the deviation.")]


def _first_pass(net: nn.Module, x: Tensor, target: Tensor, made: Bench) -> list[Finding]:
    observation = Observation(net)
    loss = made.loss(net(x).float(), target).mean()
    loss.backward()
    layers, found = observation.read(), []
    norms = {name: each["gradient_norm"] for name, each in layers.items() if "gradient_norm" in each}
    if not np.isfinite([loss.item(), *norms.values()]).all() or max(norms.values(), default=1.0) == 0:
        sentence = "The first gradient is no number, or zero in every layer."
        found.append(Finding("gradients", sentence, {"loss": loss.item(), **norms}, "Look at the pictures and at how the weights begin."))
    guess = Context.of(made.recipe.to_json()).guess
    if guess is not None and loss.item() > _START * guess:
        sentence = f"The first loss is {loss.item():.3g}; guessing costs {guess:.3g}."
        found.append(
            Finding("start", sentence, {"loss": loss.item(), "loss of a guess": guess}, "Begin with smaller weights, above all in the head.")
        )
    return [*found, *dead_units([layers], DEAD), *saturated([layers], SATURATED)]


def _by_heart(net: nn.Module, x: Tensor, target: Tensor, wrongness: Callable[[Tensor, Tensor], Tensor]) -> list[Finding]:
    """Whether a few pictures, of several labels, can be learned by heart; the copy is changed by it."""
    some = _of_several_labels(target)
    x, target = x[some], target[some]
    descent, begun = torch.optim.Adam(net.parameters(), _RATE), time.monotonic()
    losses = []
    for _ in range(_STEPS):
        descent.zero_grad()
        loss = wrongness(net(x).float(), target).mean()
        loss.backward()
        descent.step()
        losses.append(loss.item())
        if time.monotonic() - begun > _SECONDS:
            return []
    if min(losses) < _LEARNED * losses[0]:
        return []
    sentence = f"After {_STEPS} steps on the same {len(some)} pictures the loss is {losses[-1]:.3g}; it began at {losses[0]:.3g}."
    return [Finding("cannot learn", sentence, {"first": losses[0], "last": losses[-1]}, "Look for a layer that lets nothing through.")]


def _of_several_labels(target: Tensor) -> list[int]:
    """Eight places, one of each label in turn; the first eight where a picture can have several."""
    if target.ndim > 1:
        return list(range(min(_BY_HEART, len(target))))
    places: dict[int, list[int]] = {}
    for place, label in enumerate(target.tolist()):
        places.setdefault(label, []).append(place)
    turns = [own[turn] for turn in range(_BY_HEART) for own in places.values() if turn < len(own)]
    return turns[:_BY_HEART]
