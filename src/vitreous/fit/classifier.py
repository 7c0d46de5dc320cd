"""What a training fits to features: something that answers, can be asked out of fold, and becomes part of the one file."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from vitreous.core.view import View
from vitreous.fit.head import Floats, Ints
from vitreous.fit.objective import Target
from vitreous.infer.network import Network

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Parts:
    """Features [N, D], or `vitreous.fit.pictures.Pictures`, with their target and groups [N], in the order of `probe.choosing_order`.
    `target`: class numbers [N]; or where a picture has several labels 0, 1 and NaN (unknown) [N, K].

    `fitted` of the `train` first rows are fitted while something is chosen, then come `validation` rows, then the test part, which no
    learner looks at.
    """

    features: Any
    target: Target
    groups: Ints
    classes: int
    fitted: int
    train: int
    validation: int
    seed: int


@dataclass(frozen=True)
class HeldOut:
    """Calibrated probabilities [n, K] of rows [n] of `Parts`, each from a classifier that was not fitted to it."""

    rows: Ints
    probability: Floats

    def and_also(self, other: "HeldOut") -> "HeldOut":
        return HeldOut(np.concatenate([self.rows, other.rows]), np.concatenate([self.probability, other.probability]))

    def at(self, chosen: NDArray[np.bool_]) -> "HeldOut":
        """Those of the rows [n] that are chosen."""
        return HeldOut(self.rows[chosen], self.probability[chosen])


class Classifier(Protocol):
    """Fitted to the training part. Features are those of `Parts`, as its learner left them."""

    @property
    def held_out(self) -> HeldOut:
        """What was known of training and validation pictures without being fitted to them, when the choices had been made."""
        ...

    def probability(self, features: Any) -> Floats:
        """Calibrated, [N, K]."""
        ...

    def out_of_fold(self, parts: Parts) -> Floats:
        """[train, K] for the training part, each picture from a classifier fitted without its fold."""
        ...

    def joined(self, backbone: Network, view: View, labels: list[str], facts: dict[str, Any]) -> Network:
        """One model.onnx of the backbone and this classifier."""
        ...

    def history(self) -> list[dict[str, Any]]:
        """What happened epoch by epoch, for history.jsonl; empty where there were none."""
        ...

    def to_json(self) -> dict[str, Any]:
        """How it came about, for run.json."""
        ...


class Learner(Protocol):
    """A way of learning. It may change `parts.features` in place, so that no second copy is needed."""

    def fit(self, parts: Parts, progress: Progress) -> Classifier: ...


@dataclass(frozen=True)
class Work:
    """What surrounds a training that takes long.

    `names`: the path of each row's picture. `keep` stores an answer that is not the last one, with `state`, files by name, so that a killed
    training has a model and can go on; it says so itself where it cannot. `epoch` is told of each epoch, with what was recorded of it so far.
    `folder`: the run's. `state`: the files to go on from, by name; none where it begins. `begun`: when all of it began, by time.perf_counter().
    """

    say: Callable[[str], None]
    names: Sequence[str]
    labels: Sequence[str]
    keep: Callable[["Classifier", Mapping[str, bytes]], bool]
    epoch: Callable[[str, Sequence[Mapping[str, Any]]], None]
    folder: Path
    state: Mapping[str, bytes]
    begun: float


@runtime_checkable
class LongLearner(Learner, Protocol):
    """A learner that tells how it goes, and leaves states to go on from."""

    def within(self, work: Work) -> Learner: ...


@runtime_checkable
class LeavesFiles(Protocol):
    """A classifier whose finished run has more files, by name."""

    def files(self) -> dict[str, bytes]: ...
