"""The probe: a linear head on standardized features, its strength and calibration chosen on pictures it was not fitted to.

Where a validation part is large enough, the choice is made on it. Else a fifth of the training part is held out, or with
little data every picture is held out once (cross-validation); then the head is fitted again to all of the training part.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitreous.core.item import Split
from vitreous.core.reporter import Quiet
from vitreous.core.text import plural
from vitreous.core.view import View
from vitreous.data.split import folds, hold_out
from vitreous.fit.classifier import HeldOut, Parts, Progress
from vitreous.fit.descent import MANY_NUMBERS
from vitreous.fit.head import Floats, Head, Ints
from vitreous.fit.link import Link
from vitreous.fit.objective import SOFTMAX, Objective, Target
from vitreous.fit.softmax import ROUGH, TOLERANCE
from vitreous.fit.span import spanned
from vitreous.infer.network import Network

STRENGTHS = (0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3)
# The path of strengths ends once the held-out loss has risen this many times in a row.
_RISES = 2
HELD_OUT = 0.2
FOLDS = 5
# With fewer training pictures than this, or fewer of a class, a fifth is too few to choose on.
LITTLE_DATA, LITTLE_CLASS = 600, 15
# Cross-validation fits five times as often: with more pictures times classes than this it would take longer than all the rest.
_MOST_CROSS_VALIDATED = 60_000
# A validation part is chosen on from this many pictures on.
ENOUGH_VALIDATION = 60
_LEAST_DEVIATION = 1e-3
_QUIET = Quiet().progress
# Of a strength, and the head of the one before.
Fit = Callable[[float, Head | None], Head]
_NONE_HELD_OUT = HeldOut(np.zeros(0, np.intp), np.zeros((0, 0), np.float32))


@dataclass(frozen=True)
class Probe:
    """A linear head on standardized features, and how it came about. Features are standardized ones, but for `standardize`."""

    head: Head
    mean: Floats
    deviation: Floats
    strength: float
    link: Link
    chosen_on: str
    path: tuple[tuple[float, float], ...]
    objective: Objective = SOFTMAX
    held_out: HeldOut = _NONE_HELD_OUT

    def fitted(self, standard: Floats, target: Target, classes: int, tolerance: float) -> Head:
        """Another head, as strong as this one."""
        return self.objective.fit(standard, target, classes, self.strength, None, tolerance)

    def standardize(self, features: Floats) -> Floats:
        standard: Floats = (features - self.mean) / self.deviation
        return standard

    def probability(self, standard: Floats) -> Floats:
        """[N, K] for standardized features [N, D]."""
        return self.link.probability(self.head.logits(standard))

    def out_of_fold(self, parts: Parts) -> Floats:
        """[train, K] for training pictures, each from a head fitted without its fold, at this probe's strength and calibration."""
        probability = np.zeros((parts.train, parts.classes), np.float32)
        standard, target = parts.features[: parts.train], parts.target[: parts.train]
        for rows, part in _fold_rows(target, parts.groups[: parts.train], parts.seed):
            head = self.fitted(standard[rows], target[rows], parts.classes, ROUGH)
            probability[part] = replace(self, head=head).probability(standard[part])
        return probability

    def with_held_out(self, parts: Parts, asked: slice, logits: Floats) -> "Probe":
        """The same with what its choice was made on, and what this head says of the validation part.

        `logits` of the training rows `asked`, by heads that were not fitted to them; none where the choice was made on validation.
        """
        validation = np.arange(parts.train, parts.train + parts.validation)
        known = HeldOut(validation, self.probability(parts.features[validation]))
        if asked.stop <= parts.train:
            known = HeldOut(np.arange(asked.start, asked.stop), self.link.probability(logits)).and_also(known)
        return replace(self, held_out=known)

    def joined(self, backbone: Network, view: View, labels: list[str], facts: dict[str, Any]) -> Network:
        from vitreous.fit.join import join

        return join(backbone, view, self, labels, facts)

    def history(self) -> list[dict[str, Any]]:
        return []

    def to_json(self) -> dict[str, Any]:
        return {"strength": self.strength, **self.link.to_json(), "chosen_on": self.chosen_on, "path": self.path}


