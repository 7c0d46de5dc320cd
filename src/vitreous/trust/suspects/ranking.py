"""Which labels are probably wrong: from features and labels to a probability for each picture and an expected number, with its interval.

    1. opinions of the labels as they are (`opinions`), and how labels become wrong (`noise`)
    2. once more, each picture counting as much as its label is probably right: refitted without the worst suspects
    3. the probability that each label is wrong, and the class that the picture shows instead

Figures: docs/decisions/0036-suspects.md.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from vitreous.core.text import plural
from vitreous.errors import DataError
from vitreous.fit.head import Floats, Ints
from vitreous.trust.suspects.noise import Noise, Numbers, fit_noise
from vitreous.trust.suspects.opinions import (
    Neighbours,
    components,
    fold_numbers,
    nearest_opinion,
    neighbours_of,
    ridge_opinion,
    softmax_opinion,
    strength_for,
)

# A class with fewer pictures that are no copies of each other cannot be told from its mistakes, and is not judged.
LEAST_OF_CLASS = 5
LEAST_PICTURES = 20
# What the interval of the expected number allows for beside chance: rates that were estimated; and pictures of which the opinions are sure and
# wrong, which look like errors of the labels: so many for each picture that the opinions are in doubt of, as was seen on labels that are right.
_RELATIVE, _SURELY_WRONG = 0.25, 0.08
_CHANCE_LEVEL = 3.0

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, eq=False)
class Ranking:
    """Of N judged pictures with K classes: the probability that each label is wrong [N], what it shows instead, as a class number [N], and p(k | x)
    [N, K]. `first` [N, K]: the out-of-fold probabilities that all began with. `expected` errors, from `low` to `high` with 95 % confidence."""

    wrong: Numbers
    instead: Ints
    shown: Numbers
    first: Numbers
    neighbours: Neighbours
    transition: Numbers
    expected: float
    low: int
    high: int

    @property
    def order(self) -> Ints:
        """The most suspicious first."""
        return np.asarray(np.argsort(-self.wrong, kind="stable"), np.intp)


def rank(features: Floats, labels: Ints, groups: Ints, classes: int, seed: int = 0, progress: Progress | None = None) -> Ranking:
    """Rank the labels [N] (0 to `classes` - 1) of pictures with `features` [N, D]; pictures of one group [N] are copies.

    Raises DataError where there are too few pictures, or labels that have nothing to do with them.
    """
    tell = progress or (lambda stage, done, total: None)
    _require_enough(labels, groups, classes)
    points = components(features, seed)
    neighbours, fold = neighbours_of(points, groups), fold_numbers(labels, groups, seed)
    tell("suspects", 1, 4)
    plain = np.zeros((len(labels), classes), np.float32)
    plain[np.arange(len(labels)), labels] = 1
    ridge, heads = ridge_opinion(points, plain, fold)
    strength = strength_for(points, plain, fold, heads)
    noise, weights, first = None, plain, np.empty(0)
    for done in (2, 3):
        if noise is not None:
            ridge, _ = ridge_opinion(points, weights, fold)
        softmax, heads = softmax_opinion(points, weights, fold, strength, heads)
        opinions = [softmax, ridge, nearest_opinion(neighbours, weights)]
        if noise is None:
            first = fit_noise(opinions[:1], labels).shown
            _require_sense(first, labels, groups)
        noise = fit_noise(opinions, labels, noise)
        weights = np.asarray(plain * (1 - noise.wrong(labels))[:, None], np.float32)
        tell("suspects", done, 4)
    assert noise is not None
    ranking = _judged(noise, labels, first, neighbours)
    tell("suspects", 4, 4)
    return ranking


def _judged(noise: Noise, labels: Ints, first: Numbers, neighbours: Neighbours) -> Ranking:
    wrong = noise.evened().wrong(labels)
    expected = float(noise.wrong(labels).sum())
    other = noise.evened().given(labels)
    other[np.arange(len(labels)), labels] = -1
    low, high = interval(noise.wrong(labels), float((1 - noise.shown.max(1)).sum()))
    return Ranking(wrong, np.asarray(other.argmax(1), np.intp), noise.shown, first, neighbours, noise.transition, expected, low, high)


def interval(wrong: Numbers, doubt: float = 0.0) -> tuple[int, int]:
    """The least and the most errors among pictures whose labels are wrong with these probabilities, where the opinions are in `doubt` of so many."""
    expected, count = float(wrong.sum()), len(wrong)
    chance = 1.96 * float(np.sqrt((wrong * (1 - wrong)).sum()))
    below = np.hypot(chance, _RELATIVE * expected) + _SURELY_WRONG * doubt
    above = np.hypot(chance, _RELATIVE * expected)
    return max(0, int(np.floor(expected - below))), min(count, int(np.ceil(expected + above)))


def judged(labels: Ints, groups: Ints, classes: int) -> tuple[Ints, Ints]:
    """Which pictures can be judged, and the numbers of the classes that cannot, having too few pictures that are no copies of each other."""
    few = np.array([len(np.unique(groups[labels == k])) < LEAST_OF_CLASS for k in range(classes)], bool)
    return np.flatnonzero(~few[labels]), np.flatnonzero(few)


def _require_enough(labels: Ints, groups: Ints, classes: int) -> None:
    if classes < 2:
        raise DataError("labels cannot be judged", "one class", "two or more, to tell them apart", "`vitreous look` finds odd pictures and copies")
    different = len(np.unique(groups))
    if different < LEAST_PICTURES:
        arrived = f"{plural(len(labels), 'picture')}, {different} of them no copies of each other"
        raise DataError("labels cannot be judged", arrived, f"{LEAST_PICTURES} or more", "look at them all: vitreous look FOLDER --page look.html")


def _require_sense(first: Numbers, labels: Ints, groups: Ints) -> None:
    """Whether pictures tell anything of their labels. Raises DataError where they do not, or so little that it may be chance."""
    share = np.bincount(labels) / len(labels)
    by_chance, right = float(np.square(share).sum()), float((first.argmax(1) == labels).mean())
    error = float(np.sqrt(by_chance * (1 - by_chance) / len(np.unique(groups))))
    if right < max(by_chance, 0) + _CHANCE_LEVEL * error:
        raise DataError(
            "labels cannot be judged",
            f"what the pictures show agrees with the labels in {right:.0%} of them, by chance it would in {by_chance:.0%}",
            "labels of which more than a few are right",
            "are they the labels of these pictures? `vitreous label` begins without any",
        )


def part_of(ranking: Ranking, rows: Ints) -> Ranking:
    """The same for some of the pictures, without neighbours that are none of them."""
    return replace(ranking, wrong=ranking.wrong[rows], instead=ranking.instead[rows], shown=ranking.shown[rows], first=ranking.first[rows])
