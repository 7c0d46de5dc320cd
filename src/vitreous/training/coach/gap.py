"""What the two splits say when they are read side by side: the pictures learned from, and those held out.

    labels             learned well, and held out as bad as guessing: labels that do not belong to the pictures
    held out better    a leak, or a training made harder than the asking
    over-fitting       a large gap
    under-fitting      a small gap, and poor on both or still falling

The training figures of an epoch are means while it is learned from; at its end they are about halfway to the next epoch's. Held-out figures are
compared with that, else every first epoch looks like a leak.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log, sqrt
from statistics import median
from typing import Any, Self

from vitreous.training.coach.context import Context
from vitreous.training.coach.finding import Finding

Entries = Sequence[Mapping[str, Any]]

_ASSUMED_HELD = 100  # pictures, for the chance of being right by chance
_LEARNED = 0.15  # above chance
# Accuracies and gaps from 0 to 1; ratios are of held-out loss over training loss; losses in units of a guess's.
_LARGE_GAP, _GAP, _SOME_GAP, _APART, _RISEN = 0.15, 0.1, 0.08, 3.0, 1.2
_BETTER, _MORE_RIGHT, _EPOCHS_TO_COMPARE = 0.9, 0.015, 5
_BY_HEART, _EPOCHS_BY_HEART = 0.1, 15
_STILL_FALLING, _FALLS_BY, _POOR = 0.88, 0.04, 0.4


@dataclass(frozen=True)
class _Sides:
    """Of the last third of the epochs, the middle value of each: how many more are right of the pictures learned from than of those held out, and
    held-out loss over training loss, None where they do not measure the same. `risen`: the last held-out loss over the lowest."""

    learned: float | None
    held: float
    gap: float | None
    ratio: float | None
    risen: float
    evidence: dict[str, float]

    @classmethod
    def of(cls, history: Entries, context: Context) -> Self:
        third, last = max(1, len(history) // 3), history[-1]
        asked = [entry["held_loss"] for entry in history]
        ends = _at_the_end([entry["train_loss"] for entry in history])
        ratio = median(one / max(other, 1e-9) for one, other in zip(asked[-third:], ends[-third:], strict=True)) if context.alike else None
        gap = None
        if last.get("train_accuracy") is not None:
            right = _at_the_end([entry["train_accuracy"] for entry in history])
            gap = median(one - entry["held_accuracy"] for one, entry in zip(right[-third:], history[-third:], strict=True))
        evidence = {"train loss": last["train_loss"], "held-out loss": asked[-1], "lowest held-out loss": min(asked)}
        evidence |= {name: last[key] for name, key in (("train accuracy", "train_accuracy"), ("held-out accuracy", "held_accuracy")) if key in last}
        return cls(last.get("train_accuracy"), last["held_accuracy"], gap, ratio, asked[-1] / max(min(asked), 1e-9), evidence)


def side_by_side(history: Entries, context: Context) -> list[Finding]:
    """Nothing where no pictures were held out."""
    if history[-1].get("held_accuracy") is None:
        return []
    sides = _Sides.of(history, context)
    return _labels(sides, context) or _held_out_better(history, sides, context) or _over_fitting(sides, context)


def _labels(sides: _Sides, context: Context) -> list[Finding]:
    chance = context.chance
    by_chance = chance + 3 * sqrt(chance * (1 - chance) / _ASSUMED_HELD)
    if context.several or sides.learned is None or sides.held > by_chance or sides.learned < by_chance + _LEARNED:
        return []
    sentence = f"{sides.learned:.0%} right of the pictures learned from, {sides.held:.0%} of those held out, where guessing gives {chance:.0%}."
    return [Finding("labels", sentence, sides.evidence | {"chance": chance}, "Look whether labels and pictures belong together: vitreous look.")]


def _held_out_better(history: Entries, sides: _Sides, context: Context) -> list[Finding]:
    if len(history) < _EPOCHS_TO_COMPARE:
        return []
    more_right = sides.gap is not None and sides.gap < -_MORE_RIGHT and (sides.ratio is None or sides.ratio < _BETTER)
    by_heart = len(history) >= _EPOCHS_BY_HEART and context.guess is not None and history[-1]["train_loss"] < _BY_HEART * context.guess
    copied = by_heart and not context.harder and sides.ratio is not None and sides.ratio < 1
    if not more_right and not copied:
        return []
    sentence = f"Pictures held out are answered better than those learned from: loss {history[-1]['held_loss']:.3g} against "
    sentence += f"{history[-1]['train_loss']:.3g}, {sides.held:.1%} right" + (f" against {sides.learned:.1%}." if sides.learned is not None else ".")
    remedy = "Look for copies on both sides: vitreous look."
    if context.harder:
        remedy = f"Expected with so much {' and '.join(context.harder)}: train longer, or use less. Otherwise look for copies: vitreous look."
    return [Finding("held out better", sentence, sides.evidence, remedy)]


def _over_fitting(sides: _Sides, context: Context) -> list[Finding]:
    gap, apart = sides.gap or 0.0, sides.ratio is not None and sides.ratio > _APART
    if gap <= _LARGE_GAP and not (gap > _GAP and apart) and not (gap > _SOME_GAP and sides.risen > _RISEN):
        losses_only = sides.gap is None or context.several  # label by label most answers are right, whatever was learned
        if not (losses_only and apart and sides.risen > _RISEN):
            return []
    held = f"{sides.held:.0%} of those held out"
    sentence = (
        f"{sides.learned:.0%} right of the pictures learned from, {held}" if sides.learned is not None else f"The losses part, with {held} right"
    )
    sentence += f"; the loss there is {sides.evidence['held-out loss']:.3g} against {sides.evidence['train loss']:.3g}"
    sentence += f", {sides.risen:.2g} times its lowest." if sides.risen > 1.05 else "."
    return [Finding("over-fitting", sentence, sides.evidence, "More pictures, --augment, --decay or --dropout; the best epoch has been kept.")]


def under_fitting(history: Entries, context: Context, unit: float) -> list[Finding]:
    """`unit`: the loss of a guess. To be asked where nothing else explains a poor result."""
    if history[-1].get("held_accuracy") is None:
        return []
    sides = _Sides.of(history, context)
    if sides.gap is not None and sides.gap > _SOME_GAP:
        return []
    before, last = history[-2]["held_loss"], history[-1]["held_loss"]
    if last < _STILL_FALLING * before and before - last > _FALLS_BY * unit:
        return [
            Finding(
                "under-fitting", f"The loss still fell from {before:.3g} to {last:.3g} in the last epoch.", sides.evidence, "Train longer: --epochs."
            )
        ]
    if context.several or sides.learned is None or last <= _POOR * log(max(2, context.classes)):
        return []
    sentence = f"{sides.learned:.0%} right of the pictures learned from, {sides.held:.0%} of those held out: a small gap, and poor on both."
    return [Finding("under-fitting", sentence, sides.evidence, "A larger network, or train longer: --epochs.")]


def _at_the_end(values: Sequence[float]) -> list[float]:
    """Of each epoch: halfway to the next epoch's mean."""
    return [*((before + after) / 2 for before, after in pairwise(values)), values[-1]]
