"""How right a network is while it learns, for one label and for several: what the loop asks of logits and targets.

one label        right: the class of the largest logit
several          right: the share of a picture's known labels whose logit is on the right side of 0; and mAP, the mean over the labels of
                 average precision. Epochs are compared by the loss after Platt's calibration, as for one label by that at the best temperature
"""

from dataclasses import dataclass
from math import isfinite

import numpy as np
import torch
from torch import Tensor

from vitreous.fit.calibrate import calibrated_loss
from vitreous.fit.head import Floats
from vitreous.fit.objective import SIGMOIDS, Target
from vitreous.metrics.figures import average_precision_without

# Sums of larger ones, and what calibration makes of them, leave fp32, which ends at 3.4e38.
LARGEST_LOGIT = 1e30


@dataclass(frozen=True)
class Judged:
    """Of held-out pictures: the mean loss, the share that is right, the loss by which epochs are compared, and of several labels the mAP."""

    loss: float
    accuracy: float
    calibrated: float
    map: float | None = None

    @property
    def finite(self) -> bool:
        return isfinite(self.loss) and isfinite(self.calibrated)


def sound(logits: Tensor) -> bool:
    """Whether answers can be made of logits: numbers, and none beyond reason."""
    return bool((logits.abs() <= LARGEST_LOGIT).all())  # false for what is no number


def right_of(logits: Tensor, target: Tensor) -> float:
    """How many of the pictures are answered right; of several labels the sum of their shares. A picture of which nothing is known counts."""
    if target.ndim == 1:
        return float((logits.argmax(1) == target).sum().item())
    known = ~target.isnan()
    right = ((logits > 0) == (target == 1)) & known
    return float((right.sum(1) / known.sum(1).clamp_min(1) + (~known.any(1)).float()).sum().item())


def judged(logits: Tensor, target: Tensor) -> Judged:
    """Of logits [n, K] of held-out pictures, n at least 1."""
    if target.ndim == 1:
        loss = torch.nn.functional.cross_entropy(logits, target).item()
        right = (logits.argmax(1) == target).float().mean().item()
        return Judged(loss, right, calibrated_loss(logits.numpy(), target.numpy()))
    z, t = logits.numpy(), target.numpy()
    loss = float(SIGMOIDS.losses(z, t).mean())
    return Judged(loss, right_of(logits, target) / len(target), SIGMOIDS.calibrated_loss(z, t), mean_average_precision(z, t))


def mean_average_precision(scores: Floats, target: Target) -> float | None:
    """Over the labels that some pictures are known to have; None where there is none."""
    found = []
    for own, truth in zip(scores.T, target.T, strict=True):
        known = ~np.isnan(truth)
        if (truth[known] == 1).any():
            found.append(average_precision_without(own[known], np.flatnonzero(truth[known] == 1))[0])
    return float(np.mean(found)) if found else None
