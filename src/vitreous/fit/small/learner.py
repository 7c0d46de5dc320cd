"""A small network as a learner: trained on the training part, tempered on the held-out pictures, joined with "pixels".

Held out is the validation part where it is large enough, else a tenth of the training part, which the network then never learns from.
Where test pictures are few, the training part is asked out of fold besides: three more trainings, which share the time allowed.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitreous.core.item import Split
from vitreous.core.reporter import Quiet
from vitreous.core.view import View
from vitreous.data.split import SHARES, folds, hold_out
from vitreous.errors import UsageError
from vitreous.fit.calibrate import temperature
from vitreous.fit.classifier import HeldOut, Parts, Progress
from vitreous.fit.head import Floats, Ints
from vitreous.fit.pictures import planes
from vitreous.fit.probe import ENOUGH_VALIDATION
from vitreous.fit.small.graphs import HIDDEN, NEURONS, require_size
from vitreous.fit.small.joining import join_small
from vitreous.fit.small.training import HELD_OUT, SmallFit, seconds_to_train, train_small
from vitreous.fit.softmax import log_softmax
from vitreous.fit.testing import FEW_TEST
from vitreous.infer.network import Network

# Each fold is a training of its own: fewer than for a head, which costs next to nothing.
_FOLDS = 3
# Of the time allowed for the network itself, where as long a training of two thirds of the pictures follows for each fold.
_OWN_SHARE = 1 / 3
# With gradients, moments and the best so far, 100 million weights take 2 GB; the pictures are all in memory while they are learned from.
_MOST_WEIGHTS, _MOST_GIGABYTES = 100_000_000, 8
_NONE_HELD_OUT = HeldOut(np.zeros(0, np.intp), np.zeros((0, 0), np.float32))


@dataclass(frozen=True)
class SmallLearner:
    """`kind`: linear, mlp or lenet; pictures of `channels` planes and `size` × `size` pixels; `seconds_allowed` for all trainings together."""

    kind: str
    channels: int
    size: int
    seconds_allowed: float | None = None

    def fit(self, parts: Parts, progress: Progress) -> "SmallClassifier":
        share = _OWN_SHARE if _has_few_to_test(parts) else 1.0
        return self.fit_within(parts, self.seconds_allowed and share * self.seconds_allowed, progress)

    def seconds(self, pictures: int, classes: int) -> float:
        """About what the trainings take for so many pictures in all."""
        train = max(1, round(SHARES[Split.TRAIN] * pictures))
        few = SHARES[Split.TEST] * pictures < FEW_TEST * classes
        seconds = seconds_to_train(self.kind, train, self.channels, self.size) * (1 / _OWN_SHARE if few else 1)
        return seconds if self.seconds_allowed is None else min(seconds, self.seconds_allowed)

    def require_possible(self, pictures: int, classes: int) -> None:
        """Raises UsageError for pictures too small for the network, and for so many numbers that the memory of a usual computer ends."""
        require_size(self.kind, self.size)
        pixels = self.channels * self.size**2
        weights = {"linear": classes * pixels, "mlp": HIDDEN[0] * pixels, "lenet": NEURONS[0] * self.size**2}[self.kind]
        size = f"pictures of {self.size} × {self.size} pixels"
        if weights > _MOST_WEIGHTS:
            raise UsageError(
                f"{self.kind} cannot be trained here", f"{size}, for {weights:,} weights", f"at most {_MOST_WEIGHTS:,}", "a smaller --size"
            )
        if (gigabytes := 4e-9 * pictures * pixels) > _MOST_GIGABYTES:
            arrived = f"{pictures:,} {size}, which take {gigabytes:.0f} GB"
            raise UsageError(f"{self.kind} cannot be trained here", arrived, f"at most {_MOST_GIGABYTES} GB", "a smaller --size")

    def fit_within(self, parts: Parts, seconds: float | None, progress: Progress) -> "SmallClassifier":
        """`fit` in so many seconds."""
        enough = parts.validation >= ENOUGH_VALIDATION
        learned: slice | Ints = slice(0, parts.train)
        held = validation = np.arange(parts.train, parts.train + parts.validation)
        if not enough:
            apart = _held_of_training(parts)
            learned, held = np.flatnonzero(~apart), np.flatnonzero(apart)
        fit = train_small(
            self.kind,
            planes(parts.features[learned], self.channels),
            parts.target[learned],
            planes(parts.features[held], self.channels),
            parts.target[held],
            parts.classes,
            self.channels,
            self.size,
            parts.seed,
            seconds,
            progress,
            parts.groups[learned],
        )
        chosen_on = f"{len(fit.held_target)} {'validation pictures' if enough else 'training pictures held out'}"
        classifier = SmallClassifier(self, fit, temperature(fit.held_logits, fit.held_target), chosen_on)
        asked = held if enough else np.concatenate([held, validation])
        return replace(classifier, held_out=HeldOut(asked, classifier.probability(parts.features[asked])))


def _has_few_to_test(parts: Parts) -> bool:
    """Whether a class has so few test pictures that the training part will be asked out of fold. They are counted, not looked at."""
    test = parts.target[parts.train + parts.validation :]
    return bool(np.bincount(test, minlength=parts.classes).min() < FEW_TEST)


def _held_of_training(parts: Parts) -> NDArray[np.bool_]:
    """Which training pictures are held out, [train]; none where all belong together."""
    train = slice(0, parts.train)
    groups = parts.groups[train]
    return hold_out(parts.target[train], groups, HELD_OUT, parts.seed) if len(np.unique(groups)) > 1 else np.zeros(parts.train, bool)


@dataclass(frozen=True)
class SmallClassifier:
    """A trained small network. `chosen_on`: the pictures that the best epoch and the temperature were chosen on."""

    learner: SmallLearner
    trained: SmallFit
    temperature: float
    chosen_on: str
    held_out: HeldOut = _NONE_HELD_OUT

    def probability(self, features: Any) -> Floats:
        return np.exp(log_softmax(self.trained.logits(planes(features, self.learner.channels)) / np.float32(self.temperature)))

    def out_of_fold(self, parts: Parts) -> Floats:
        """Each picture by a network of its own that never saw it, one for each of three folds; in what is left of the time allowed."""
        allowed = self.learner.seconds_allowed
        seconds = allowed and (1 - _OWN_SHARE) / _FOLDS * allowed
        probability = np.zeros((parts.train, parts.classes), np.float32)
        train = slice(0, parts.train)
        number = folds(parts.target[train], parts.groups[train], _FOLDS, parts.seed)
        for fold in range(_FOLDS):
            rows, part = np.flatnonzero(number != fold), np.flatnonzero(number == fold)
            if len(part) and len(np.unique(parts.target[rows])) > 1:
                others = replace(
                    parts, features=parts.features[rows], target=parts.target[rows], groups=parts.groups[rows], train=len(rows), validation=0
                )
                probability[part] = self.learner.fit_within(others, seconds, Quiet().progress).probability(parts.features[part])
        return probability

    def joined(self, backbone: Network, view: View, labels: list[str], facts: dict[str, Any]) -> Network:
        return join_small(backbone, self.trained.model, self.temperature, labels, facts)

    def history(self) -> list[dict[str, Any]]:
        return [epoch.to_json() for epoch in self.trained.history]

    def to_json(self) -> dict[str, Any]:
        fit = self.trained
        return {
            "network": self.learner.kind,
            "temperature": self.temperature,
            "chosen_on": self.chosen_on,
            "epochs": fit.epochs,
            "best_epoch": fit.best,
            "stopped": fit.stopped,
        }
