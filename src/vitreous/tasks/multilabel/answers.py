"""What a network says of one picture that may have several labels: each label with its probability, and which of them are said."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitreous.core.presence import Presence
from vitreous.core.text import percent, visible
from vitreous.metrics.figures import FloatArray
from vitreous.tasks.classify.answers import Answer

_SHOWN = 8
_NONE = "none"


@dataclass(frozen=True)
class SeveralAnswers:
    """`probability` float32 [K] in the order of `labels`; a label is said where it reaches its threshold of `thresholds` [K].

    `present` and iteration give what is said, `top` the most probable labels, said or not.
    """

    image: str
    labels: Sequence[str]
    probability: NDArray[np.float32]
    thresholds: FloatArray

    @property
    def present(self) -> list[str]:
        """The labels that are said, the most probable first; none where there is none."""
        return [each.label for each in self]

    @property
    def confidence(self) -> float:
        """The probability of that answer, yes or no, to a single label that is the least sure."""
        says = self._said
        return float(np.where(says, self.probability, 1 - self.probability).min())

    def top(self, count: int) -> list[Answer]:
        """The most probable labels, whether they are said or not."""
        order = np.argsort(-self.probability, kind="stable")[:count]
        return [Answer(self.labels[k], float(self.probability[k])) for k in order]

    def said(self, count: int) -> list[Answer]:
        """The labels that are said, at most `count`."""
        says = dict(zip(self.labels, self._said.tolist(), strict=True))
        return [each for each in self.top(len(self.labels)) if says[each.label]][:count]

    def to_json(self, count: int) -> dict[str, Any]:
        """All that is said, and of the others as many as make `count` together."""
        number, says = {label: k for k, label in enumerate(self.labels)}, self._said
        shown = self.top(max(count, int(says.sum())))
        shown += [each for each in self if each not in shown]  # a threshold may be low
        answers = [
            {
                "label": each.label,
                "confidence": round(each.confidence, 6),
                "threshold": float(self.thresholds[number[each.label]]),
                "present": bool(says[number[each.label]]),
            }
            for each in shown
        ]
        return {"image": self.image, "labels": self.present, "answers": answers}

    def text(self, top: int | None) -> str:
        """One line, separated by tabs: the labels that are said, or the `top` most probable ones."""
        shown = self.said(len(self.labels)) if top is None else self.top(top)
        return "\t".join(f"{visible(each.label)}\t{each.confidence:.4f}" for each in shown) or none_word(self.labels)

    def cells(self) -> list[str]:
        """For a table: what is said as text, then the probability of each label."""
        return [str(Presence.of(self.present)), *(f"{each:.6f}" for each in self.probability.tolist())]

    def __iter__(self) -> Iterator[Answer]:
        return iter(self.said(len(self.labels)))

    def __repr__(self) -> str:
        return f"{visible(self.image)}: " + (", ".join(map(str, self)) or f"none of {len(self.labels)} labels")

    def _repr_html_(self) -> str:
        says = set(self.present)
        rows = "".join(
            f"<tr><td style='text-align:left'>{'<b>' if a.label in says else ''}{escape(visible(a.label))}{'</b>' if a.label in says else ''}</td>"
            f"<td><progress value='{a.confidence:.4f}' max='1'></progress></td><td>{escape(percent(a.confidence, 1))}</td></tr>"
            for a in self.top(max(_SHOWN, len(says)))
        )
        return f"<table><caption>{escape(visible(self.image))}</caption>{rows}</table>"

    @property
    def _said(self) -> NDArray[np.bool_]:
        return np.asarray(self.probability.astype(np.float64) >= self.thresholds)


def none_word(labels: Sequence[str]) -> str:
    """How "none of them" is written beside these labels.

    >>> none_word(["ace"]), none_word(["none"])
    ('none', '(none)')
    """
    word = _NONE
    while word in labels:
        word = f"({word})"
    return word
