"""From which probability on a label is said: a threshold for each label, for the best F1 or for the least cost.

    F1      F1(t) = 2 TP / (present + said), of the pictures that the model was not fitted to. Few pictures of a label make its peaks a matter
            of luck, so `PRIOR` pictures' worth of what the calibrated probabilities themselves expect is mixed in: with n known pictures
            TP(t) + w Σ_{p ≥ t} p, present + w Σ p, said(t) + w |p ≥ t|, w = PRIOR / n
    cost    a missed label costs MISS, one falsely said FALSE: said from p ≥ FALSE / (MISS + FALSE) on, whatever the label (Bayes' rule;
            C. Elkan, "The foundations of cost-sensitive learning", IJCAI 2001). Nothing is chosen, the probabilities are calibrated

The best threshold for F1 is half of the F1 that it reaches (Z. Lipton, C. Elkan, B. Naryanaswamy, "Optimal thresholding of classifiers to
maximize F1 measure", ECML 2014), so a rare or difficult label is said far below 0.5.
"""

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from vitreous.core.text import visible
from vitreous.errors import UsageError
from vitreous.metrics.figures import FloatArray, Probabilities

PRIOR = 40.0
_DIGITS = 6
_COSTS = re.compile(r"cost\s*=\s*(\d+\.?\d*|\.\d+)\s*:\s*(\d+\.?\d*|\.\d+)")


@dataclass(frozen=True)
class Goal:
    """What thresholds are chosen for: F1, or where `miss` and `false_alarm` are given the costs of the two mistakes."""

    miss: float | None = None
    false_alarm: float | None = None

    @classmethod
    def read(cls, text: str) -> "Goal":
        """Of "f1" or "cost=MISS:FALSE". Raises UsageError for anything else."""
        plain = text.strip().lower()
        if plain == "f1":
            return cls()
        found = _COSTS.fullmatch(plain)
        if found is None:
            raise UsageError(
                f"--threshold-for {visible(text)!r}", needed="f1, or cost=MISS:FALSE", remedy="cost=5:1 where a missed label is five times as bad"
            )
        miss, false_alarm = map(float, found.groups())
        if not (0 < miss < np.inf and 0 < false_alarm < np.inf):
            raise UsageError(f"--threshold-for {visible(text)!r}", "a cost of nothing", "two numbers above 0")
        return cls(miss, false_alarm)

    def __str__(self) -> str:
        return "f1" if self.miss is None or self.false_alarm is None else f"cost={self.miss:g}:{self.false_alarm:g}"

    def thresholds(self, probability: Probabilities, target: npt.NDArray[Any]) -> FloatArray:
        """[K], from calibrated probabilities [N, K] and what is true, [N, K] of 0, 1 and NaN (unknown)."""
        classes = probability.shape[1]
        if self.miss is not None and self.false_alarm is not None:
            return np.full(classes, round(self.false_alarm / (self.miss + self.false_alarm), _DIGITS))
        return np.array([_best_for_f1(probability[:, k].astype(np.float64), target[:, k]) for k in range(classes)])


def _best_for_f1(probability: FloatArray, target: npt.NDArray[Any]) -> float:
    """The middle of the gap at which F1 is highest; 0.5 where no picture is known to have the label."""
    known = ~np.isnan(target)
    order = np.argsort(-probability[known], kind="stable")
    p, y = probability[known][order], target[known][order]
    if not y.any():
        return 0.5
    weight = PRIOR / len(p)
    said = np.arange(1, len(p) + 1) * (1 + weight)
    won = np.cumsum(y + weight * p)
    last = np.append(p[1:] != p[:-1], True)  # pictures of one probability are said together
    f1 = np.where(last, 2 * won / (won[-1] + said), -1.0)
    best = int(f1.argmax())
    below = p[best + 1] if best + 1 < len(p) else 0.0
    return round(float((p[best] + below) / 2), _DIGITS)
