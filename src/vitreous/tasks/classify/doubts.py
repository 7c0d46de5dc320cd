"""What is said beside an answer, where it is asked for: the set that holds the true class as often as promised, and whether it is none of these."""

from dataclasses import dataclass
from typing import Any

from vitreous.core.text import visible

NONE_OF_THESE = "none of these"


@dataclass(frozen=True, slots=True)
class PredictionSet:
    """The classes that the true one is among in the share `coverage` of all pictures, or of those of each class; the most probable first."""

    coverage: float
    per_class: bool
    labels: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        return {"set": list(self.labels), "coverage": self.coverage}

    def __str__(self) -> str:
        """
        >>> str(PredictionSet(0.95, False, ("skirt", "dress"))), str(PredictionSet(0.6, False, ()))
        ('{skirt, dress}', '{}')
        """
        return "{" + ", ".join(map(visible, self.labels)) + "}"


@dataclass(frozen=True, slots=True)
class Oddness:
    """How far a picture is from those that were trained on: `score`, above `limit` for the share `rate` of ordinary pictures."""

    score: float
    limit: float
    rate: float
    as_odd: float  # the share of ordinary pictures that are at least so far

    @property
    def none_of_these(self) -> bool:
        return self.score > self.limit

    def to_json(self) -> dict[str, Any]:
        """
        >>> Oddness(2.0, 1.0, 0.05, 0.001).to_json()
        {'unknown': {'none_of_these': True, 'oddness': 2.0, 'limit': 1.0, 'rate': 0.05, 'as_odd': 0.001}}
        """
        figures = {"oddness": self.score, "limit": self.limit, "rate": self.rate, "as_odd": self.as_odd}
        return {"unknown": {"none_of_these": self.none_of_these, **{name: round(value, 6) for name, value in figures.items()}}}

    def __str__(self) -> str:
        """
        >>> str(Oddness(2.0, 1.0, 0.05, 0.001)), str(Oddness(0.5, 1.0, 0.05, 0.4))
        ('none of these', 'as the others')
        """
        return NONE_OF_THESE if self.none_of_these else "as the others"
