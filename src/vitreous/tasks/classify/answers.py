"""What a network says of one picture: every class with its probability, and the answer.

The answer is the most probable class; or what the decision says that was stored with the model, which may be "I don't know".
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitreous.core.text import percent, visible
from vitreous.metrics.decision_rule import UNKNOWN, StoredRule
from vitreous.tasks.classify.doubts import Oddness, PredictionSet

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Answer:
    """A class and its probability, 0 to 1."""

    label: str
    confidence: float

    def __str__(self) -> str:
        return f"{visible(self.label)} {percent(self.confidence, 1)}"


@dataclass(frozen=True)
class Answers:
    """The distribution over the classes for one picture. `probability` float32 [K] in the order of `labels`; `decision`: how the answer is made
    of it, where `vitreous decide` has stored that; `set` and `oddness`: what was asked for beside it."""

    image: str
    labels: Sequence[str]
    probability: NDArray[np.float32]
    decision: StoredRule | None = None
    set: PredictionSet | None = None
    oddness: Oddness | None = None

    @property
    def label(self) -> str | None:
        """The answer: the most probable class, the first of equals, or by the decision; None for "I don't know"."""
        number = self._number
        return None if number == UNKNOWN else self.labels[number]

    @property
    def confidence(self) -> float:
        """The probability of the answer; for "I don't know" that of the most probable class."""
        number = self._number
        return float(self.probability.max() if number == UNKNOWN else self.probability[number])

    def top(self, count: int) -> list[Answer]:
        """The most probable classes, whatever was decided."""
        order = np.argsort(-self.probability, kind="stable")[:count]
        return [Answer(self.labels[k], float(self.probability[k])) for k in order]

    def said(self, count: int) -> list[Answer]:
        """The answer, then the most probable of the other classes, `count` in all; "I don't know" is written as the decision has it."""
        if self.decision is None:
            return self.top(count)
        label = self.label
        first = Answer(self.decision.unknown if label is None else label, self.confidence)
        return [first, *(each for each in self.top(count) if each.label != label)][:count]

    def to_json(self, count: int) -> dict[str, Any]:
        value: dict[str, Any] = {"image": self.image, "answers": [{"label": a.label, "confidence": round(a.confidence, 6)} for a in self.top(count)]}
        if self.decision is not None:
            value |= {"label": self.label, "decided": self.decision.wish}
        for beside in (self.set, self.oddness):
            value |= beside.to_json() if beside else {}
        return value

    @property
    def beside(self) -> list[str]:
        """In words what was asked for beside the answer."""
        return [str(each) for each in (self.set, self.oddness) if each]

    def __iter__(self) -> Iterator[Answer]:
        return iter(self.top(len(self.labels)))

    def __repr__(self) -> str:
        return "; ".join((f"{visible(self.image)}: " + ", ".join(map(str, self.said(3))), *self.beside))

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td style='text-align:left'>{escape(visible(a.label))}</td><td><progress value='{a.confidence:.4f}' max='1'></progress></td>"
            f"<td>{escape(percent(a.confidence, 1))}</td></tr>"
            for a in self.said(_SHOWN)
        )
        rows += "".join(f"<tr><td style='text-align:left' colspan='3'>{escape(each)}</td></tr>" for each in self.beside)
        return f"<table><caption>{escape(visible(self.image))}</caption>{rows}</table>"

    @property
    def _number(self) -> int:
        if self.decision is None:
            return int(self.probability.argmax())
        return int(self.decision.rule.answers(self.probability[None])[0])


@dataclass(frozen=True)
class Failure:
    """A file that could not be answered, and why."""

    image: str
    reason: str

    def to_json(self, _count: int) -> dict[str, Any]:
        return {"image": self.image, "error": self.reason}

    def __repr__(self) -> str:
        return f"{visible(self.image)}: {self.reason}"
