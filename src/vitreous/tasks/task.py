"""What is asked of a picture: one label, or several. A training, an evaluation and a report ask the task and never its name.

The other half of a task, what a head is fitted for, is its objective (`vitreous.fit.objective`); its pages are in `vitreous.report`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from vitreous.core.item import Item, LeftOut, Source
from vitreous.core.text import visible
from vitreous.errors import ModelError, UsageError
from vitreous.metrics.figures import FloatArray, IntArray, Probabilities
from vitreous.metrics.thresholds import Goal
from vitreous.runs.tables import Predictions
from vitreous.tasks.classify.requirements import Outcome, Requirement

# Class numbers, int [N]; or 0, 1 and NaN (unknown), fp32 [N, K].
Target = npt.NDArray[Any]


@dataclass(frozen=True)
class Asked:
    """N pictures with their truth, and what a model says of them, [N, K], K labels; `group` [N] numbers what belongs together.

    `thresholds` [K]: from which probability on a label is said, for a task that has them."""

    probability: Probabilities
    target: Target
    labels: list[str]
    group: IntArray | None = None
    thresholds: FloatArray | None = None
    seed: int = 0

    def at(self, rows: npt.NDArray[Any]) -> "Asked":
        """The same of some of the pictures."""
        group = None if self.group is None else self.group[rows]
        return Asked(self.probability[rows], self.target[rows], self.labels, group, self.thresholds, self.seed)


@dataclass(frozen=True)
class Told:
    """What is said beside the figures: of which pictures they are, what was left out, remarks, and for labels with few test pictures what
    an estimate out of fold gives. `predictions` and `groups`: answers picture by picture, where they were kept."""

    what: str
    left_out: list[LeftOut] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    out_of_fold: dict[str, dict[str, Any]] = field(default_factory=dict)
    predictions: Predictions | None = None
    groups: IntArray | None = None


class Evaluation(Protocol):
    """The figures of a model, in words and as JSON."""

    @property
    def what(self) -> str: ...

    @property
    def remarks(self) -> list[str]: ...

    @property
    def left_out(self) -> list[LeftOut]: ...

    @property
    def scores(self) -> Any: ...

    @property
    def predictions(self) -> Predictions | None: ...

    @property
    def groups(self) -> IntArray | None: ...

    def headline(self) -> str:
        """The one figure that counts most, with its interval: "accuracy 0.865 [0.825, 0.897]"."""
        ...

    def lines(self) -> list[str]: ...

    def summary(self) -> list[str]: ...

    def to_json(self) -> dict[str, Any]: ...

    def require(self, *requirements: str) -> list[Outcome]: ...

    def require_by_point(self, *requirements: str) -> list[Outcome]: ...


class Task(Protocol):
    """`name` stands in run.json and in the metadata of model.onnx."""

    @property
    def name(self) -> str: ...

    def learnable(self, source: Source) -> Source:
        """The source with what can be learned of it. Raises DataError where that is nothing."""
        ...

    def require_readable(self, source: Source, labels: Sequence[str]) -> None:
        """Raises DataError where too few of its pictures can be read for these labels."""
        ...

    def require_training(self, target: Target) -> None:
        """Raises DataError where the training part has nothing to tell apart."""
        ...

    def labels_of(self, item: Item) -> Sequence[str]: ...

    def target(self, items: Sequence[Item], labels: Sequence[str]) -> Target: ...

    def known_to(self, labels: Sequence[str], source: Source) -> tuple[list[Item], list[LeftOut], list[str]]:
        """The items on which a model of these labels can be judged, those on which it cannot, and remarks."""
        ...

    def counts(self, target: Target, classes: int) -> IntArray:
        """How many pictures have each label: [K]."""
        ...

    def in_words(self, labels: Sequence[str]) -> str:
        """ "one label out of 6" """
        ...

    def about_balance(self, items: Sequence[Item]) -> list[str]:
        """Remarks on how unevenly the labels come."""
        ...

    def thresholds(self, probability: Probabilities, target: Target, goal: Goal) -> FloatArray | None:
        """[K], chosen on pictures that the model was not fitted to; None where the task has none."""
        ...

    def choices(self, probability: Probabilities, thresholds: FloatArray | None) -> npt.NDArray[np.float32]:
        """Every answer as a row of which the largest entry wins, by its lead: to compare two number formats."""
        ...

    def recall_of(self, asked: Asked, label: int) -> dict[str, Any]:
        """`count` of the pictures with this label and the `recall` among them."""
        ...

    def requirement(self, text: str, labels: Sequence[str]) -> Requirement:
        """What a model must reach, as it is written. Raises UsageError."""
        ...

    def evaluation(self, asked: Asked, told: Told) -> Evaluation: ...


def task_of(facts: Mapping[str, Any]) -> Task:
    """The task of a run or of a model.onnx by its facts; older ones, which do not say, have one label."""
    return task_named(str(facts.get("task", "classify")))


def thresholds_of(facts: Mapping[str, Any]) -> FloatArray | None:
    """From which probability on each label of a run or a model.onnx is said, [K]; None for one label a picture.

    Raises ModelError where they do not fit its labels.
    """
    if task_of(facts).name == "classify":
        return None
    count = len(facts["labels"])
    try:
        thresholds = np.array([float(each) for each in facts.get("thresholds", [0.5] * count)])
    except (TypeError, ValueError):
        thresholds = np.zeros(0)
    if len(thresholds) != count or not np.isfinite(thresholds).all():
        raise ModelError("the thresholds of the model do not fit its labels", f"{len(thresholds)} of them", f"{count} numbers", "train again")
    return thresholds


def require_one_label(facts: Mapping[str, Any], what: str, instead: str = "") -> None:
    """Raises UsageError where pictures have several labels, for `what` is made for one."""
    if task_of(facts).name != "classify":
        raise UsageError(f"{what} is for models that give one label", "this one gives several", remedy=instead)


def first_figure(metrics: Mapping[str, Any]) -> tuple[str, float | None, Any]:
    """Name, value and interval of the figure of a run that counts most."""
    key, name = ("map", "mAP") if "map" in metrics else ("accuracy", "accuracy")
    return name, metrics[key], metrics[f"{key}_interval"]


def task_named(name: str) -> Task:
    """Raises ModelError for a task of which this version knows nothing."""
    if name == "multilabel":
        from vitreous.tasks.multilabel.task import Multilabel

        return Multilabel()
    if name == "classify":
        from vitreous.tasks.classify.task import Classify

        return Classify()
    if name == "one_class":
        raise UsageError("this run knows one class only", remedy="vitreous predict RUN PHOTO says ordinary or odd, and with --map FILE.png where")
    raise ModelError(f"the task {visible(name)!r} is not known", needed="classify or multilabel", remedy="a newer version of Vitreous made it")
