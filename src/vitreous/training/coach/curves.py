"""What the curves say, as a lecture on training reads them. Pure functions of what was recorded, so they work on a finished run too.

    held out as bad as chance, learned well         labels that do not belong to the pictures
    grew, or became no number                       divergence
    jumps, or a high plateau with large steps       rate too high
    single steps jump by more than their mean       batch too small
    hardly falls, and the weights hardly move       rate too low
    lower on pictures held out                      a leak, or a training made harder
    a large gap                                     over-fitting
    a small gap, and poor or still falling          under-fitting

The limits were chosen on 66 trainings with planted faults and judged on 66 others: benchmarks/coach.py.
"""

import itertools
from collections.abc import Mapping, Sequence
from math import isfinite, log, sqrt
from statistics import fmean, median, pstdev
from typing import Any

from vitreous.training.coach.during import dead_units, saturated, step_size
from vitreous.training.coach.finding import Finding, in_order

# Losses in units of log K, what a network has that knows nothing; steps as |ΔW| / |W|; accuracies and gaps 0 to 1.
_GREW, _PLATEAU, _POOR, _FALLEN_LITTLE = 3.0, 0.25, 0.4, 0.5
_NO_FALL = 0.03
_LARGE_STEP, _SMALL_STEP = 1e-2, 5e-4
_JUMP = 1.15  # of the training loss from one epoch to the next
_NOISE = 0.8  # deviation of a step's loss from its neighbours', over its mean
_DEAD, _SATURATED = 0.9, 0.8
_GAP, _SOME_GAP, _RISEN, _APART = 0.15, 0.08, 1.2, 10.0
_BETTER, _MEMORIZED, _EPOCHS_TO_COMPARE = 0.9, 0.1, 5
_STILL_FALLING = 0.85
_ASSUMED_HELD = 100  # pictures, for the chance of being right by chance

Entries = Sequence[Mapping[str, Any]]


def read(history: Entries, steps: Sequence[Mapping[str, float]] = (), classes: int = 10, failure: str = "") -> list[Finding]:
    """The findings, causes first; none of a training that went well, or of which too little is known.

    `history`: an entry an epoch, `steps` thinned ones, as in history.jsonl and steps.jsonl; `classes` K; `failure`: why it was stopped, if it was.
    """
    unit = log(max(2, classes))
    if grew := _diverged(history, steps, unit, failure):
        return grew
    if len(history) < 2:
        return []
    found = [
        *_labels(history, classes),
        *_rate_too_high(history, unit),
        *_noisy(history, steps),
        *_rate_too_low(history, unit),
        *_gap(history, unit),
    ]
    kinds = {each.kind for each in found}
    if "rate too high" not in kinds:  # which kills and saturates units itself
        layers = [entry.get("layers") or {} for entry in history]
        inside = [*dead_units(layers, _DEAD), *saturated(layers, _SATURATED)]
        found = inside + [each for each in found if not inside or each.kind != "rate too low"]
        kinds = {each.kind for each in found}
    if not kinds:
        found = _under_fitting(history, unit)
    return in_order(found)


def _diverged(history: Entries, steps: Sequence[Mapping[str, float]], unit: float, failure: str) -> list[Finding]:
    losses = [float(entry["train_loss"]) for entry in history] or [float(step["loss"]) for step in steps]
    last, first = (losses[-1], float(steps[0]["loss"]) if steps else losses[0]) if losses else (0.0, 0.0)
    if not failure and isfinite(last) and (last <= _GREW * unit or last < first):
        return []
    sentence = f"The loss grew to {last:.3g}; a network that knows nothing has {unit:.3g}." + (" Then it was no number." if failure else "")
    return [Finding("divergence", sentence, {"last loss": last, "log K": unit}, "A rate ten times smaller, a warm-up, or --clip 1.")]


def _labels(history: Entries, classes: int) -> list[Finding]:
    last, chance = history[-1], 1 / max(2, classes)
    learned, held = last.get("train_accuracy"), last.get("held_accuracy")
    by_chance = chance + 3 * sqrt(chance * (1 - chance) / _ASSUMED_HELD)
    if learned is None or held is None or held > by_chance or learned < by_chance + _GAP:
        return []
    sentence = f"{learned:.0%} right of the pictures learned from, {held:.0%} of those held out, where guessing gives {chance:.0%}: learned by heart."
    evidence = {"train accuracy": learned, "held-out accuracy": held, "chance": chance}
    return [Finding("labels", sentence, evidence, "Look whether labels and pictures belong together: vitreous look.")]


def _rate_too_high(history: Entries, unit: float) -> list[Finding]:
    losses, layers = [entry["train_loss"] for entry in history], [entry.get("layers") or {} for entry in history]
    step, jump = step_size(layers), max(after / before for before, after in itertools.pairwise(losses))
    spoiled = [*dead_units(layers, _DEAD), *saturated(layers, _SATURATED)]
    restless = jump > _JUMP or spoiled or losses[0] > 2 * unit
    if losses[-1] <= _PLATEAU * unit or not restless or (step is not None and step < _LARGE_STEP):
        return []
    evidence = {"last loss": losses[-1], "largest jump": jump} | ({"step over weights": step} if step is not None else {})
    for each in spoiled:
        evidence |= each.evidence
    sentence = f"The loss stays at {losses[-1]:.3g} and rose up to {jump:.3g} times from one epoch to the next"
    sentence += f"; a step moves the weights by {step:.1%}, where 0.1 % is usual." if step is not None else "."
    return [Finding("rate too high", sentence, evidence, "A smaller --rate: a third, then a tenth.")]


