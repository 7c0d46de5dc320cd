"""How far to go from the probe towards what was tuned, by pictures that neither was fitted to.

The weights between two ends of a tuning are networks of their own, often better ones than either end (M. Wortsman et al., "Robust fine-tuning of
zero-shot models", CVPR 2022). At the near end stands the probe itself, so a network is changed only where that is better.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from vitreous.fit.head import Floats, Ints
from vitreous.fit.objective import Objective, Target, right
from vitreous.fit.probe import paired_gain

# From the probe (0) to the tuned weights (1).
SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
# Of the mean log loss: what a wrong answer among a thousand costs. Where less is gained, all answers are as right as before.
_WORTH = 0.002


@dataclass(frozen=True)
class Judged:
    """`rows` [n] that were held out, and `logits` [n, K] of these at each share; `share`: the one of least loss, 0 where no other is better than
    the probe by more than the standard error of the difference, and by something that is worth a change. `loss` and `accuracy` of the probe and
    at the share."""

    rows: Ints
    logits: Floats
    share: float
    losses: Mapping[float, float]
    accuracy: tuple[float, float]
    gain: float
    error: float


def judged(rows: Ints, logits: Mapping[float, Floats], target: Target, objective: Objective) -> Judged:
    """`logits` at every share that was tried, of held-out pictures with this target; each calibrated for itself first."""
    losses = {share: objective.losses(objective.link(each, target).calibrated(each), target) for share, each in logits.items()}
    best = min(losses, key=lambda share: float(losses[share].mean()))
    gain, error = paired_gain(losses[best], losses[0.0]) if best else (0.0, 0.0)
    share = best if gain > max(error, _WORTH) else 0.0
    means = {each: float(loss.mean()) for each, loss in losses.items()}
    return Judged(rows, logits[share], share, means, (right(logits[0.0], target), right(logits[share], target)), gain, error)
