"""What has to fall below zero for another answer: the lead of the answer that is given over the one that is aimed at, as a function of the scores.

    the most probable class         s_a − s_b                            linear
    a threshold t of class k        ± (log p_k / (1 − p_k) − log t / (1 − t))
    the least expected cost         Σ_j p_j (C[j, a] − C[j, b])

Each gives its lead and its slope in the scores; where several have to fall, the one that leads most counts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from vitreous.inside.why.saliency import Floats
from vitreous.layers.softmax import softmax
from vitreous.metrics.decision_rule import UNKNOWN, ClassThreshold, ConfidenceThreshold, Costs, Rule


class Aim(Protocol):
    def lead(self, scores: NDArray[np.floating]) -> Floats:
        """Of scores [N, K]: [N]."""
        ...

    def slope(self, scores: NDArray[np.floating]) -> Floats:
        """The gradient of the lead at scores [K]: [K]."""
        ...


@dataclass(frozen=True, eq=False)
class Linear:
    """scores · `weights` [K] + `bias`."""

    weights: Floats
    bias: float = 0.0

    def lead(self, scores: NDArray[np.floating]) -> Floats:
        return np.asarray(scores @ self.weights + self.bias, np.float64)

    def slope(self, scores: NDArray[np.floating]) -> Floats:
        return self.weights


@dataclass(frozen=True)
class Behind:
    """How far class `number` lies behind the highest of the others, of which `without` does not count."""

    number: int
    without: int | None = None

    def lead(self, scores: NDArray[np.floating]) -> Floats:
        return np.asarray(self._others(scores).max(1) - scores[:, self.number], np.float64)

    def slope(self, scores: NDArray[np.floating]) -> Floats:
        found = np.zeros(len(scores))
        found[int(self._others(scores[None]).argmax())] = 1
        found[self.number] = -1
        return found

    def _others(self, scores: NDArray[np.floating]) -> Floats:
        others = np.array(scores, np.float64)
        others[:, [each for each in (self.number, self.without) if each is not None]] = -np.inf
        return others


@dataclass(frozen=True)
class Beyond:
    """How far the logarithm of the odds of class `number` lies above that of probability `threshold`; with `sign` −1, below it. The scores are
    those before a softmax, or with `probable` probabilities, whose own difference it is then."""

    number: int
    threshold: float
    sign: float
    probable: bool

    def lead(self, scores: NDArray[np.floating]) -> Floats:
        s = np.asarray(scores, np.float64)
        if self.probable:
            return np.asarray(self.sign * (s[:, self.number] - self.threshold))
        others = np.delete(s, self.number, 1)
        top = others.max(1, keepdims=True)
        odds = s[:, self.number] - top[:, 0] - np.log(np.exp(others - top).sum(1))
        t = min(max(self.threshold, 1e-12), 1 - 1e-12)
        return np.asarray(self.sign * (odds - np.log(t) + np.log1p(-t)))

    def slope(self, scores: NDArray[np.floating]) -> Floats:
        found = np.zeros(len(scores))
        if not self.probable:
            others = np.array(scores, np.float64)
            others[self.number] = -np.inf
            found = -softmax(others[None])[0]
        found[self.number] = 1
        return self.sign * found


@dataclass(frozen=True, eq=False)
class Costlier:
    """How much more answer `number` is expected to cost than the cheapest of `others`; `cost` [K, A]."""

    number: int
    others: Sequence[int]
    cost: Floats
    probable: bool

    def lead(self, scores: NDArray[np.floating]) -> Floats:
        expected = self._probability(scores) @ self.cost
        return np.asarray(expected[:, self.number] - expected[:, list(self.others)].min(1))

    def slope(self, scores: NDArray[np.floating]) -> Floats:
        p = self._probability(scores[None])[0]
        cheapest = min(self.others, key=lambda other: float(p @ self.cost[:, other]))
        more = self.cost[:, self.number] - self.cost[:, cheapest]
        return np.asarray(more if self.probable else p * (more - p @ more))

    def _probability(self, scores: NDArray[np.floating]) -> Floats:
        s = np.asarray(scores, np.float64)
        return s if self.probable else softmax(s)


@dataclass(frozen=True)
class AllOf:
    """Several of them: the largest lead."""

    aims: Sequence[Aim]

    def lead(self, scores: NDArray[np.floating]) -> Floats:
        return np.asarray(np.max([aim.lead(scores) for aim in self.aims], 0))

    def slope(self, scores: NDArray[np.floating]) -> Floats:
        return max(self.aims, key=lambda aim: float(aim.lead(scores[None])[0])).slope(scores)


def aim_at(rule: Rule, target: int, top: int, probable: bool, classes: int) -> Aim | None:
    """What must fall below 0 for the answer `target`, a class or UNKNOWN, by a rule that was stored; None where the rule never says that.

    `top` is the most probable class of the picture, `probable` whether scores are probabilities already.
    """
    if isinstance(rule, Costs):
        own = [column for column, answer in enumerate(rule.columns) if answer == target]
        others = [column for column, answer in enumerate(rule.columns) if answer != target]
        return Costlier(own[0], others, rule.cost, probable) if own and others else None
    if isinstance(rule, ConfidenceThreshold):
        if target == UNKNOWN:
            return Beyond(top, rule.threshold, 1.0, probable)
        return AllOf((Behind(target), Beyond(target, rule.threshold, -1.0, probable)))
    if isinstance(rule, ClassThreshold) and target != UNKNOWN:
        if target == rule.number:
            return Beyond(target, rule.threshold, -1.0, probable)
        below = Beyond(rule.number, rule.threshold, 1.0, probable)
        return below if classes == 2 else AllOf((below, Behind(target, rule.number)))
    return None
