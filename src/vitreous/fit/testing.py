"""The test of a freshly fitted head: on the test part, with out-of-fold estimates where that part is too small to say much."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from vitreous.core.item import LeftOut
from vitreous.core.text import cut, plural, visible
from vitreous.data.split import Division
from vitreous.fit.classifier import Classifier, HeldOut, Parts
from vitreous.fit.head import Floats, Ints
from vitreous.metrics.figures import FloatArray
from vitreous.metrics.thresholds import Goal
from vitreous.tasks.classify.task import Classify
from vitreous.tasks.task import Asked, Evaluation, Target, Task, Told

# A class with fewer test pictures than this gets an out-of-fold estimate beside its test figure.
FEW_TEST = 20
_NAME_SHOWN = 60
# Pictures times classes that are kept as held out: 50 MB of text. With more, as many are drawn by chance.
_MOST_VALUES = 4_000_000


@dataclass(frozen=True)
class Fitted:
    """A classifier and the rows it was fitted to and is tested on: training, validation, test, in this order.

    `order` [N]: which readable item stands in a row. `thresholds` [K]: from which probability on a label is said, chosen for `goal`, where
    the task has thresholds. `last`: whether this is the classifier that the training ends with, which may be asked out of fold.
    """

    classifier: Classifier
    labels: list[str]
    parts: Parts
    order: Ints
    task: Task = field(default_factory=Classify)
    thresholds: FloatArray | None = None
    goal: Goal | None = None
    last: bool = True

    @property
    def train(self) -> int:
        return self.parts.train

    @property
    def validation(self) -> int:
        return self.parts.validation

    @property
    def target(self) -> Target:
        return self.parts.target

    @property
    def group(self) -> Ints:
        return self.parts.groups

    @property
    def test(self) -> slice:
        return slice(self.train + self.validation, None)

    def probability(self, rows: slice | Sequence[int]) -> Floats:
        """[n, K] of the given rows."""
        return self.classifier.probability(self.parts.features[rows])

    def asked(self, probability: Floats, rows: slice | Ints) -> Asked:
        """The answers [n, K] to the pictures of these rows, beside the truth."""
        return Asked(probability, self.target[rows], self.labels, self.group[rows], self.thresholds, self.parts.seed)

    def facts(self) -> dict[str, Any]:
        """What the model's metadata hold of the task."""
        return {"task": self.task.name} | ({} if self.thresholds is None else {"thresholds": self.thresholds.tolist()})

    @cached_property
    def few(self) -> list[int]:
        """The classes with too few test pictures to say much."""
        counts = self.task.counts(self.target[self.test], len(self.labels))
        return [k for k, count in enumerate(counts) if count < FEW_TEST]

    @cached_property
    def out_of_fold(self) -> Floats:
        """[train, K] of the training part."""
        return self.classifier.out_of_fold(self.parts)

    def held_out(self) -> HeldOut:
        """What is known without being fitted to it: all of the training part where it was asked out of fold anyway, else what the choices were
        made on; and validation pictures that have no copy in training."""
        known = self.classifier.held_out
        if self.last and self.few and self.out_of_fold.any():
            known = HeldOut(np.arange(self.train), self.out_of_fold).and_also(known.at(known.rows >= self.train))
        seen = (known.rows >= self.train) & np.isin(self.group[known.rows], self.group[: self.train])
        answered = known.probability.sum(axis=1) > 0  # a fold that could not be learned has no answers
        known = known.at(~seen & answered)
        drawn = np.random.default_rng(self.parts.seed).permutation(len(known.rows))
        return known.at(drawn < _MOST_VALUES // len(self.labels))


def fitted_to(task: Task, classifier: Classifier, labels: list[str], parts: Parts, order: Ints, goal: Goal, last: bool = True) -> Fitted:
    """With the thresholds that the task has, chosen for `goal` on what the classifier was not fitted to."""
    fitted = Fitted(classifier, labels, parts, order, task, last=last)
    held = fitted.held_out()
    thresholds = task.thresholds(held.probability.reshape(-1, len(labels)), parts.target[held.rows], goal)
    return fitted if thresholds is None else replace(fitted, thresholds=thresholds, goal=goal)


def test(fitted: Fitted, division: Division, left_out: list[LeftOut]) -> tuple[Evaluation, Floats]:
    """The evaluation, and the probabilities of the test part [n, K]; of the training part out of fold where there is no test part."""
    asked = fitted.asked(fitted.probability(fitted.test), fitted.test)
    few, task = fitted.few, fitted.task
    rows = slice(0, fitted.train)
    remarks: list[str] = []
    beside: dict[str, dict[str, Any]] = {}
    aside: Asked | None = None
    names = ", ".join(cut(visible(fitted.labels[k]), _NAME_SHOWN) for k in few[:6]) + (" …" if len(few) > 6 else "")
    if few and len(asked.target) and not fitted.out_of_fold.any():
        remarks.append(
            f"fewer than {FEW_TEST} test pictures: {names}; an estimate by cross-validation would have taken more trainings as long as this"
        )
    elif few:
        aside = fitted.asked(fitted.out_of_fold, rows)
        beside = {fitted.labels[k]: task.recall_of(aside, k) for k in few}
        remarks.append(f"fewer than {FEW_TEST} test pictures: {names}; for these an estimate by cross-validation of the training part stands beside")
    if not len(asked.target):
        assert aside is not None, "no test picture means few of every class"
        remarks.insert(0, "there is no test part: these are out-of-fold figures of the training part")
        told = Told(f"{plural(fitted.train, 'training picture')}, out of fold", left_out, remarks, beside)
        return task.evaluation(aside, told), np.zeros((0, len(fitted.labels)), np.float32)
    remarks += _without_leaks(fitted, division, asked)
    return task.evaluation(asked, Told(plural(len(asked.target), "test picture"), left_out, remarks, beside)), asked.probability


def so_far(fitted: Fitted) -> Evaluation:
    """Of a classifier that is not the last one: on the pictures that its choices were made on."""
    known = fitted.held_out()
    remark = "the training is not finished: these pictures were looked at to choose its best state, so the figures are a little too good"
    told = Told(f"{plural(len(known.rows), 'picture')} held out of training", [], [remark], {})
    return fitted.task.evaluation(fitted.asked(known.probability, known.rows), told)


def _without_leaks(fitted: Fitted, division: Division, asked: Asked) -> list[str]:
    """The headline without the test pictures that have a copy in training or validation, where there are such."""
    if not division.leaks:
        return []
    leaked = {item for item, _ in division.leaks}
    kept = np.array([item not in leaked for item in fitted.order[fitted.test].tolist()])
    said = f"{plural(len(leaked), 'test picture')} also in training or validation (or nearly)"
    if not kept.any():
        return [said + ": no test picture is left without them"]
    headline = fitted.task.evaluation(asked.at(kept), Told("")).headline()
    return [f"{said}; without them {headline} on {plural(int(kept.sum()), 'picture')}"]
