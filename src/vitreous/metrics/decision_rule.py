"""How an answer is made of probabilities, where it is not simply the most probable class.

    ClassThreshold        the class k where p_k ≥ threshold, else the most probable of the others
    ConfidenceThreshold   the most probable class where its p ≥ threshold, else "I don't know" (C. K. Chow, "On optimum recognition error and
                          reject tradeoff", IEEE Trans. Inf. Theory 1970)
    Costs                 the answer a with the least expected cost Σ_k p_k C[k, a] (Bayes' rule; C. Elkan, "The foundations of cost-sensitive
                          learning", IJCAI 2001)

The first of equals is taken everywhere. A rule is stored in a model.onnx as JSON, under the key "decision" of its metadata.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from vitreous.metrics.figures import FloatArray, IntArray, Probabilities

UNKNOWN = -1  # "I don't know"
WISHES = ("max_miss", "max_false_alarms", "max_error", "costs")
_WORD = "unknown"


class Rule(Protocol):
    """From probabilities to answers."""

    def answers(self, probability: Probabilities) -> IntArray:
        """The class of each picture, or UNKNOWN: int [N] of [N, K]."""
        ...

    def to_json(self, labels: Sequence[str]) -> dict[str, Any]: ...


@dataclass(frozen=True)
class ClassThreshold:
    """`number`: of the class that is said from the threshold on."""

    number: int
    threshold: float

    def answers(self, probability: Probabilities) -> IntArray:
        own = probability[:, self.number].astype(np.float64)
        others = probability.copy()
        others[:, self.number] = -1
        return np.asarray(np.where(own >= self.threshold, self.number, others.argmax(axis=1)))

    def to_json(self, labels: Sequence[str]) -> dict[str, Any]:
        return {"rule": "class", "label": labels[self.number], "threshold": self.threshold}


@dataclass(frozen=True)
class ConfidenceThreshold:
    threshold: float

    def answers(self, probability: Probabilities) -> IntArray:
        sure = probability.max(axis=1).astype(np.float64) >= self.threshold
        return np.asarray(np.where(sure, probability.argmax(axis=1), UNKNOWN))

    def to_json(self, labels: Sequence[str]) -> dict[str, Any]:
        return {"rule": "confidence", "threshold": self.threshold}


@dataclass(frozen=True)
class Costs:
    """`cost` [K, A]: of each answer for each true class; `columns` [A]: the class that an answer names, or UNKNOWN."""

    columns: tuple[int, ...]
    cost: FloatArray

    def answers(self, probability: Probabilities) -> IntArray:
        return np.asarray(np.array(self.columns)[self.expected(probability).argmin(axis=1)])

    def expected(self, probability: Probabilities) -> FloatArray:
        """The expected cost of each answer: [N, A]."""
        return np.asarray(probability.astype(np.float64) @ self.cost)

    def to_json(self, labels: Sequence[str]) -> dict[str, Any]:
        named = [None if column == UNKNOWN else labels[column] for column in self.columns]
        return {"rule": "costs", "answers": named, "costs": self.cost.tolist()}


@dataclass(frozen=True)
class StoredRule:
    """A rule as a model carries it. `wish`: what it was chosen for; `unknown`: how "I don't know" is written, a word that is no class."""

    wish: str
    rule: Rule
    unknown: str

    def to_json(self, labels: Sequence[str]) -> dict[str, Any]:
        return {"wish": self.wish, "unknown": self.unknown} | self.rule.to_json(labels)

    @classmethod
    def from_json(cls, value: Mapping[str, Any], labels: Sequence[str]) -> "StoredRule":
        """Raises ValueError, KeyError or TypeError where it is not what `to_json` gave for these labels."""
        number = {label: place for place, label in enumerate(labels)}
        rule: Rule
        if value["rule"] == "class":
            rule = ClassThreshold(number[value["label"]], float(value["threshold"]))
        elif value["rule"] == "confidence":
            rule = ConfidenceThreshold(float(value["threshold"]))
        elif value["rule"] == "costs":
            columns = tuple(UNKNOWN if answer is None else number[answer] for answer in value["answers"])
            cost = np.array(value["costs"], np.float64)
            if not columns or cost.shape != (len(labels), len(columns)) or not np.isfinite(cost).all():
                raise ValueError("costs that do not fit the labels")
            rule = Costs(columns, cost)
        else:
            raise ValueError(f"rule {value['rule']!r}")
        return cls(str(value["wish"]), rule, str(value["unknown"]))


def unknown_word(labels: Sequence[str]) -> str:
    """How "I don't know" is written beside these classes.

    >>> unknown_word(["cat", "dog"]), unknown_word(["unknown"])
    ('unknown', '(unknown)')
    """
    word = _WORD
    while word in labels:
        word = f"({word})"
    return word
