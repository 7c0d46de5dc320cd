"""Temperature scaling (Guo et al. 2017): softmax(z / T) with the one T that makes held-out pictures most probable."""

import numpy as np

from vitreous.fit.head import Floats, Ints
from vitreous.fit.softmax import log_loss

# Beyond these the held-out pictures are separated perfectly, or not at all, and T would run away.
LOWEST, HIGHEST = 0.2, 5.0


def temperature(logits: Floats, target: Ints) -> float:
    """The T > 0 with the least mean log loss of `logits` [N, K] / T; the loss is convex in 1 / T. 1 where there is no picture."""
    if not len(target):
        return 1.0
    sharpness = np.geomspace(1 / HIGHEST, 1 / LOWEST, 25)
    for _ in range(4):
        losses = [float(log_loss(logits * np.float32(s), target).mean()) for s in sharpness]
        best = int(np.argmin(losses))
        sharpness = np.linspace(sharpness[max(best - 1, 0)], sharpness[min(best + 1, len(sharpness) - 1)], 9)
    return round(float(1 / sharpness[len(sharpness) // 2]), 4)


def calibrated_loss(logits: Floats, target: Ints) -> float:
    """Mean log loss at the best temperature: how good the logits are apart from their scale."""
    return float(log_loss(logits / np.float32(temperature(logits, target)), target).mean())