def standardize_in_place(features: Floats, rows: slice) -> tuple[Floats, Floats]:
    """Give every column mean 0 and deviation 1 over `rows`, for all rows, in place; returns mean and deviation [D]."""
    mean = features[rows].mean(0, dtype=np.float64).astype(np.float32)
    features -= mean
    # the deviation by blocks: a second array of this size would double the memory
    square = np.zeros(features.shape[1])
    part = features[rows]
    for first in range(0, len(part), 4096):
        square += np.square(part[first : first + 4096]).sum(0, dtype=np.float64)
    deviation = np.maximum(np.sqrt(square / max(1, len(part))), _LEAST_DEVIATION).astype(np.float32)
    features /= deviation
    return mean, deviation


def choosing_order(split: Sequence[Split], labels: Target, groups: Ints, seed: int) -> tuple[Ints, int]:
    """An order of all pictures: fitted, held out, validation, test; and how many are fitted while choosing.

    The parts are then slices, which need no second copy of the features.
    """
    parts = np.array([list(Split).index(each) for each in split])
    rank = parts * 2
    train = np.flatnonzero(parts == 0)
    if not _validation_is_enough(split) and not _is_little(labels[train]):
        rank[train[hold_out(labels[train], groups[train], HELD_OUT, seed)]] = 1
    order = np.argsort(rank, kind="stable")
    return order, int((rank == 0).sum())


def about_few_to_choose_by(split: Sequence[Split], labels: Target) -> str:
    """A sentence where there is a validation part, but too small to choose or judge by; else an empty text."""
    validation = sum(each is Split.VALIDATION for each in split)
    if not validation or validation >= ENOUGH_VALIDATION:
        return ""
    little = _is_little(labels[np.array([each is Split.TRAIN for each in split])])
    how = "by cross-validation of the training part" if little else "on a part held out of training"
    what = f"{plural(validation, 'validation picture')} {'is' if validation == 1 else 'are'} too few to choose or judge by"
    return f"{what} ({ENOUGH_VALIDATION} would do): that is done {how}."


@dataclass(frozen=True)
class ProbeLearner:
    """Standardizes the features in place and fits a linear head for the objective."""

    objective: Objective = SOFTMAX
    strengths: tuple[float, ...] = STRENGTHS
    # A head that may be near the one that is wanted, for features standardized by a mean and a deviation.
    near: Callable[[Floats, Floats], Head | None] | None = None

    def fit(self, parts: Parts, progress: Progress) -> Probe:
        mean, deviation = standardize_in_place(parts.features, slice(0, parts.train))
        near = self.near(mean, deviation) if self.near else None
        return replace(fit_probe(parts, progress, self.objective, self.strengths, near), mean=mean, deviation=deviation)


