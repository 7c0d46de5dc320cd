"""A small network learns from pixels, without torch: linear in seconds, LeNet on 1,800 digits in less than half a minute.

Batches in random order, shifted by a pixel or two where the recipe says so; Adam; the rate rises over the first tenth of the way and
falls to zero along a cosine (Smith 2018; Loshchilov, Hutter 2017). After each epoch the held-out pictures are asked, and the weights
with the least held-out loss are those that are kept; training ends early where that loss has not fallen for a while (Prechelt 1998).

The way is measured in steps, and in seconds where these run out first. So the same seed gives the same bytes on any number of
cores of a kind, as long as the time allowed does not cut in; `SmallFit.stopped` says whether it did.
"""

import time
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from math import cos, pi
from typing import Any

import numpy as np

from vitreous.core.reporter import Quiet
from vitreous.data.split import hold_out
from vitreous.errors import DataError, UsageError
from vitreous.fit.head import Floats, Ints
from vitreous.fit.small.gradient import forward, learned_weights, loss_and_accuracy, loss_and_gradients, one_thread, with_weights
from vitreous.fit.small.graphs import MEAN, SCALE, small_graph
from vitreous.fit.small.optimizer import Arrays, Moments, adam_step
from vitreous.fit.small.shifts import shifted
from vitreous.infer.machine import this_machine
from vitreous.layers.walk import Walk, read_walk

HELD_OUT = 0.1
# Epochs for so many pictures; fewer pictures need more passes, many need fewer.
_PICTURES_IN_ALL, _FEWEST_EPOCHS, _MOST_EPOCHS = 30_000, 20, 300
# A step at 28 pixels on two AVX2 cores, in seconds; what mlp learns grows with the number of pixels, and so do the maps of lenet.
_SECONDS_A_STEP = {"linear": 0.001, "mlp": 0.003, "lenet": 0.01}
_RISING = 0.1  # of the way, in which the rate grows to its largest
_LEAST_DEVIATION = 1e-3
_QUIET = Quiet().progress


@dataclass(frozen=True)
class Recipe:
    """`rate`: the largest of Adam's; `decay`: decoupled; `shift`: at most so many pixels; `patience`: in shares of all epochs."""

    rate: float
    decay: float
    batch: int
    shift: int
    patience: float = 0.4


# Chosen on pictures held out of training: digits at 28 px (1,222 learned from, 306 asked, 3 seeds), Fashion-MNIST (8,000 and 4,000).
# Shifts, mlp: 0 → 1 px: digits 97.4 → 98.6 %; Fashion 87.3 → 87.5 %, loss 0.40 → 0.34.
# Shifts, lenet, 15 and 10 epochs: 1 → 2 px: digits 98.2 → 98.9 %; 0, 1, 2 px: Fashion 87.2, 88.5, 87.2 %, loss 0.38, 0.33, 0.34.
# Digits at 28 px rather than 32: 98.9 against 98.8 %, loss 0.037 against 0.043.
RECIPES = {
    "linear": Recipe(rate=3e-3, decay=1e-2, batch=64, shift=0),
    "mlp": Recipe(rate=1e-3, decay=1e-2, batch=64, shift=1),
    "lenet": Recipe(rate=3e-3, decay=1e-2, batch=32, shift=2),
}


@dataclass(frozen=True)
class Epoch:
    """After one pass. The training loss is the mean over its batches while they were learned from; `seconds` since the beginning.

    Where nothing could be held out, `held_loss` is the training loss and there is no `held_accuracy`.
    """

    number: int
    train_loss: float
    held_loss: float
    held_accuracy: float | None
    seconds: float

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class SmallFit:
    """`model`: ONNX bytes from `features` to `logits`, with the weights after epoch `best`; `stopped`: why training ended.

    `held_logits` [n, K] by these weights of the held-out pictures, and their classes `held_target` [n]: for the temperature.
    """

    model: bytes
    history: tuple[Epoch, ...]
    best: int
    stopped: str
    held_logits: Floats
    held_target: Ints

    @property
    def epochs(self) -> int:
        return len(self.history)

    def logits(self, X: Floats) -> Floats:
        """[N, K] of pictures X [N, D]."""
        walk = read_walk(self.model)
        with one_thread(), ThreadPoolExecutor(this_machine().cores, "walk") as pool:
            return forward(walk, np.asarray(X, np.float32), pool) if len(X) else self.held_logits[:0]


