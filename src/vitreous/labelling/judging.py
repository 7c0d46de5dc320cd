"""How good the guesses are, and whether more labels would make them better.

out of fold   every labelled picture is guessed once by a head that was not fitted to it or to a copy of it; the share that is right, with
              Wilson's interval. The labelled pictures are not drawn by chance: what was asked was hard, what was confirmed was easy.
settled       the share of all guesses that the last labels changed: so much, and hardly more, would as many further ones change
              (stopping by stabilized predictions, Bloodgood and Vijay-Shanker 2009)
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from vitreous.core.text import plural
from vitreous.data.split import folds
from vitreous.fit.head import Floats, Ints
from vitreous.labelling.model import refit
from vitreous.metrics.intervals import wilson

FOLDS = 5
FEWEST = 20  # labelled pictures from which on something is said
# Heads are fitted without a fold to so many pictures at most.
_MOST = 4000
# It stops asking when in each of the last `WINDOWS` windows fewer guesses than this share have changed.
WINDOWS, WINDOW, SETTLED = 3, 0.05, 0.01
_SHORTEST = 20


@dataclass(frozen=True)
class Estimate:
    """Of `pictures` labelled ones the share `accuracy` was guessed right out of fold; `interval`: 95 %."""

    pictures: int
    accuracy: float
    interval: tuple[float, float]

    @property
    def sentence(self) -> str:
        """
        >>> Estimate(200, 0.9, (0.85, 0.934)).sentence
        'Guessed right without having seen them: 90 % (85 to 93 %) of 200 labelled pictures.'
        """
        low, high = (round(100 * each) for each in self.interval)
        of = plural(self.pictures, "labelled picture")
        return f"Guessed right without having seen them: {round(100 * self.accuracy)} % ({low} to {high} %) of {of}."

    def to_json(self) -> dict[str, Any]:
        return {"pictures": self.pictures, "accuracy": round(self.accuracy, 4), "interval": [round(each, 4) for each in self.interval]}


def out_of_fold(space: Floats, numbers: Ints, target: Ints, copies: Ints, seed: int = 0) -> Estimate | None:
    """The estimate for the labelled pictures with these `numbers` and class numbers `target`; `copies` [N]: the same number for copies of one
    picture. None where there are too few, or one label only."""
    if len(numbers) > _MOST:
        drawn = np.sort(np.random.default_rng(seed).choice(len(numbers), _MOST, replace=False))
        numbers, target = numbers[drawn], target[drawn]
    if len(numbers) < FEWEST or len(np.unique(target)) < 2:
        return None
    fold = folds(target, copies[numbers], FOLDS, seed)
    labels = [str(number) for number in range(int(target.max()) + 1)]
    right = 0
    for number in range(FOLDS):
        held = np.flatnonzero(fold == number)
        rest = np.flatnonzero(fold != number)
        if not len(held) or not len(rest):
            continue
        guesses = refit(space[numbers], rest, target[rest], labels)
        names = np.array([int(name) for name in guesses.labels])
        right += int((names[guesses.probability[held].argmax(1)] == target[held]).sum())
    share = right / len(numbers)
    low, high = wilson(np.array([share]), np.array([float(len(numbers))]))[0]
    return Estimate(len(numbers), share, (float(low), float(high)))


class Settling:
    """Follows how much the guesses change: `note` after every refit, `changed` for the last windows, the latest last."""

    def __init__(self) -> None:
        self.changed: list[float] = []
        self._labelled = 0
        self._guess: list[str] = []

    def note(self, labelled: int, guess: list[str]) -> None:
        """`guess` [N]: the label that is guessed of every picture now, with `labelled` pictures labelled."""
        if labelled < self._labelled or len(guess) != len(self._guess):  # taken back: what was seen counts no more
            self.changed, self._labelled, self._guess = [], labelled, guess
        elif labelled - self._labelled >= max(_SHORTEST, WINDOW * labelled):
            now, before = np.array(guess), np.array(self._guess)
            self.changed = [*self.changed, float((now != before).mean())][-WINDOWS:]
            self._labelled, self._guess = labelled, guess

    @property
    def is_settled(self) -> bool:
        return len(self.changed) == WINDOWS and max(self.changed) < SETTLED