def fit_probe(
    parts: Parts, progress: Progress = _QUIET, objective: Objective = SOFTMAX, strengths: Sequence[float] = STRENGTHS, near: Head | None = None
) -> Probe:
    """Choose strength and calibration, then fit to the training part, from `near` on. `parts.features` are standardized. Heads that are
    asked of held-out pictures begin at zero: `near` may have seen these.

    Of more pictures than fit into MANY_NUMBERS the strength is chosen on every second one, every third …: it stands for what is known of the
    weights beforehand, which does not depend on how many pictures there are.
    mean and deviation are left at 0 and 1: whoever standardized knows them.
    """
    standard, labels, train = parts.features, parts.target, slice(0, parts.train)
    cross_validated = parts.validation < ENOUGH_VALIDATION and parts.fitted >= parts.train
    every = 1 if cross_validated else -(-parts.fitted * standard.shape[1] // MANY_NUMBERS)
    done, steps = count(1), (FOLDS if cross_validated else 1) * len(strengths) + (2 if every > 1 else 1)

    def fitter(rows: slice | NDArray[np.intp]) -> Fit:
        """For all strengths on the same pictures."""
        points, target = spanned(standard[rows]), labels[rows]

        def fit(strength: float, start: Head | None) -> Head:
            progress("fitting the head", next(done), steps)
            return objective.fit(points, target, parts.classes, strength, start, ROUGH)

        return fit

    if cross_validated:
        chosen_on, held = f"{FOLDS}-fold cross-validation of {parts.train} training pictures", train
        target = labels[held]
        path, logits = _cross_validated(parts, fitter, strengths, objective)
    else:
        if parts.validation >= ENOUGH_VALIDATION:
            rows, held, what = train, slice(parts.train, parts.train + parts.validation), "validation pictures"
        else:
            rows, held, what = slice(0, parts.fitted), slice(parts.fitted, parts.train), "training pictures held out"
        chosen_on = f"{held.stop - held.start} {what}"
        target = labels[held]
        path, logits = _along_path(fitter(slice(0, rows.stop, every)), standard[held], target, strengths, objective)
    strength = min(path, key=lambda step: step[1])[0]
    if every > 1:
        whole = fitter(rows)(strength, None)
        logits[strength], near = whole.logits(standard[held]), near or whole
    link = objective.link(logits[strength], target)
    head = objective.fit(standard[train], labels[train], parts.classes, strength, near, TOLERANCE)
    width = standard.shape[1]
    probe = Probe(head, np.zeros(width, np.float32), np.ones(width, np.float32), strength, link, chosen_on, tuple(path), objective)
    return probe.with_held_out(parts, held, logits[strength])


def paired_gain(ours: Floats, theirs: Floats) -> tuple[float, float]:
    """Mean of theirs - ours over the same pictures [N], and its standard error."""
    difference = theirs - ours
    return float(difference.mean()), float(difference.std(ddof=1) / np.sqrt(len(difference)))


def _along_path(
    fit: Fit, held: Floats, target: Target, strengths: Sequence[float], objective: Objective
) -> tuple[list[tuple[float, float]], dict[float, Floats]]:
    """Held-out loss and logits for each strength, from strong shrinking to weak, each fit started from the last."""
    path: list[tuple[float, float]] = []
    logits: dict[float, Floats] = {}
    head, rises = None, 0
    for strength in strengths:
        head = fit(strength, head)
        logits[strength] = head.logits(held)
        path.append((strength, objective.calibrated_loss(logits[strength], target)))
        rises = rises + 1 if len(path) > 1 and path[-1][1] > path[-2][1] else 0
        if rises == _RISES:
            break
    return path, logits


def _cross_validated(
    parts: Parts, fitter: Callable[[NDArray[np.intp]], Fit], strengths: Sequence[float], objective: Objective
) -> tuple[list[tuple[float, float]], dict[float, Floats]]:
    target = parts.target[: parts.train]
    logits = {strength: np.zeros((parts.train, parts.classes), np.float32) for strength in strengths}
    for rows, part in _fold_rows(target, parts.groups[: parts.train], parts.seed):
        fit, head = fitter(rows), None
        for strength in strengths:
            head = fit(strength, head)
            logits[strength][part] = head.logits(parts.features[part])
    return [(strength, objective.calibrated_loss(logits[strength], target)) for strength in strengths], logits


def _fold_rows(labels: Target, groups: Ints, seed: int) -> list[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    number = folds(labels, groups, FOLDS, seed)
    parts = [np.flatnonzero(number == each) for each in range(FOLDS)]
    return [(np.flatnonzero(number != each), part) for each, part in enumerate(parts) if len(part)]


def _validation_is_enough(split: Sequence[Split]) -> bool:
    return sum(each is Split.VALIDATION for each in split) >= ENOUGH_VALIDATION


def _is_little(labels: Target) -> bool:
    counts = np.bincount(labels) if labels.ndim == 1 else (labels == 1).sum(0)
    if len(labels) * np.count_nonzero(counts) > _MOST_CROSS_VALIDATED:
        return False
    return len(labels) < LITTLE_DATA or int(counts[counts > 0].min()) < LITTLE_CLASS
