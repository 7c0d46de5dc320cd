"""What the training loss says of the descent: whether it goes down at all, how far a step goes, and how noisy it is.

    divergence         the loss grew far beyond that of a guess, or became no number
    rate too high      it stays on a high plateau and jumps, and steps move the weights by more than 1 %; or units were killed at the start
    batch too small    from step to step it jumps by more than its mean, and by much of what a guess costs
    rate too low       it hardly falls, and the weights hardly move

Losses are in units of a guess's, steps are |ΔW| / |W| of the middle layer in the epoch where it moved most.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import isfinite, sqrt
from statistics import fmean, median, pstdev
from typing import Any

from vitreous.training.coach.context import Context
from vitreous.training.coach.during import dead_units, saturated, step_size
from vitreous.training.coach.finding import Finding

Entries = Sequence[Mapping[str, Any]]
Steps = Sequence[Mapping[str, float]]

_GREW, _PLATEAU, _FALLEN_LITTLE, _NO_FALL, _BEGAN_HIGH = 3.0, 0.25, 0.5, 0.03, 2.0
_LARGE_STEP, _SMALL_STEP = 1e-2, 5e-4
_JUMP = 1.15  # of the training loss from one epoch to the next
_LEAP = 2.0  # of a single step's loss above the first one's and a guess's
_NOISE, _COARSE = 0.8, 0.25  # deviation of a step's loss from its neighbours': over its mean, and over a guess's
_EPOCHS_OF_NOISE = 3  # later, a small loss makes any batch look noisy
DEAD, SATURATED = 0.9, 0.9  # in a batch of one picture 80 % of the units of a sound layer are 0; a tanh that has learned well is often at its limits


def layers_of(history: Entries) -> list[Mapping[str, Mapping[str, float]]]:
    return [entry.get("layers") or {} for entry in history]


def loss_of_a_guess(history: Entries, steps: Steps, context: Context) -> float:
    """In training; where the loss has no such value, the first one stands for it."""
    if context.guess is not None:
        return context.guess
    return float(steps[0]["loss"] if steps else history[0]["train_loss"] if history else 1.0)


def diverged(history: Entries, steps: Steps, unit: float, failure: str) -> list[Finding]:
    """`unit`: the loss of a guess; `failure`: why the training was stopped, if it was."""
    losses = [float(entry["train_loss"]) for entry in history] or [float(step["loss"]) for step in steps]
    last, first = (losses[-1], float(steps[0]["loss"]) if steps else losses[0]) if losses else (0.0, 0.0)
    if not failure and isfinite(last) and (last <= _GREW * unit or last < first):
        return []
    sentence = f"The loss grew to {last:.3g}; guessing costs {unit:.3g}." + (" Then it was no number." if failure else "")
    return [Finding("divergence", sentence, {"last loss": last, "loss of a guess": unit}, "A rate ten times smaller, a warm-up, or --clip 1.")]


def rate_too_high(history: Entries, steps: Steps, unit: float) -> list[Finding]:
    """Also where units died behind a leap of the loss: they were alive at first, so it was a step that killed them."""
    losses, layers = [entry["train_loss"] for entry in history], layers_of(history)
    step, jump = step_size(layers), max(after / max(before, 1e-9) for before, after in pairwise(losses))
    spoiled, began_high = [*dead_units(layers, DEAD), *saturated(layers, SATURATED)], losses[0] > _BEGAN_HIGH * unit
    single = [float(each["loss"]) for each in steps] or losses
    leap = max(single) / max(unit, single[0])
    killed = spoiled and leap > _LEAP
    high = losses[-1] > _PLATEAU * unit and (jump > _JUMP or spoiled or began_high)
    large = step is None or step > _LARGE_STEP
    if not killed and not (large and (high or (spoiled and began_high))):
        return []
    evidence = {"first loss": losses[0], "last loss": losses[-1], "largest jump": jump, "largest leap": leap}
    evidence |= {"step over weights": step} if step is not None else {}
    for each in spoiled:
        evidence |= each.evidence
    sentence = f"The loss went from {losses[0]:.3g} to {losses[-1]:.3g}"
    if killed:
        sentence += f" and leapt to {max(single):.3g} meanwhile; {spoiled[0].sentence[0].lower()}{spoiled[0].sentence[1:]}"
    else:
        sentence += f" and rose to {jump:.3g} times itself from one epoch to the next" if jump > 1 else ""
        sentence += f"; a step moved the weights by {step:.1%}, where 0.1 % is usual." if step is not None else "."
    return [Finding("rate too high", sentence, evidence, "A smaller --rate: a third, then a tenth.")]


def batch_too_small(history: Entries, steps: Steps, unit: float) -> list[Finding]:
    epoch = max(4, len(steps) // len(history))
    losses = [float(step["loss"]) for step in steps[: _EPOCHS_OF_NOISE * epoch]]
    if len(losses) < 2 * epoch:
        return []
    parts = [losses[first : first + epoch] for first in range(0, len(losses) - epoch + 1, epoch)]
    deviations = [_deviation(part) for part in parts]
    noise = median(deviation / max(fmean(part), 1e-9) for deviation, part in zip(deviations, parts, strict=True))
    if noise <= _NOISE or max(deviations) <= _COARSE * unit:
        return []
    sentence = f"From step to step the loss jumps by {noise:.0%} of its mean: a batch of so few pictures does not tell where it goes down."
    return [Finding("batch too small", sentence, {"noise over mean": noise}, "A larger --batch, or a moving average of the weights: --average 0.99.")]


def _deviation(losses: Sequence[float]) -> float:
    """Of neighbours from each other, which leaves a slow fall out."""
    return pstdev([after - before for before, after in pairwise(losses)]) / sqrt(2)


def rate_too_low(history: Entries, unit: float) -> list[Finding]:
    losses, step = [entry["train_loss"] for entry in history], step_size(layers_of(history))
    still = abs(losses[0] - losses[-1]) < _NO_FALL * unit and losses[-1] > (1 - _NO_FALL) * unit
    slow = step is not None and step < _SMALL_STEP
    if losses[-1] <= _FALLEN_LITTLE * unit or losses[-1] > _BEGAN_HIGH * unit or not (still or slow):
        return []
    evidence = {"first loss": losses[0], "last loss": losses[-1]} | ({"step over weights": step} if step is not None else {})
    sentence = f"In {len(losses)} epochs the loss went from {losses[0]:.3g} to {losses[-1]:.3g} only"
    sentence += f"; a step moved the weights by {100 * step:.2g} % at most, where 0.1 % is usual." if step is not None else "."
    return [Finding("rate too low", sentence, evidence, "A larger --rate: three times, then ten times.")]
