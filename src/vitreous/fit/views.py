"""Which part of a picture the network sees is measured, not a matter of taste.

Each candidate's features of a sample are judged by cross-validation; another view than the plain one is taken only where
it is better by more than the standard error of the paired difference. The sample never holds a test picture.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vitreous.core.view import View
from vitreous.data.duplicates import find_duplicates
from vitreous.data.split import folds
from vitreous.fit.features import Gathered
from vitreous.fit.head import Floats, Head, Ints
from vitreous.fit.learning_curve import USUAL, Fall, measured_fall
from vitreous.fit.objective import SOFTMAX, Objective, Target, right
from vitreous.fit.probe import FOLDS, paired_gain, standardize_in_place
from vitreous.fit.softmax import ROUGH

# The sample: this share of the pictures, at least and at most so many.
SHARE, LEAST, MOST = 0.08, 160, 640
# In a sample of some hundred pictures the strength matters little; this one is the middle of the usual range.
_STRENGTH = 0.01


@dataclass(frozen=True)
class Trial:
    """A view and how it did: mean log loss over the sample, and the gain over the plain view with its standard error; `accuracy`: share of right
    answers, of several labels over all of them."""

    view: View
    loss: float
    gain: float
    error: float
    accuracy: float


@dataclass(frozen=True)
class ViewChoice:
    """The view taken, and every trial that led to it; `sample` is the number of pictures judged on; `fall`: of the errors, beyond these."""

    view: View
    trials: tuple[Trial, ...]
    sample: int
    fall: Fall = USUAL


def candidates(size: int, larger: bool) -> tuple[View, ...]:
    """The views tried, the plain one first; `larger` adds those that cost 1.7 times as much, for when there is time."""
    common = (View.crop(size), View.whole(size), View.crop(size, round(size / 0.875)))
    bigger = round(size * 9 / 7 / 32) * 32
    return (*common, View.crop(bigger), View.whole(bigger)) if larger else common


def sample_of(labels: Ints, allowed: Ints, size: int, seed: int) -> Ints:
    """About `size` of the `allowed` picture numbers, at random: of each class its share, FOLDS where that is less, half of it at most."""
    random = np.random.default_rng([seed, 1])
    chosen: list[Ints] = []
    for label in np.unique(labels[allowed]):
        members = random.permutation(allowed[labels[allowed] == label])
        share = max(FOLDS, round(size * len(members) / len(allowed)))
        chosen.append(members[: min(share, (len(members) + 1) // 2)])
    return np.sort(np.concatenate(chosen))


def choose_view(
    labels: Target, views: tuple[View, ...], features_of: Callable[[View], Gathered], seed: int, objective: Objective = SOFTMAX
) -> ViewChoice:
    """Try `views` on a sample with this target; `features_of` gives its features in a view. Unreadable pictures are passed over."""
    gathered = {view: features_of(view) for view in views}
    plainly = gathered[views[0]]
    seen, target, classes = _to_tell_apart(labels, plainly.readable)
    if not classes:
        return ViewChoice(views[0], (), len(seen))
    groups = find_duplicates([plainly.keys[number] for number in seen], plainly.facts["thumbnail"][seen]).group
    number = folds(target, groups, FOLDS, seed)
    asked = {view: _Asked.of(each.features[seen], target, number, classes, objective) for view, each in gathered.items()}
    plain = asked[views[0]].losses
    trials = tuple(
        Trial(view, float(each.losses.mean()), *paired_gain(each.losses, plain), right(each.logits, target)) for view, each in asked.items()
    )
    better = [trial for trial in trials[1:] if trial.gain > trial.error]
    best = max(better, key=lambda trial: trial.gain).view if better else views[0]
    return ViewChoice(best, trials, len(seen), asked[best].fall() if target.ndim == 1 else USUAL)


def _to_tell_apart(labels: Target, readable: list[int]) -> tuple[list[int], Target, int]:
    """Which pictures can be judged on, their target, and how many classes or labels it has: none where nothing is to be told apart."""
    if labels.ndim > 1:
        there = labels[readable]
        varied = (there == 1).any(0) & (there == 0).any(0)
        return readable, there[:, varied], int(varied.sum())
    seen = [number for number in readable if np.count_nonzero(labels[readable] == labels[number]) > 1]
    classes, target = np.unique(labels[seen], return_inverse=True)
    return seen, target, len(classes) if len(classes) > 1 else 0


@dataclass(frozen=True)
class _Asked:
    """What heads say of the standardized `features` of pictures that they were not fitted to: `logits` [n, K], and their log loss."""

    features: Floats
    target: Target
    number: Ints
    classes: int
    objective: Objective
    logits: Floats
    losses: Floats

    @classmethod
    def of(cls, features: Floats, target: Target, number: Ints, classes: int, objective: Objective) -> "_Asked":
        """By cross-validation over the folds `number`."""
        standardize_in_place(features, slice(None))
        logits, losses = np.zeros((len(target), classes), np.float32), np.zeros(len(target), np.float32)
        made = cls(features, target, number, classes, objective, logits, losses)
        for fold in range(FOLDS):
            fit, part = number != fold, number == fold
            if part.any() and fit.any():
                logits[part] = made.fitted(fit).logits(features[part])
                losses[part] = objective.losses(logits[part], target[part])
        return made

    def fitted(self, rows: NDArray[np.bool_]) -> Head:
        return self.objective.fit(self.features[rows], self.target[rows], self.classes, _STRENGTH, None, ROUGH)

    def fall(self) -> Fall:
        """By heads that learn from a single fold, beside those that learn from all but one."""
        wrong, asked = np.zeros((2, len(self.target)))
        for fold in range(FOLDS):
            fit, part = self.number == fold, self.number != fold
            if fit.any():
                wrong[part] += self.fitted(fit).logits(self.features[part]).argmax(1) != self.target[part]
                asked[part] += 1
        return measured_fall(self.logits.argmax(1) != self.target, wrong / np.maximum(1, asked), FOLDS - 1)
