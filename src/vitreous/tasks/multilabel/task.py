"""Several labels for each picture, as a `tasks.task.Task`.

A label that hardly any picture has, or that all have, cannot be learned: it is left out of the model and said, and its pictures stay.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from vitreous.core.item import Item, LeftOut, Source, Split
from vitreous.core.presence import Presence
from vitreous.core.text import cut, plural, visible
from vitreous.errors import DataError, nearest
from vitreous.metrics.figures import FloatArray, IntArray, Probabilities
from vitreous.metrics.label_scores import OF_ALL
from vitreous.metrics.several import evaluate_several
from vitreous.metrics.thresholds import Goal
from vitreous.tasks.classify.requirements import OF_A_CLASS, Requirement, parsed
from vitreous.tasks.multilabel.evaluate import SeveralEvaluation
from vitreous.tasks.task import Asked, Target, Told

# Pictures with a label, and without it, that there must be of what is learned.
_LEAST = 2
_NAMED = 6
_RARE = 0.05
_NAME_SHOWN = 60


class Multilabel:
    name = "multilabel"

    def learnable(self, source: Source) -> Source:
        labels = list(source.several or ())
        target = self.target(source.items, labels)
        learned = target[[item.split in (None, Split.TRAIN) for item in source.items]]
        reasons = {label: reason for k, label in enumerate(labels) if (reason := _why_not(target[:, k], learned[:, k]))}
        kept = tuple(label for label in labels if label not in reasons)
        if not kept:
            raise _nothing(source, labels, reasons)
        remarks = [f"the label {_named(label)!r} is left out of the model: {reason}{_meant(label, kept)}" for label, reason in reasons.items()]
        shown = remarks[:_NAMED] + ([f"{len(remarks) - _NAMED:,} more labels are left out for such reasons"] if len(remarks) > _NAMED else [])
        return replace(source, several=kept, remarks=[*source.remarks, *shown])

    def require_readable(self, source: Source, labels: Sequence[str]) -> None:
        if not source.items:
            raise DataError("no picture can be read", f"{plural(len(source.left_out), 'file is', 'files are')} left out")
        self.require_training(self.target(source.items, labels))

    def require_training(self, target: Target) -> None:
        if not ((target == 1).any(0) & (target == 0).any(0)).any():
            arrived = "there is no label that some training pictures have and others have not"
            raise DataError("there is nothing to train on", arrived, "at least one such label")

    def labels_of(self, item: Item) -> Sequence[str]:
        return Presence.read(item.label).present

    def target(self, items: Sequence[Item], labels: Sequence[str]) -> Target:
        place = {label: k for k, label in enumerate(labels)}
        target = np.zeros((len(items), len(labels)), np.float32)
        for row, item in enumerate(items):
            told = Presence.read(item.label)
            target[row, [place[name] for name in told.present if name in place]] = 1
            target[row, [place[name] for name in told.unknown if name in place]] = np.nan
        return target

    def known_to(self, labels: Sequence[str], source: Source) -> tuple[list[Item], list[LeftOut], list[str]]:
        there = set(source.several if source.several is not None else source.labels)
        remarks = []
        if not there & set(labels):
            names, wanted = (", ".join(_named(name) for name in sorted(each)[:_NAMED]) for each in (there, labels))
            raise DataError("the data have none of the labels that the model knows", f"labels {names or 'none'}", f"labels {wanted}")
        if strange := sorted(there - set(labels)):
            remarks.append(f"the model does not know {_listed(strange)}: left out of the figures")
        items = list(source.items) if source.several is not None else [replace(i, label=str(Presence.of([i.label]))) for i in source.items]
        if missing := [label for label in labels if label not in there]:
            what = "unknown, as the table has no column for it" if source.columns else "taken for absent from every picture"
            remarks.append(f"the data do not name {_listed(missing)}: {what}")
            if source.columns:
                items = [replace(item, label=_with_unknown(item.label, missing)) for item in items]
        return items, [], remarks

    def counts(self, target: Target, classes: int) -> IntArray:
        return np.asarray((target == 1).sum(0), np.intp)

    def in_words(self, labels: Sequence[str]) -> str:
        return f"any number of {len(labels)} labels" if len(labels) > 1 else f"{_named(labels[0])!r}, yes or no"

    def about_balance(self, items: Sequence[Item]) -> list[str]:
        names = [Presence.read(item.label).present for item in items]
        counts = {name: 0 for own in names for name in own}
        for own in names:
            for name in own:
                counts[name] += 1
        remarks = []
        if rare := sorted((name for name, count in counts.items() if count < _RARE * len(items)), key=counts.__getitem__):
            what = "stands in fewer than one picture in twenty" if len(rare) == 1 else "stand in fewer than one picture in twenty each"
            remarks.append(f"{_listed(rare)} {what}: their figures will be vague.")
        if none := sum(not own for own in names):
            remarks.append(f"{plural(none, 'picture has', 'pictures have')} none of the labels.")
        return remarks

    def thresholds(self, probability: Probabilities, target: Target, goal: Goal) -> FloatArray | None:
        return goal.thresholds(probability, target)

    def choices(self, probability: Probabilities, thresholds: FloatArray | None) -> npt.NDArray[np.float32]:
        limit = np.full(probability.shape[1], 0.5) if thresholds is None else thresholds
        lead = (probability - limit).ravel()
        return np.stack([0.5 + lead / 2, 0.5 - lead / 2], axis=1).astype(np.float32)

    def recall_of(self, asked: Asked, label: int) -> dict[str, Any]:
        assert asked.thresholds is not None, "chosen before anything is judged"
        mine = asked.target[:, label] == 1
        found = asked.probability[mine, label] >= asked.thresholds[label]
        return {"count": int(mine.sum()), "recall": float(found.mean()) if mine.any() else None}

    def requirement(self, text: str, labels: Sequence[str]) -> Requirement:
        return parsed(text, labels, OF_ALL, OF_A_CLASS)

    def evaluation(self, asked: Asked, told: Told) -> SeveralEvaluation:
        assert asked.thresholds is not None, "chosen before anything is judged"
        scores = evaluate_several(asked.probability, asked.target, asked.labels, asked.thresholds, asked.group, asked.seed)
        return SeveralEvaluation(told.what, scores, told.left_out, told.remarks, told.out_of_fold, told.predictions, told.groups)


def _why_not(target: npt.NDArray[Any], learned: npt.NDArray[Any]) -> str:
    """Why a label cannot be learned, from what is known of all pictures and of those to learn from; empty where it can."""
    present, absent = int((target == 1).sum()), int((target == 0).sum())
    if not present + absent:
        return "of no picture is it known"
    if not present:
        return "no picture has it"
    if not absent:
        return "every picture of which it is known has it"
    if present < _LEAST:
        return f"only one picture has it; {_LEAST} or more are needed"
    if absent < _LEAST:
        return f"only one picture of which it is known has it not; {_LEAST} or more are needed"
    if not (learned == 1).any():
        return "no training picture has it, only others"
    if not (learned == 0).any():
        return "every training picture of which it is known has it"
    return ""


def _nothing(source: Source, labels: Sequence[str], reasons: dict[str, str]) -> DataError:
    failed = f"cannot train on {visible(str(source.root / source.table) if source.table else str(source.root))}"
    if not labels or all("no picture has it" in reason for reason in reasons.values()):
        return DataError(failed, f"no picture of {len(source.items):,} has any label", "labels that some pictures have and others have not")
    first = labels[0]
    more = f" (and {len(labels) - 1} more are no better)" if len(labels) > 1 else ""
    return DataError(failed, f"{_named(first)!r}: {reasons[first]}{more}", "labels that some pictures have and others have not")


def _meant(label: str, kept: Sequence[str]) -> str:
    """What a label in very few pictures may have been meant for."""
    said = nearest(visible(label), map(visible, kept))
    return f" ({said})" if said.startswith("did you mean") else ""


def _with_unknown(label: str, names: Sequence[str]) -> str:
    told = Presence.read(label)
    return str(Presence.of(told.present, (*told.unknown, *names)))


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(repr(_named(name)) for name in names[:_NAMED])
    return shown + (f" and {len(names) - _NAMED} more" if len(names) > _NAMED else "")


def _named(label: str) -> str:
    return cut(visible(label), _NAME_SHOWN)
