"""A decision as a value: the rule, what it was chosen for, what it is expected to do, and all of that in sentences."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from vitreous.metrics.bounds import CONFIDENCE
from vitreous.metrics.decision_rule import StoredRule
from vitreous.metrics.operating_point import Rate

Interval = tuple[float, float]


@dataclass(frozen=True)
class Figure:
    """A value and its 95 % interval; no value where there was nothing to measure it on."""

    value: float | None
    interval: Interval

    @classmethod
    def of(cls, rate: Rate, factor: float = 1.0) -> "Figure":
        return cls(*rate.times(factor))

    def to_json(self) -> dict[str, Any]:
        return {"value": self.value, "interval": list(self.interval)}

    def __str__(self) -> str:
        low, high = self.interval
        return f"{'–' if self.value is None else f'{self.value:.3g}'} [{low:.3g}, {high:.3g}]"


@dataclass(frozen=True)
class Decision:
    """How answers are made of probabilities from now on.

    `bound`: what is promised in 95 % of cases, for wishes that are promises. `pictures`: held-out ones that it was chosen on. `figures`: what is
    expected, by name, such as miss_rate. `prevalence`: the share of the class among the pictures that the figures per 1,000 are for.
    """

    stored: StoredRule
    labels: Sequence[str]
    asked: float | None
    bound: float | None
    pictures: int
    chosen_on: str
    prevalence: float | None
    figures: dict[str, Figure]
    sentences: list[str] = field(default_factory=list)

    @property
    def label(self) -> str | None:
        """The class whose threshold was chosen, for such a wish."""
        return self._rule.get("label")

    @property
    def threshold(self) -> float | None:
        return self._rule.get("threshold")

    @property
    def _rule(self) -> dict[str, Any]:
        return self.stored.to_json(self.labels)

    def to_json(self) -> dict[str, Any]:
        return {
            "wish": self.stored.wish,
            "asked": self.asked,
            "bound": self.bound,
            "confidence": CONFIDENCE,
            "label": self.label,
            "threshold": self.threshold,
            "rule": self._rule,
            "num_images": self.pictures,
            "chosen_on": self.chosen_on,
            "prevalence": self.prevalence,
            "figures": {name: each.to_json() for name, each in self.figures.items()},
            "sentences": self.sentences,
        }

    def __repr__(self) -> str:
        return "\n".join(self.sentences)


def percent(share: float) -> str:
    """
    >>> percent(0.02), percent(0.0347), percent(0.1), percent(1)
    ('2 %', '3.47 %', '10 %', '100 %')
    """
    return f"{100 * share:.3g} %"


def percents(figure: Figure) -> str:
    """
    >>> percents(Figure(0.0213, (0.0071, 0.05)))
    '2.13 % [0.71, 5]'
    """
    low, high = figure.interval
    return f"{'–' if figure.value is None else percent(figure.value)} [{100 * low:.3g}, {100 * high:.3g}]"


def probability(threshold: float) -> str:
    """A threshold in as many digits as tell it from 0 and from 1.

    >>> probability(0.21341), probability(0.999987), probability(3.2e-07)
    ('0.213', '0.99999', '3.2e-07')
    """
    if threshold < 0.99:
        return f"{threshold:.3g}"
    digits = next((digits for digits in range(3, 9) if round(threshold, digits) < 1), 8)
    return f"{threshold:.{digits}f}"
