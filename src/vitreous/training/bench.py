"""What a training works on: the network, the optimizer, the average, the best weights so far, and the pictures. Built from a recipe alone."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from math import inf
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from vitreous.fit.head import Ints
from vitreous.losses import loss as loss_of
from vitreous.nets import build
from vitreous.optim import optimizer, schedule
from vitreous.optim.average import Average
from vitreous.training.augment import Augmentation, mixed_targets, mixup, parse
from vitreous.training.path import WeightPath
from vitreous.training.pictures import Batches, parts_of
from vitreous.training.recipe import Recipe

_DROPPING = 4  # a stream of random numbers beside those of the order


@dataclass
class Bench:
    """`learned` and `held`: the pictures that are learned from, and those that judge. `allowed`: how pictures may be changed, None for not
    at all. `best`: weights by name. `path`: the weights behind every epoch, where they are kept."""

    recipe: Recipe
    net: nn.Module
    optimizer: torch.optim.Optimizer
    factor: Callable[[int], float]
    loss: Callable[[Tensor, Tensor], Tensor]
    learned: Batches
    held: Batches
    average: Average | None
    allowed: Augmentation | None = None
    best: dict[str, Tensor] = field(default_factory=dict)
    path: WeightPath | None = None

    @property
    def parts(self) -> list[slice]:
        return parts_of(len(self.learned), self.recipe.batch)

    @property
    def numbers(self) -> AbstractContextManager[Any]:
        """In this context the network works in the recipe's number format."""
        if self.recipe.number_format == "f32":
            return nullcontext()
        autocast: AbstractContextManager[Any] = torch.autocast(self.learned.device.type, torch.bfloat16)
        return autocast

    def keep_best(self) -> None:
        self.best = {name: value.detach().clone() for name, value in self.judged.items()}

    @property
    def judged(self) -> Mapping[str, Tensor]:
        """The weights that held-out pictures are asked with: the average, where there is one."""
        return self.average.values if self.average and self.average.updates else self.net.state_dict()


def bench(recipe: Recipe, learned: Batches, held: Batches) -> Bench:
    """A fresh one, as it is before the first step."""
    device = learned.device
    net = network(recipe).to(device)
    if recipe.channels_last:
        net = net.to(memory_format=torch.channels_last)
    steps = recipe.epochs * len(parts_of(len(learned), recipe.batch))
    descent = optimizer(recipe.optimizer, net, recipe.rate, momentum=recipe.momentum, decay=recipe.decay)
    if recipe.optimizer in ("adam", "adamw"):
        for group in descent.param_groups:
            # all weights in one call: for LeNet 0.3 in place of 1.4 ms beside 23 for a step (one busy AVX2 core)
            group["fused"] = True
    weights = class_weights(learned.target.cpu().numpy(), recipe.classes) if recipe.class_weights == "balanced" else None
    loss = loss_of(recipe.loss, smoothing=recipe.smoothing or None, class_weights=weights)
    average = Average(recipe.average) if recipe.average else None
    allowed = parse(recipe.augment, recipe.size)
    return Bench(recipe, net, descent, schedule(recipe.schedule, steps), loss, learned, held, average, allowed if allowed != Augmentation() else None)


def network(recipe: Recipe) -> nn.Module:
    """The catalogue's, with the recipe's dropout: in its own dropout layers or, where it has none, behind its last stage."""
    net = build(recipe.net, recipe.classes, recipe.channels, recipe.size, recipe.seed)
    if recipe.dropout is not None:
        own = [layer for layer in net.modules() if isinstance(layer, nn.Dropout)]
        for layer in own:
            layer.p = recipe.dropout
        if not own and recipe.dropout:
            net.stages["dropout"] = nn.Dropout(recipe.dropout)
    return net


def class_weights(target: Ints, classes: int) -> list[float]:
    """K numbers: such that every class weighs the same, and a picture 1 on average. Of a class without pictures it does not matter."""
    counts = np.bincount(target, minlength=classes)
    there = max(1, int(np.count_nonzero(counts)))
    return [len(target) / (there * int(count)) if count else 1.0 for count in counts]


def draws_numbers(net: nn.Module) -> bool:
    return any(isinstance(layer, nn.Dropout | nn.Dropout2d) and layer.p > 0 for layer in net.modules())


def seed_step(recipe: Recipe, step: int) -> None:
    """What dropout draws in a step depends on seed and step alone. For use inside `fork_rng`."""
    torch.manual_seed(int(np.random.default_rng([recipe.seed, _DROPPING, step]).integers(2**63)))


def mixed(x: Tensor, y: Tensor, recipe: Recipe, step: int) -> tuple[Tensor, Tensor]:
    """Every picture with a share of another one, and the classes or labels [n, K] in the same shares (Zhang et al. 2018, mixup)."""
    partner, share = mixup(len(x), recipe.seed, step, recipe.mixup)
    if recipe.several:  # what is unknown of one of the two is unknown of the mixture
        target = torch.lerp(y[torch.from_numpy(partner).to(y.device)], y, torch.from_numpy(share).to(y.device)[:, None])
    else:
        target = torch.from_numpy(mixed_targets(y.cpu().numpy(), recipe.classes, partner, share)).to(y.device)
    own = torch.from_numpy(share).to(x.device)[:, None, None, None]
    return torch.lerp(x[torch.from_numpy(partner).to(x.device)], x, own), target


def largest_norm(recipe: Recipe) -> float:
    return inf if recipe.clip is None else recipe.clip
