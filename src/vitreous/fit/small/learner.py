"""A small network as a learner: trained on the training part, tempered on the held-out pictures, joined with "pixels"."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from vitreous.core.reporter import Quiet
from vitreous.core.view import View
from vitreous.data.split import folds
from vitreous.fit.calibrate import temperature
from vitreous.fit.classifier import Parts, Progress
from vitreous.fit.probe import ENOUGH_VALIDATION
from vitreous.fit.small.joining import join_small
from vitreous.fit.small.training import SmallFit, train_small
from vitreous.fit.softmax import Floats, log_softmax
from vitreous.infer.network import Network

# Each fold is a training of its own: fewer than for a head, which costs next to nothing.
_FOLDS = 3


@dataclass(frozen=True)
class SmallLearner:
    """`kind`: linear, mlp or lenet; pictures of `channels` planes and `size` × `size` pixels."""

    kind: str
    channels: int
    size: int
    seconds_allowed: float | None = None

    def fit(self, parts: Parts, progress: Progress) -> "SmallClassifier":
        train = slice(0, parts.train)
        enough = parts.validation >= ENOUGH_VALIDATION
        held = slice(parts.train, parts.train + parts.validation) if enough else slice(0, 0)
        fit = train_small(
            self.kind,
            parts.features[train],
            parts.target[train],
            parts.features[held],
            parts.target[held],
            parts.classes,
            self.channels,
            self.size,
            parts.seed,
            self.seconds_allowed,
            progress,
            parts.groups[train],
        )
        chosen_on = f"{len(fit.held_target)} {'validation pictures' if enough else 'training pictures held out'}"
        return SmallClassifier(self, fit, temperature(fit.held_logits, fit.held_target), chosen_on)


@dataclass(frozen=True)
class SmallClassifier:
    """A trained small network. `chosen_on`: the pictures that the best epoch and the temperature were chosen on."""

    learner: SmallLearner
    trained: SmallFit
    temperature: float
    chosen_on: str

    def probability(self, features: Floats) -> Floats:
        return np.exp(log_softmax(self.trained.logits(features) / np.float32(self.temperature)))

    def out_of_fold(self, parts: Parts) -> Floats:
        """Each picture by a network of its own that never saw it: as long a training for each of three folds."""
        probability = np.zeros((parts.train, parts.classes), np.float32)
        train = slice(0, parts.train)
        number = folds(parts.target[train], parts.groups[train], _FOLDS, parts.seed)
        for fold in range(_FOLDS):
            rows, part = np.flatnonzero(number != fold), np.flatnonzero(number == fold)
            if len(part) and len(np.unique(parts.target[rows])) > 1:
                others = replace(
                    parts, features=parts.features[rows], target=parts.target[rows], groups=parts.groups[rows], train=len(rows), validation=0
                )
                probability[part] = self.learner.fit(others, Quiet().progress).probability(parts.features[part])
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
