"""One label out of several for each picture, as a `tasks.task.Task`."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from vitreous.core.item import Item, LeftOut, Source
from vitreous.core.text import plural, visible
from vitreous.data.sources import require_trainable
from vitreous.errors import DataError
from vitreous.metrics.classification import evaluate
from vitreous.metrics.figures import FloatArray, IntArray, Probabilities
from vitreous.metrics.thresholds import Goal
from vitreous.tasks.classify.evaluate import Evaluation
from vitreous.tasks.classify.requirements import Requirement, parsed
from vitreous.tasks.task import Asked, Target, Told

# Classes count as uneven where the largest has this many times the pictures of the smallest.
_UNEVEN = 3
_NAMED = 5


class Classify:
    name = "classify"

    def learnable(self, source: Source) -> Source:
        require_trainable(source)
        return source

    def require_readable(self, source: Source, labels: Sequence[str]) -> None:
        require_trainable(source)
        if missing := sorted(set(labels) - set(source.labels)):
            raise DataError(
                f"class {visible(missing[0])!r} has no readable picture", "all of its files are broken", remedy="mend them or remove the class"
            )

    def require_training(self, target: Target) -> None:
        if len(np.unique(target)) < 2:
            raise DataError("there is nothing to train on", "the training part holds one class or none", "at least two classes with pictures in it")

    def labels_of(self, item: Item) -> Sequence[str]:
        return (item.label,)

    def target(self, items: Sequence[Item], labels: Sequence[str]) -> Target:
        number = {label: index for index, label in enumerate(labels)}
        return np.array([number[item.label] for item in items], dtype=np.intp)

    def known_to(self, labels: Sequence[str], source: Source) -> tuple[list[Item], list[LeftOut], list[str]]:
        there = set(labels)
        known = [item for item in source.items if item.label in there]
        if not known:
            names = ", ".join(sorted({visible(item.label) for item in source.items})[:_NAMED])
            wanted = ", ".join(map(visible, labels[:_NAMED]))
            raise DataError("no picture has a class that the model knows", f"classes {names}", f"classes {wanted}")
        unknown = [LeftOut(i.relative, f"the model does not know the class {visible(i.label)!r}") for i in source.items if i.label not in there]
        return known, unknown, []

    def counts(self, target: Target, classes: int) -> IntArray:
        return np.bincount(target, minlength=classes)

    def in_words(self, labels: Sequence[str]) -> str:
        return f"one label out of {len(labels)}"

    def about_balance(self, items: Sequence[Item]) -> list[str]:
        counts = Counter(item.label for item in items).most_common()
        (most, largest), (least, smallest) = counts[0], counts[-1]
        if largest < _UNEVEN * smallest:
            return []
        sizes = f"{visible(most)} has {plural(largest, 'picture')}, {visible(least)} {smallest:,}"
        return [f"Classes are uneven ({sizes}): none is weighted, which would distort the probabilities; see the balanced accuracy."]

    def thresholds(self, probability: Probabilities, target: Target, goal: Goal) -> FloatArray | None:
        return None

    def choices(self, probability: Probabilities, thresholds: FloatArray | None) -> npt.NDArray[np.float32]:
        return np.asarray(probability, np.float32)

    def recall_of(self, asked: Asked, label: int) -> dict[str, Any]:
        mine = asked.target == label
        return {"count": int(mine.sum()), "recall": float((asked.probability[mine].argmax(1) == label).mean()) if mine.any() else None}

    def requirement(self, text: str, labels: Sequence[str]) -> Requirement:
        return parsed(text, labels)

    def evaluation(self, asked: Asked, told: Told) -> Evaluation:
        scores = evaluate(asked.probability, asked.target, asked.labels, asked.group, asked.seed)
        return Evaluation(told.what, scores, told.left_out, told.remarks, told.out_of_fold, told.predictions, told.groups)
