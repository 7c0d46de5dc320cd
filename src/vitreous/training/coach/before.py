"""Checks before the first step, on some pictures and a copy of the network: neither weights nor random numbers of the training are touched.

loss at the start       log K, as of a network that knows nothing           (Karpathy 2019, A recipe for training neural networks)
eight pictures          can be learned by heart in fifty steps of Adam
units                   most of them fire for some picture; sigmoids are not at their limits
gradients               are numbers, and not all zero
input                   has a mean near 0 and a deviation near 1
labels                  are not all the same
"""

import time
from copy import deepcopy
from math import log

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from vitreous.training.bench import Bench
from vitreous.training.coach.during import DEAD, SATURATED, dead_units, saturated
from vitreous.training.coach.finding import Finding, in_order
from vitreous.training.observe import Observation

_LOOKED_AT, _BY_HEART = 32, 8  # pictures
_STEPS, _RATE = 50, 3e-3
_SECONDS = 1.0  # after which learning by heart is given up, without a finding
_ONE_LABEL = 0.98  # share of the pictures
_MEAN, _LEAST, _MOST = 1.0, 0.2, 3.0  # of the input: its distance from 0, its deviation
_START = 3.0  # times log K
_LEARNED = 0.8  # of the first loss of the eight pictures, which has to be undercut


def before(made: Bench) -> list[Finding]:
    """What is wrong already; mostly nothing. For one label a picture."""
    numbers = np.unique(np.linspace(0, len(made.learned) - 1, _LOOKED_AT).astype(np.int64))
    pictures, target = made.learned.take(numbers)
    x, net = made.learned.normal(pictures), deepcopy(made.net)
    for layer in net.modules():
        if isinstance(layer, nn.Dropout | nn.Dropout2d):
            layer.p = 0.0
    with torch.random.fork_rng(devices=[]):
        found = [*_labels(made), *_input(x), *_first_pass(net, x, target, made.recipe.classes)]
        return in_order(found or _by_heart(net, x, target))


def _labels(made: Bench) -> list[Finding]:
    counts = torch.bincount(made.learned.target.cpu())
    share = float(counts.max()) / max(1, len(made.learned))
    if share < _ONE_LABEL:
        return []
    sentence = f"{share:.1%} of the pictures have the same label: there is nothing to tell apart."
    return [Finding("labels", sentence, {"share of one label": share}, "Look whether the labels were read rightly: vitreous look.")]


def _input(x: Tensor) -> list[Finding]:
    mean, deviation = float(x.mean()), float(x.std())
    if abs(mean) <= _MEAN and _LEAST <= deviation <= _MOST:
        return []
    sentence = f"What the network sees has the mean {mean:.3g} and the deviation {deviation:.3g}, not about 0 and 1."
    return [Finding("not normalized", sentence, {"mean": mean, "deviation": deviation}, "Take off the mean and divide by the deviation.")]


def _first_pass(net: nn.Module, x: Tensor, target: Tensor, classes: int) -> list[Finding]:
    observation = Observation(net)
    loss = cross_entropy(net(x).float(), target)
    loss.backward()
    layers, found = observation.read(), []
    norms = {name: each["gradient_norm"] for name, each in layers.items() if "gradient_norm" in each}
    if not np.isfinite([loss.item(), *norms.values()]).all() or max(norms.values(), default=1.0) == 0:
        sentence = "The first gradient is no number, or zero in every layer."
        found.append(Finding("gradients", sentence, {"loss": loss.item(), **norms}, "Look at the pictures and at how the weights begin."))
    expected = log(classes)
    if loss.item() > _START * expected:
        sentence = f"The first loss is {loss.item():.3g}; a network that knows nothing has log {classes} = {expected:.3g}."
        found.append(Finding("start", sentence, {"loss": loss.item(), "log K": expected}, "Begin with smaller weights, above all in the head."))
    return [*found, *dead_units([layers], DEAD), *saturated([layers], SATURATED)]


def _by_heart(net: nn.Module, x: Tensor, target: Tensor) -> list[Finding]:
    """Whether a few pictures, of several labels, can be learned by heart; the copy is changed by it."""
    some = _of_several_labels(target)
    x, target = x[some], target[some]
    descent, begun = torch.optim.Adam(net.parameters(), _RATE), time.monotonic()
    losses = []
    for _ in range(_STEPS):
        descent.zero_grad()
        loss = cross_entropy(net(x).float(), target)
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
    """Eight places, one of each label in turn."""
    places: dict[int, list[int]] = {}
    for place, label in enumerate(target.tolist()):
        places.setdefault(label, []).append(place)
    turns = [own[turn] for turn in range(_BY_HEART) for own in places.values() if turn < len(own)]
    return turns[:_BY_HEART]