def train_small(
    kind: str,
    X: Floats,
    y: Ints,
    held_X: Floats,
    held_y: Ints,
    classes: int,
    channels: int,
    size: int,
    seed: int,
    seconds_allowed: float | None = None,
    progress: Callable[[str, int, int], None] = _QUIET,
    groups: Ints | None = None,
    recipe: Recipe | None = None,
) -> SmallFit:
    """Learn `kind` from pictures X [N, C · S · S] fp32 in 0..1 (as the network "pixels" gives them) and classes y [N] in 0..K−1.

    `held_X`, `held_y`: pictures to judge by, never learned from; without any, a tenth of each class is taken off X, whole `groups` [N].
    Where not even that is possible, the training loss judges. `progress` is told pictures done and to do. Ctrl-C passes through.
    Raises UsageError for an unknown kind or a size too small for it, DataError where arrays do not fit together.
    """
    model = small_graph(kind, classes, channels, size, seed)
    _check(X, y, held_X, held_y, classes, channels * size * size)
    if not len(held_y):
        own = np.arange(len(y)) if groups is None else groups
        held = hold_out(y, own, HELD_OUT, seed) if len(np.unique(own)) > 1 else np.zeros(len(y), bool)
        X, y, held_X, held_y = X[~held], y[~held], X[held], y[held]
    walk = read_walk(model)
    standard = _standard(X, channels)
    walk.constants.update(standard)
    with one_thread(), ThreadPoolExecutor(this_machine().cores, "walk") as pool:
        loop = _Loop(walk, X, y, held_X, held_y, recipe or RECIPES[kind], np.random.default_rng([seed, 1]), pool)
        planes = (channels, size, size)
        loop.run(planes, seconds_allowed, lambda done, total: progress(f"training {kind}", done, total))
        logits = forward(walk, held_X, pool) if len(held_y) else np.zeros((0, classes), np.float32)
    return SmallFit(with_weights(model, loop.best_weights | standard), tuple(loop.history), loop.best, loop.stopped, logits, held_y)


