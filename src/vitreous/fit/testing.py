"""The test of a freshly fitted head: on the test part, with out-of-fold estimates where that part is too small to say much."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from vitreous.core.item import LeftOut
from vitreous.core.text import cut, plural, visible
from vitreous.data.split import Division
from vitreous.fit.classifier import Classifier, HeldOut, Parts
from vitreous.fit.softmax import Floats, Ints
from vitreous.metrics.classification import Scores, evaluate
from vitreous.tasks.classify.evaluate import Evaluation

# A class with fewer test pictures than this gets an out-of-fold estimate beside its test figure.
FEW_TEST = 20
_NAME_SHOWN = 60
# Pictures times classes that are kept as held out: 50 MB of text. With more, as many are drawn by chance.
_MOST_VALUES = 4_000_000


@dataclass(frozen=True)
class Fitted:
    """A classifier and the rows it was fitted to and is tested on: training, validation, test, in this order.

    `order` [N]: which readable item stands in a row.
    """

    classifier: Classifier
    labels: list[str]
    parts: Parts
    order: Ints

    @property
    def train(self) -> int:
        return self.parts.train

    @property
    def validation(self) -> int:
        return self.parts.validation

    @property
    def target(self) -> Ints:
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

    @cached_property
    def few(self) -> list[int]:
        """The classes with too few test pictures to say much."""
        counts = np.bincount(self.target[self.test], minlength=len(self.labels))
        return [k for k, count in enumerate(counts) if count < FEW_TEST]

    @cached_property
    def out_of_fold(self) -> Floats:
        """[train, K] of the training part."""
        return self.classifier.out_of_fold(self.parts)

    def held_out(self) -> HeldOut:
        """What is known without being fitted to it: all of the training part where it was asked out of fold anyway, else what the choices were
        made on; and validation pictures that have no copy in training."""
        known = self.classifier.held_out
        if self.few:
            known = HeldOut(np.arange(self.train), self.out_of_fold).and_also(known.at(known.rows >= self.train))
        seen = (known.rows >= self.train) & np.isin(self.group[known.rows], self.group[: self.train])
        answered = known.probability.sum(axis=1) > 0  # a fold that could not be learned has no answers
        known = known.at(~seen & answered)
        drawn = np.random.default_rng(self.parts.seed).permutation(len(known.rows))
        return known.at(drawn < _MOST_VALUES // len(self.labels))


def test(fitted: Fitted, division: Division, left_out: list[LeftOut], seed: int) -> tuple[Evaluation, Floats]:
    """The evaluation, and the probabilities of the test part [n, K]; of the training part out of fold where there is no test part."""
    probability, target, group = fitted.probability(fitted.test), fitted.target[fitted.test], fitted.group[fitted.test]
    few = fitted.few
    rows = slice(0, fitted.train)
    remarks: list[str] = []
    beside: dict[str, dict[str, Any]] = {}
    aside: Floats | None = None
    if few:
        aside = fitted.out_of_fold
        beside = {fitted.labels[k]: _recall(aside, fitted.target[rows], k) for k in few}
        names = ", ".join(cut(visible(fitted.labels[k]), _NAME_SHOWN) for k in few[:6]) + (" …" if len(few) > 6 else "")
        remarks.append(f"fewer than {FEW_TEST} test pictures: {names}; for these an estimate by cross-validation of the training part stands beside")
    if not len(target):
        assert aside is not None, "no test picture means few of every class"
        scores = evaluate(aside, fitted.target[rows], fitted.labels, fitted.group[rows], seed)
        remarks.insert(0, "there is no test part: these are out-of-fold figures of the training part")
        return Evaluation(f"{plural(fitted.train, 'training picture')}, out of fold", scores, left_out, remarks, beside), aside[:0]
    scores = evaluate(probability, target, fitted.labels, group, seed)
    remarks += _without_leaks(fitted, division, probability, seed)
    return Evaluation(plural(len(target), "test picture"), scores, left_out, remarks, beside), probability


def _recall(probability: Floats, target: Ints, label: int) -> dict[str, Any]:
    mine = target == label
    return {"count": int(mine.sum()), "recall": float((probability[mine].argmax(1) == label).mean()) if mine.any() else None}


def _without_leaks(fitted: Fitted, division: Division, probability: Floats, seed: int) -> list[str]:
    """The accuracy without the test pictures that have a copy in training or validation, where there are such."""
    if not division.leaks:
        return []
    leaked = {item for item, _ in division.leaks}
    kept = np.array([item not in leaked for item in fitted.order[fitted.test].tolist()])
    said = f"{plural(len(leaked), 'test picture')} also in training or validation (or nearly)"
    if not kept.any():
        return [said + ": no test picture is left without them"]
    scores: Scores = evaluate(probability[kept], fitted.target[fitted.test][kept], fitted.labels, fitted.group[fitted.test][kept], seed)
    low, high = scores.accuracy_interval
    return [f"{said}; without them accuracy {scores.accuracy:.3f} [{low:.3f}, {high:.3f}] on {plural(scores.num_images, 'picture')}"]
