"""The training loop.

    for each epoch                                        an order of the pictures, drawn from seed and epoch
        for each batch                                    pictures → tensor, normalised; augmented, mixed where the recipe says so
            loss = mean of −log p(class)                  forward; the loss in fp32
            no number?  stop before anything is changed
            g = ∂loss/∂W                                  backward
            |g| > clip?  g ← g clip / |g|
            W ← W − rate(step) · rule(g)                  the optimizer
            average ← average + (1 − d) (W − average)     where the recipe says so
        ask the held-out pictures                         keep the weights where they are better than ever
        not better for long?  stop

A pause may come between any two batches. What follows is then a function of `Bench` and `Position` alone, so whoever stores both can go on to the
same bits.
"""

import time
from collections.abc import Callable, Sequence
from math import isfinite

import torch

from vitreous.core.text import plural
from vitreous.fit.head import Ints
from vitreous.optim import clip, set_rate
from vitreous.training.bench import Bench, draws_numbers, largest_norm, mixed, seed_step
from vitreous.training.divergence import not_finite
from vitreous.training.hardware import own_generator
from vitreous.training.held_out import judge
from vitreous.training.judging import right_of
from vitreous.training.observe import Observation
from vitreous.training.pictures import order_of
from vitreous.training.position import Position

TIME_OVER = "the minutes allowed were over"


def train(
    bench: Bench, position: Position, names: Sequence[str], pause: Callable[[], bool], told: Callable[[], None], deadline: float | None = None
) -> bool:
    """Train until the recipe's end, or until `pause`, which is asked before every batch, says so: then False.

    `names` [N] of the pictures learned from, for messages; `told` is called after every epoch; `deadline`: time.monotonic() at which the epoch
    that runs is the last one. Raises NotFinite, with step and pictures, where loss or gradient is no number; nothing was changed then.
    """
    recipe, parts, begun = bench.recipe, bench.parts, time.monotonic() - position.seconds
    draws = draws_numbers(bench.net)
    bench.net.train()
    with own_generator(recipe.device):
        while not position.stopped:
            order = order_of(len(bench.learned), recipe.seed, position.epoch)
            while position.done < len(parts):
                if pause():
                    position.seconds = time.monotonic() - begun
                    return False
                if draws:
                    seed_step(recipe, position.step)
                learn(bench, position, order[parts[position.done]], names)
            if position.close(judge(bench, position), recipe.rate * bench.factor(position.step - 1), time.monotonic() - begun):
                bench.keep_best()
            if bench.path:
                bench.path.take(position.epoch - 1, bench.judged)
            position.stopped = _why_stop(bench, position, deadline)
            told()
    return True


def learn(bench: Bench, position: Position, numbers: Ints, names: Sequence[str]) -> None:
    """One step, on the pictures of these numbers."""
    recipe, rate = bench.recipe, bench.factor(position.step)
    set_rate(bench.optimizer, rate)
    if bench.allowed:
        pictures, target = bench.learned.augmented(numbers, recipe.seed, position.epoch, bench.allowed)
    else:
        pictures, target = bench.learned.take(numbers)
    x = bench.learned.normal(pictures)
    y = target
    if recipe.mixup:
        x, y = mixed(x, y, recipe, position.step)
    observation = Observation(bench.net) if position.done == len(bench.parts) - 1 else None
    bench.optimizer.zero_grad()
    loss, right = 0.0, 0.0
    for part in torch.arange(len(x)).chunk(recipe.pieces) if recipe.pieces > 1 else [slice(None)]:
        with bench.numbers:
            logits = bench.net(x[part])
        share = bench.loss(logits.float(), y[part]).sum() / len(x)
        loss += share.item()
        if not isfinite(loss):
            raise not_finite("loss", loss, position, numbers, names)
        share.backward()
        right += right_of(logits.detach(), target[part])
    norm = clip(bench.net, largest_norm(recipe))
    if not isfinite(norm):
        raise not_finite("gradient's norm", norm, position, numbers, names)
    bench.optimizer.step()
    if bench.average:
        bench.average.update(bench.net)
    if observation:
        position.layers = observation.read()
    position.take(len(x), loss, right, norm, recipe.rate * rate)


def _why_stop(bench: Bench, position: Position, deadline: float | None) -> str:
    done, recipe = position.epoch - 1, bench.recipe
    if done >= recipe.epochs:
        return f"all {plural(recipe.epochs, 'epoch')} done"
    if done >= (recipe.last or recipe.epochs) or (deadline is not None and time.monotonic() >= deadline):
        return TIME_OVER
    if position.best and done - position.best >= recipe.patience:
        return f"no better held-out loss for {plural(recipe.patience, 'epoch')}"
    return ""
