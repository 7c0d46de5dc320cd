"""The answers of a run that its charts and pictures are made of: on the test part, or out of fold where there is none."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from vitreous.core.text import plural
from vitreous.metrics.figures import BoolArray, FloatArray, IntArray, Probabilities
from vitreous.runs.contents import Contents
from vitreous.runs.tables import Predictions


@dataclass(frozen=True)
class Measured:
    """N answers of K classes beside the truth. `what` names the pictures; `group` int [N] is the same for those that belong together."""

    what: str
    paths: list[str]
    classes: list[str]
    probability: Probabilities
    target: IntArray
    group: IntArray

    @cached_property
    def answer(self) -> IntArray:
        """The most probable class, [N]; the first of equals."""
        return np.asarray(self.probability.argmax(axis=1))

    @cached_property
    def confidence(self) -> FloatArray:
        """Its probability, [N]."""
        return self.probability[np.arange(len(self.answer)), self.answer].astype(np.float64)

    @cached_property
    def right(self) -> BoolArray:
        return np.asarray(self.answer == self.target)

    def surest(self, which: BoolArray, most: int) -> list[int]:
        """The places of the pictures in `which`, the most confident answers first, at most so many."""
        places = np.flatnonzero(which)
        return [int(place) for place in places[np.argsort(-self.confidence[places], kind="stable")][:most]]


def measured(contents: Contents) -> Measured | None:
    """None where the run has answers on no picture that it was not fitted to."""
    if len(contents.predictions.paths):
        return _measured(contents.predictions, ("test picture", "test pictures"), contents.facts)
    if contents.held_out is not None and len(contents.held_out.paths):
        return _measured(contents.held_out, ("picture held out", "pictures held out"), contents.facts)
    return None


def _measured(predictions: Predictions, what: tuple[str, str], facts: Mapping[str, Any]) -> Measured | None:
    number = {label: place for place, label in enumerate(predictions.classes)}
    known = [place for place, label in enumerate(predictions.labels) if label in number]
    if not known:
        return None
    paths = [predictions.paths[place] for place in known]
    target = np.array([number[predictions.labels[place]] for place in known])
    probability = predictions.probability if len(known) == len(predictions.labels) else predictions.probability[known]
    return Measured(plural(len(known), *what), paths, list(predictions.classes), probability, target, groups_of(paths, facts))


def groups_of(paths: list[str], facts: Mapping[str, Any]) -> npt.NDArray[np.intp]:
    """Numbers from 0 without gaps, int [N], the same for pictures that the run keeps together."""
    stored = facts.get("groups") or {}
    loose = [stored.get(path, -1 - place) for place, path in enumerate(paths)]
    return np.unique(loose, return_inverse=True)[1]
