"""The probe: a softmax head on standardized features, its strength and temperature chosen on pictures it was not fitted to.

Where a validation part is large enough, the choice is made on it. Else a fifth of the training part is held out, or with
little data every picture is held out once (cross-validation); then the head is fitted again to all of the training part.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count

import numpy as np
from numpy.typing import NDArray

from vitreous.core.item import Split
from vitreous.core.reporter import Quiet
from vitreous.data.split import folds, hold_out
from vitreous.fit.calibrate import calibrated_loss, temperature
from vitreous.fit.softmax import ROUGH, Floats, Head, Ints, fit_softmax, log_softmax

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


@dataclass(frozen=True)
class Probe:
    """A fitted head and how it came about. `out_of_fold`: probabilities of the training part, each from a head that did not see it."""

    head: Head
    mean: Floats
    deviation: Floats
    strength: float
    temperature: float
    chosen_on: str
    path: tuple[tuple[float, float], ...]

    def standardize(self, features: Floats) -> Floats:
        standard: Floats = (features - self.mean) / self.deviation
        return standard

    def probability(self, standard: Floats) -> Floats:
        """[N, K] for standardized features [N, D]."""
        return np.exp(log_softmax(self.head.logits(standard) / np.float32(self.temperature)))


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


def choosing_order(split: Sequence[Split], labels: Ints, groups: Ints, seed: int) -> tuple[Ints, int]:
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


def fit_probe(
    standard: Floats,
    labels: Ints,
    classes: int,
    fitted: int,
    train: int,
    validation: int,
    groups: Ints,
    seed: int,
    progress: Callable[[str, int, int], None] = _QUIET,
) -> Probe:
    """Choose strength and temperature, then fit to the training part.

    `standard` [N, D]: standardized features in `choosing_order`: `fitted` of `train` rows are fitted while choosing, then
    come `validation` rows. mean and deviation are left at 0 and 1: whoever standardized knows them.
    """
    cross_validated = validation < ENOUGH_VALIDATION and fitted >= train
    done, steps = count(1), (FOLDS if cross_validated else 1) * len(STRENGTHS) + 1

    def tick() -> None:
        progress("fitting the head", next(done), steps)

    if validation >= ENOUGH_VALIDATION:
        chosen_on, part = f"{validation} validation pictures", slice(train, train + validation)
        path, logits, target = _along_path(standard[:train], labels[:train], standard[part], labels[part], classes, tick)
    elif fitted < train:
        chosen_on, part = f"{train - fitted} training pictures held out", slice(fitted, train)
        path, logits, target = _along_path(standard[:fitted], labels[:fitted], standard[part], labels[part], classes, tick)
    else:
        chosen_on = f"{FOLDS}-fold cross-validation of {train} training pictures"
        path, logits, target = _cross_validated(standard[:train], labels[:train], groups[:train], classes, seed, tick)
    strength = min(path, key=lambda step: step[1])[0]
    scale = temperature(logits[strength], target)
    head = fit_softmax(standard[:train], labels[:train], classes, strength)
    width = standard.shape[1]
    return Probe(head, np.zeros(width, np.float32), np.ones(width, np.float32), strength, scale, chosen_on, tuple(path))


def out_of_fold(standard: Floats, labels: Ints, classes: int, groups: Ints, probe: Probe, seed: int) -> Floats:
    """Probabilities [N, K] of training pictures, each from a head fitted without its fold, at the probe's strength."""
    probability = np.zeros((len(labels), classes), np.float32)
    for fit, part in _fold_rows(labels, groups, seed):
        head = fit_softmax(standard[fit], labels[fit], classes, probe.strength, tolerance=ROUGH)
        probability[part] = np.exp(log_softmax(head.logits(standard[part]) / np.float32(probe.temperature)))
    return probability


def paired_gain(ours: Floats, theirs: Floats) -> tuple[float, float]:
    """Mean of theirs - ours over the same pictures [N], and its standard error."""
    difference = theirs - ours
    return float(difference.mean()), float(difference.std(ddof=1) / np.sqrt(len(difference)))


def _along_path(
    fit: Floats, fit_labels: Ints, held: Floats, target: Ints, classes: int, tick: Callable[[], None]
) -> tuple[list[tuple[float, float]], dict[float, Floats], Ints]:
    """Held-out loss and logits for each strength, from strong shrinking to weak, each fit started from the last."""
    path: list[tuple[float, float]] = []
    logits: dict[float, Floats] = {}
    head, rises = None, 0
    for strength in STRENGTHS:
        head = fit_softmax(fit, fit_labels, classes, strength, head, ROUGH)
        tick()
        logits[strength] = head.logits(held)
        path.append((strength, calibrated_loss(logits[strength], target)))
        rises = rises + 1 if len(path) > 1 and path[-1][1] > path[-2][1] else 0
        if rises == _RISES:
            break
    return path, logits, target


def _cross_validated(
    standard: Floats, labels: Ints, groups: Ints, classes: int, seed: int, tick: Callable[[], None]
) -> tuple[list[tuple[float, float]], dict[float, Floats], Ints]:
    rows = _fold_rows(labels, groups, seed)
    logits = {strength: np.zeros((len(labels), classes), np.float32) for strength in STRENGTHS}
    for fit, part in rows:
        head = None
        for strength in STRENGTHS:
            head = fit_softmax(standard[fit], labels[fit], classes, strength, head, ROUGH)
            tick()
            logits[strength][part] = head.logits(standard[part])
    return [(strength, calibrated_loss(logits[strength], labels)) for strength in STRENGTHS], logits, labels


def _fold_rows(labels: Ints, groups: Ints, seed: int) -> list[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    number = folds(labels, groups, FOLDS, seed)
    parts = [np.flatnonzero(number == each) for each in range(FOLDS)]
    return [(np.flatnonzero(number != each), part) for each, part in enumerate(parts) if len(part)]


def _validation_is_enough(split: Sequence[Split]) -> bool:
    return sum(each is Split.VALIDATION for each in split) >= ENOUGH_VALIDATION


def _is_little(labels: Ints) -> bool:
    counts = np.bincount(labels)
    if len(labels) * np.count_nonzero(counts) > _MOST_CROSS_VALIDATED:
        return False
    return len(labels) < LITTLE_DATA or int(counts[counts > 0].min()) < LITTLE_CLASS
