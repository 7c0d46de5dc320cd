"""A few timed steps, before a training that is worth it: which layout and number format is fastest here, how long an epoch takes, and whether a
batch fits into memory.

bf16 is tried only where the processor (AMX) or the graphics card multiplies it itself; where it is emulated it would be slow. Weights, loss, norms
and the optimizer stay in fp32.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch

from vitreous.core.memory import is_memory_error
from vitreous.errors import ModelError
from vitreous.fit.objective import Target
from vitreous.fit.pictures import Pictures
from vitreous.infer.machine import this_machine
from vitreous.nets.catalogue import CATALOGUE
from vitreous.training.bench import bench
from vitreous.training.hardware import own_generator
from vitreous.training.loop import learn
from vitreous.training.pictures import Batches, Standard, order_of
from vitreous.training.position import Position
from vitreous.training.recipe import Recipe

_STEPS, _SECONDS_EACH = 8, 2.0  # timed of each way, at most
# Another way is taken where it is faster by this factor: below it, chance would decide.
_CLEARLY = 1.1
# Multiply-adds of a step from which on it matters how it is done: LeNet's on 64 pictures are 27 million.
_MATTERS = 300_000_000
_MOST_PIECES = 64


@dataclass(frozen=True)
class Speed:
    """The recipe as it is fastest, seconds a step, and what there is to say."""

    recipe: Recipe
    seconds: float
    remarks: tuple[str, ...]


def multiply_adds(recipe: Recipe) -> float:
    """About those of one picture: what convolutions do grows with the picture's area."""
    entry = CATALOGUE[recipe.net]
    return entry.multiply_adds * (recipe.size / entry.size) ** 2


def measured(recipe: Recipe, pictures: Pictures, target: Target, standard: Standard) -> Speed:
    """Try what may pay, on steps of a network that is thrown away. Raises ModelError where not even one picture fits into memory."""
    remarks = []
    while True:
        try:
            plain = _seconds(recipe, pictures, target, standard)
            break
        except (MemoryError, RuntimeError) as error:
            recipe, remark = in_smaller_pieces(recipe, error)
            remarks = [remark]
    if multiply_adds(recipe) * recipe.batch < _MATTERS:
        return Speed(recipe, plain, tuple(remarks))
    best, fastest, figures = recipe, plain, [f"fp32 {recipe.batch / plain:,.0f}/s"]
    for name, other in _ways(recipe):
        seconds = _seconds(other, pictures, target, standard)
        figures.append(f"{name} {recipe.batch / seconds:,.0f}/s")
        if fastest > _CLEARLY * seconds:
            best, fastest = other, seconds
    if len(figures) > 1:
        how = ("bf16" if best.number_format == "bf16" else "fp32") + (", channels last" if best.channels_last else ", channel by channel")
        remarks.append(f"Trained in {how}; measured: {'; '.join(figures)}.")
    return Speed(best, fastest, tuple(remarks))


def in_smaller_pieces(recipe: Recipe, error: MemoryError | RuntimeError, step: int = 0) -> tuple[Recipe, str]:
    """The recipe with half as many pictures at a time, and that sentence, where `error` says before the first step that memory ran out. Raises
    ModelError where a training went on for `step` steps already, or where not even one picture fits; any other error as it came."""
    if not is_memory_error(error):
        raise error
    if step:
        arrived = f"{recipe.batch:,} pictures of {recipe.size} pixels a step, which fitted until then"
        raise ModelError(f"memory ran out behind step {step:,}", arrived, remedy="close other programs, or train with a smaller --batch") from None
    if recipe.pieces >= min(recipe.batch, _MOST_PIECES):
        raise ModelError(f"{recipe.net} does not fit into memory", f"pictures of {recipe.size} pixels", remedy="a smaller --size") from None
    recipe = replace(recipe, pieces=2 * recipe.pieces)
    size = -(-recipe.batch // recipe.pieces)
    return recipe, f"Memory is too small for {recipe.batch:,} pictures at once: {size} at a time, whose gradients are added up to one step."


def _ways(recipe: Recipe) -> Iterator[tuple[str, Recipe]]:
    if recipe.channels_last or recipe.number_format != "f32":
        return
    yield "channels last", replace(recipe, channels_last=True)
    native = torch.cuda.is_bf16_supported(including_emulation=False) if recipe.device == "cuda" else this_machine().instructions == "AMX"
    if native:
        yield "bf16", replace(recipe, number_format="bf16")
        yield "bf16, channels last", replace(recipe, number_format="bf16", channels_last=True)


def _seconds(recipe: Recipe, pictures: Pictures, target: Target, standard: Standard) -> float:
    """Of one step, the median; the first ones, which prepare much, do not count."""
    batches = Batches(pictures, target, standard, torch.device(recipe.device), recipe.channels_last)
    made, position = bench(recipe, batches, batches), Position()
    order, begun = order_of(len(batches), recipe.seed, 0), time.perf_counter()
    times: list[float] = []
    made.net.train()
    with own_generator(recipe.device):
        while len(times) < _STEPS and (len(times) < 3 or time.perf_counter() - begun < _SECONDS_EACH):
            before, position.done = time.perf_counter(), 0
            learn(made, position, order[: recipe.batch], [])
            if recipe.device == "cuda":
                torch.cuda.synchronize()
            times.append(time.perf_counter() - before)
    return sorted(times[1:])[(len(times) - 1) // 2]
