"""What a network says of one picture: every class with its probability, the most probable first."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitreous.core.text import visible

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Answer:
    """A class and its probability, 0 to 1."""

    label: str
    confidence: float

    def __str__(self) -> str:
        return f"{visible(self.label)} {self.confidence:.1%}"


@dataclass(frozen=True)
class Answers:
    """The distribution over the classes for one picture. `probability` float32 [K] in the order of `labels`."""

    image: str
    labels: Sequence[str]
    probability: NDArray[np.float32]

    @property
    def label(self) -> str:
        """The most probable class; the first of equals."""
        return self.labels[int(self.probability.argmax())]

    @property
    def confidence(self) -> float:
        return float(self.probability.max())

    def top(self, count: int) -> list[Answer]:
        order = np.argsort(-self.probability, kind="stable")[:count]
        return [Answer(self.labels[k], float(self.probability[k])) for k in order]

    def to_json(self, count: int) -> dict[str, Any]:
        return {"image": self.image, "answers": [{"label": a.label, "confidence": round(a.confidence, 6)} for a in self.top(count)]}

    def __iter__(self) -> Iterator[Answer]:
        return iter(self.top(len(self.labels)))

    def __repr__(self) -> str:
        return f"{visible(self.image)}: " + ", ".join(map(str, self.top(3)))

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td style='text-align:left'>{escape(visible(a.label))}</td><td><progress value='{a.confidence:.4f}' max='1'></progress></td>"
            f"<td>{a.confidence:.1%}</td></tr>"
            for a in self.top(_SHOWN)
        )
        return f"<table><caption>{escape(visible(self.image))}</caption>{rows}</table>"


@dataclass(frozen=True)
class Failure:
    """A file that could not be answered, and why."""

    image: str
    reason: str

    def to_json(self, _count: int) -> dict[str, Any]:
        return {"image": self.image, "error": self.reason}

    def __repr__(self) -> str:
        return f"{visible(self.image)}: {self.reason}"
