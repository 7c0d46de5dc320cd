"""What a head is fitted for: one label for each picture, or several. From softmax to sigmoid, one objective is exchanged for another.

Everything that learns asks an objective and nothing else: the probe, the choice of a view, a network that is trained from the pixels on.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitreous.fit.calibrate import temperature
from vitreous.fit.head import Floats, Head
from vitreous.fit.link import Link, Softmax
from vitreous.fit.platt import platt
from vitreous.fit.sigmoid import binary_log_loss, fit_sigmoid
from vitreous.fit.softmax import fit_softmax, log_loss
from vitreous.fit.span import Points

# Class numbers, int [N]; or where pictures have several labels 0, 1 and NaN (unknown), fp32 [N, K].
Target = NDArray[Any]
# Fits a head to features [N, D] and a target: classes, strength, where to start, tolerance.
Fitter = Callable[[Points, Target, int, float, Head | None, float], Head]


@dataclass(frozen=True)
class Objective:
    """`losses` [N] of logits [N, K], one for each picture; `link` is calibrated on logits of pictures that the head was not fitted to;
    `head` says in a few words what it is."""

    head: str
    fit: Fitter
    losses: Callable[[Floats, Target], Floats]
    link: Callable[[Floats, Target], Link]

    def calibrated_loss(self, logits: Floats, target: Target) -> float:
        """The mean loss after the best calibration: how good the logits are apart from their scale."""
        return float(self.losses(self.link(logits, target).calibrated(logits), target).mean())


def _tempered(logits: Floats, target: Target) -> Softmax:
    return Softmax(temperature(logits, target))


SOFTMAX = Objective("a softmax head", fit_softmax, log_loss, _tempered)
SIGMOIDS = Objective("a sigmoid for each label", fit_sigmoid, binary_log_loss, platt)
# By the name of the task.
OBJECTIVES = {"classify": SOFTMAX, "multilabel": SIGMOIDS}


def stratum(target: Target) -> NDArray[np.intp]:
    """One number for each picture to draw samples by, int [N]: its class; of several labels the rarest, and K where it has none."""
    if target.ndim == 1:
        return np.asarray(target, np.intp)
    present = target == 1
    count, classes = present.sum(0), target.shape[1]
    rarity = np.where(present, count, len(target) + 1)
    return np.asarray(np.where(present.any(1), rarity.argmin(1), classes), np.intp)


def right(logits: Floats, target: Target) -> float:
    """Share of right answers of logits [N, K]; of several labels those from 0 on, where they are known."""
    if target.ndim == 1:
        return float((logits.argmax(1) == target).mean())
    known = ~np.isnan(target)
    return float(((logits >= 0) == (target == 1))[known].mean()) if known.any() else 0.0