def _noisy(history: Entries, steps: Sequence[Mapping[str, float]]) -> list[Finding]:
    epoch = max(4, len(steps) // len(history))
    losses = [float(step["loss"]) for step in steps[: 3 * epoch]]
    if len(losses) < 2 * epoch:
        return []
    noise = median(_noise(losses[first : first + epoch]) for first in range(0, len(losses) - epoch + 1, epoch))
    if noise <= _NOISE:
        return []
    sentence = f"From step to step the loss jumps by {noise:.0%} of its mean: a batch of so few pictures does not tell where it goes down."
    return [Finding("batch too small", sentence, {"noise over mean": noise}, "A larger --batch, or a moving average of the weights: --average 0.99.")]


def _noise(losses: list[float]) -> float:
    """The deviation of neighbours from each other, which leaves a slow fall out, over the mean."""
    return pstdev([after - before for before, after in itertools.pairwise(losses)]) / sqrt(2) / max(fmean(losses), 1e-9)


def _rate_too_low(history: Entries, unit: float) -> list[Finding]:
    losses, step = [entry["train_loss"] for entry in history], step_size([entry.get("layers") or {} for entry in history])
    fall = (losses[0] - losses[-1]) / unit
    still = abs(fall) < _NO_FALL and losses[-1] > 1 - _NO_FALL
    if losses[-1] <= _FALLEN_LITTLE * unit or losses[-1] > 2 * unit or not (still or (step is not None and step < _SMALL_STEP)):
        return []
    evidence = {"first loss": losses[0], "last loss": losses[-1]} | ({"step over weights": step} if step is not None else {})
    sentence = f"In {len(losses)} epochs the loss went from {losses[0]:.3g} to {losses[-1]:.3g}, like a straight line"
    sentence += f"; a step moves the weights by {step:.2g} of their size, where 0.001 is usual." if step is not None else "."
    return [Finding("rate too low", sentence, evidence, "A larger --rate: three times, then ten times.")]


def _gap(history: Entries, unit: float) -> list[Finding]:
    """A gap in either direction. The training loss of an epoch is a mean over its batches: at its end it is about halfway to the next epoch's."""
    last = history[-1]
    learned, held = last.get("train_accuracy"), last.get("held_accuracy")
    if held is None:
        return []
    losses, asked = [entry["train_loss"] for entry in history], [entry["held_loss"] for entry in history]
    ends = [*((before + after) / 2 for before, after in itertools.pairwise(losses)), losses[-1]]
    third = max(1, len(losses) // 3)
    ratio = median(one / max(other, 1e-9) for one, other in zip(asked[-third:], ends[-third:], strict=True))
    evidence = {"train loss": losses[-1], "held-out loss": asked[-1], "lowest held-out loss": min(asked), "held-out accuracy": held}
    if learned is not None:
        evidence["train accuracy"] = learned
    if len(losses) >= _EPOCHS_TO_COMPARE and (ratio < _BETTER or (ratio < 1 and losses[-1] < _MEMORIZED * unit)):
        sentence = f"The loss on pictures held out, {asked[-1]:.3g}, is lower than on those learned from, {ends[-1]:.3g}."
        remedy = (
            "Look for copies on both sides (vitreous look); with dropout, mixup or strong augmentation it is expected: train longer, or use less."
        )
        return [Finding("held out better", sentence, evidence, remedy)]
    risen = asked[-1] / max(min(asked), 1e-9)
    gap = (learned if learned is not None else 0.0) - held
    large = risen > _RISEN and ratio > 2 if learned is None else gap > _GAP or (gap > _SOME_GAP and (ratio > _APART or risen > _RISEN))
    if not large:
        return []
    sentence = f"{learned:.0%} right of the pictures learned from, {held:.0%} of those held out" if learned is not None else "The two losses part"
    sentence += f"; the loss there is {asked[-1]:.3g} against {losses[-1]:.3g}" + (f", {risen:.2g} times its lowest." if risen > 1.05 else ".")
    return [Finding("over-fitting", sentence, evidence, "More pictures, --augment, --decay or --dropout; early stopping has kept the best epoch.")]


def _under_fitting(history: Entries, unit: float) -> list[Finding]:
    last, before = history[-1], history[-2]
    learned, held = last.get("train_accuracy"), last.get("held_accuracy")
    if learned is None or held is None or learned - held > _SOME_GAP:
        return []
    evidence = {"train loss": last["train_loss"], "train accuracy": learned, "held-out accuracy": held, "log K": unit}
    if last["held_loss"] < _STILL_FALLING * before["held_loss"] and last["train_loss"] > _MEMORIZED * unit:
        sentence = f"The loss still fell from {before['held_loss']:.3g} to {last['held_loss']:.3g} in the last epoch."
        return [Finding("under-fitting", sentence, evidence, "Train longer: --epochs.")]
    if last["train_loss"] <= _POOR * unit:
        return []
    sentence = f"{learned:.0%} right of the pictures learned from, {held:.0%} of those held out: a small gap, and poor on both."
    return [Finding("under-fitting", sentence, evidence, "A larger network, or train longer: --epochs.")]
