"""What is guessed of every picture: a softmax head on the space, refitted after every step from where it stood.

What a picture is known not to be has no probability. A label without a picture is not guessed, and with one label nothing is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from vitreous.fit.head import Floats, Head, Ints
from vitreous.fit.softmax import fit_softmax, log_softmax

# How strong the head is, in scikit-learn's sense, is this divided by the number of labelled pictures: few ones are told apart by all means.
STRENGTH = 10_000.0
# Largest entry of the gradient, per picture, at which a refit counts as done.
ENOUGH = 3e-3


@dataclass(frozen=True)
class Guesses:
    """`probability` [N, K] of the `labels` that have a picture; `guess` [N]: the number of the most probable, -1 where there is none."""

    labels: list[str]
    probability: Floats
    head: Head | None = None

    @property
    def guess(self) -> Ints:
        if not self.labels:
            return np.full(len(self.probability), -1, np.intp)
        best: Ints = self.probability.argmax(1)
        return np.where(self.probability[np.arange(len(best)), best] > 0, best, -1)

    @property
    def confidence(self) -> Floats:
        """[N]: the probability of the guess, 0 where there is none."""
        return self.probability.max(1) if self.labels else np.zeros(len(self.probability), np.float32)


def no_guesses(pictures: int) -> Guesses:
    return Guesses([], np.zeros((pictures, 0), np.float32))


def refit(space: Floats, numbers: Ints, target: Ints, labels: Sequence[str], before: Guesses | None = None) -> Guesses:
    """Guesses for all pictures [N, d] by the labels `target` of those with these `numbers`; begun at the head of `before`."""
    there = sorted(set(target.tolist()))
    names = [labels[each] for each in there]
    if len(there) < 2:
        return Guesses(names, np.zeros((len(space), len(there)), np.float32))
    renumbered = np.searchsorted(there, target)
    head = fit_softmax(space[numbers], renumbered, len(there), STRENGTH / len(numbers), _as_before(before, names, space.shape[1]), ENOUGH)
    return Guesses(names, np.exp(log_softmax(head.logits(space))), head)


def without(guesses: Guesses, excluded: Mapping[int, Sequence[str]]) -> Guesses:
    """The same, when it is known which labels some pictures have not. The others gain nothing: what the head was wrong about it is not sure of."""
    place = {name: number for number, name in enumerate(guesses.labels)}
    probability = guesses.probability.copy() if excluded else guesses.probability
    for number, names in excluded.items():
        probability[number, [place[name] for name in names if name in place]] = 0
    return Guesses(guesses.labels, probability, guesses.head)


def _as_before(before: Guesses | None, names: Sequence[str], width: int) -> Head | None:
    """The head so far in the order of these names; zeros for a new one."""
    if before is None or before.head is None:
        return None
    place = {name: number for number, name in enumerate(before.labels)}
    weight, bias = np.zeros((len(names), width), np.float32), np.zeros(len(names), np.float32)
    for number, name in enumerate(names):
        if name in place:
            weight[number], bias[number] = before.head.weight[place[name]], before.head.bias[place[name]]
    return Head(weight, bias)