def seconds_to_train(kind: str, pictures: int, channels: int, size: int) -> float:
    """About what `train_small` takes for so many pictures, when no time is set and it does not end early."""
    steps = _epochs(pictures) * -(-pictures // RECIPES[kind].batch)
    return steps * _SECONDS_A_STEP[kind] * (size / 28) ** 2 * (channels if kind == "mlp" else 1)


def _epochs(pictures: int) -> int:
    return int(np.clip(_PICTURES_IN_ALL // pictures, _FEWEST_EPOCHS, _MOST_EPOCHS))


class _Loop:
    """The loop, and what it remembers: the history, and the best weights so far, which the walk has in the end."""

    def __init__(
        self, walk: Walk, X: Floats, y: Ints, held_X: Floats, held_y: Ints, recipe: Recipe, random: np.random.Generator, pool: Executor
    ) -> None:
        self.walk, self.X, self.y, self.held_X, self.held_y = walk, X, y, held_X, held_y
        self.recipe, self.random, self.pool = recipe, random, pool
        self.weights = learned_weights(walk)
        self.moments = Moments()
        self.history: list[Epoch] = []
        self.best, self.best_loss, self.best_weights = 0, np.inf, _copied(self.weights)
        self.stopped = ""

    def run(self, planes: tuple[int, int, int], seconds_allowed: float | None, progress: Callable[[int, int], None]) -> None:
        started = time.perf_counter()
        count, batch = len(self.X), self.recipe.batch
        epochs = _epochs(count)
        patience = max(3, round(self.recipe.patience * epochs))
        for number in range(1, epochs + 1):
            order, losses, learned = self.random.permutation(count), 0.0, 0
            for first in range(0, count, batch):
                way = ((number - 1) * count + first) / (epochs * count)
                if seconds_allowed is not None:
                    way = max(way, min(1.0, (time.perf_counter() - started) / max(seconds_allowed, 1e-3)))
                if way >= 1 and learned:
                    break
                chosen = order[first : first + batch]
                losses += len(chosen) * self._step(chosen, planes, self.recipe.rate * _share_of_rate(way))
                learned += len(chosen)
                progress((number - 1) * count + learned, epochs * count)
            seconds = time.perf_counter() - started
            self._judge(number, losses / learned, seconds)
            if not np.isfinite(losses):
                self.stopped = "the loss was no longer finite"
            elif seconds_allowed is not None and seconds >= seconds_allowed:
                self.stopped = f"the {seconds_allowed:.0f} s allowed were used up"
            elif number - self.best >= patience:
                self.stopped = f"no better held-out loss for {patience} epochs"
            elif number == epochs:
                self.stopped = f"all {epochs} epochs were done"
            if self.stopped:
                break
        progress(epochs * count, epochs * count)
        for name, weight in self.weights.items():
            weight[...] = self.best_weights[name]

    def _step(self, chosen: Ints, planes: tuple[int, int, int], rate: float) -> float:
        X = self.X[chosen]
        if self.recipe.shift:
            X = shifted(X.reshape(-1, *planes), self.recipe.shift, self.random).reshape(len(X), -1)
        loss, gradients = loss_and_gradients(self.walk, self.weights, X, self.y[chosen], self.pool)
        adam_step(self.weights, gradients, self.moments, rate, self.recipe.decay)
        return loss

    def _judge(self, number: int, train_loss: float, seconds: float) -> None:
        """Ask the held-out pictures, and keep the weights where they are better than ever."""
        held_loss, accuracy = train_loss, None
        if len(self.held_y):
            held_loss, accuracy = loss_and_accuracy(forward(self.walk, self.held_X, self.pool), self.held_y)
        self.history.append(Epoch(number, train_loss, held_loss, accuracy, round(seconds, 3)))
        if held_loss < self.best_loss:
            self.best, self.best_loss, self.best_weights = number, held_loss, _copied(self.weights)


def _share_of_rate(way: float) -> float:
    """The rate as a share of its largest, where `way` of the way is done: up in a line, down in a cosine."""
    if way < _RISING:
        return (way + 0.01) / (_RISING + 0.01)
    return (1 + cos(pi * (way - _RISING) / (1 - _RISING))) / 2


def _standard(X: Floats, channels: int) -> Arrays:
    """Mean and 1 / deviation of each channel over all pictures and places, as the graph wants them: [1, C, 1, 1]."""
    planes = X.reshape(len(X), channels, -1)
    mean = planes.mean((0, 2), dtype=np.float64)
    square = np.einsum("ncp,ncp->c", planes, planes, dtype=np.float64) / (len(X) * planes.shape[2])
    deviation = np.maximum(np.sqrt(np.maximum(square - mean**2, 0)), _LEAST_DEVIATION)
    return {MEAN: mean.astype(np.float32).reshape(1, -1, 1, 1), SCALE: (1 / deviation).astype(np.float32).reshape(1, -1, 1, 1)}


def _copied(weights: Arrays) -> Arrays:
    return {name: weight.copy() for name, weight in weights.items()}


def _check(X: Floats, y: Ints, held_X: Floats, held_y: Ints, classes: int, width: int) -> None:
    for what, pictures, target in (("training", X, y), ("held-out", held_X, held_y)):
        if len(pictures) != len(target):
            raise DataError(f"cannot train on the {what} pictures", f"{len(pictures)} pictures and {len(target)} classes", "one class for each")
        if len(target) and (pictures.ndim != 2 or pictures.shape[1] != width):
            raise DataError(f"cannot train on the {what} pictures", f"an array {list(pictures.shape)}", f"[N, {width}] is needed")
        if len(target) and (target.min() < 0 or target.max() >= classes):
            raise DataError(f"cannot train on the {what} pictures", f"class numbers {target.min()} to {target.max()}", f"0 to {classes - 1}")
        if not np.isfinite(pictures).all():
            raise DataError(f"cannot train on the {what} pictures", "values that are not finite", "pixels in 0 to 1")
    if len(y) < 2 or len(np.unique(y)) < 2:
        raise DataError("there is nothing to train on", "one class or none", "pictures of at least two classes")
    if X.dtype != np.float32:
        raise UsageError("cannot train on these pictures", f"numbers of type {X.dtype}", "float32 in 0 to 1")
