"""Sets with a promise for a run: chosen on the answers that it keeps of pictures it was not fitted to (held_out.csv), measured on its test pictures.

Nothing is stored for it: the answers are there, and the thresholds follow from them. The held-out answers are calibrated as those of model.onnx
are, and come from heads that saw a little less than the last one did, so the promise is kept a little more than to the letter.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from vitreous.core.text import cut, plural, visible
from vitreous.errors import RunError
from vitreous.metrics.bounds import share_interval, weight_of_each
from vitreous.metrics.figures import BoolArray, FloatArray, IntArray, Probabilities
from vitreous.runs.contents import HELD_OUT_CSV
from vitreous.runs.folder import RunFolder
from vitreous.runs.tables import Predictions, predictions_from_csv
from vitreous.tasks.classify.doubts import PredictionSet
from vitreous.tasks.task import require_one_label
from vitreous.trust.unknown.conformal import Thresholds, percent, require_coverage, thresholds, thresholds_per_class

_MOST_SHOWN, _NAME_SHOWN = 40, 24


@dataclass(frozen=True)
class Promise:
    """The thresholds of a run. `chosen_on`: which pictures, in words."""

    labels: list[str]
    thresholds: Thresholds
    chosen_on: str

    def set_of(self, probability: Probabilities) -> PredictionSet:
        """Of one picture, [K]: the most probable first."""
        inside = self.thresholds.sets(probability[None])[0]
        order = [k for k in np.argsort(-probability, kind="stable").tolist() if inside[k]]
        return PredictionSet(self.thresholds.coverage, self.thresholds.per_class, tuple(self.labels[k] for k in order))

    def measured(self, predictions: Predictions, group: IntArray | None, what: str) -> "Measured":
        """On other labelled pictures. `group` [N]: what belongs together counts as one."""
        number = {label: k for k, label in enumerate(self.labels)}
        target = np.array([number[label] for label in predictions.labels], np.intp)
        sets = self.thresholds.sets(predictions.probability)
        hits, sizes = sets[np.arange(len(target)), target], sets.sum(1)
        weight = np.ones(len(target)) if group is None else weight_of_each(group)
        rows = [_row(label, target == k, hits, sizes, weight) for k, label in enumerate(self.labels)]
        return Measured(self, what, _row("all", np.ones(len(target), np.bool_), hits, sizes, weight), rows, np.bincount(sizes).tolist())


@dataclass(frozen=True)
class Row:
    """Of the pictures of one class, or of all: the share whose set holds the true class, with its 95 % interval, and the mean size of their sets;
    no value where there is no picture."""

    label: str
    pictures: int
    coverage: float | None
    interval: tuple[float, float]
    size: float | None

    def to_json(self) -> dict[str, Any]:
        return {"label": self.label, "num_images": self.pictures, "coverage": self.coverage, "interval": list(self.interval), "mean_size": self.size}


@dataclass(frozen=True)
class Measured:
    """What became of a promise. `sizes`: how many sets have 0, 1, 2 … classes."""

    promise: Promise
    what: str
    all: Row
    classes: list[Row]
    sizes: list[int]

    def lines(self) -> list[str]:
        each = " of each class" if self.promise.thresholds.per_class else ""
        asked = percent(self.promise.thresholds.coverage)
        lines = [f"Sets that hold the true class in {asked}{each}, chosen on {self.promise.chosen_on}; measured on {self.what}:"]
        lines += [f"  coverage           {_share(self.all)}", f"  mean size          {_number(self.all.size)} of {len(self.classes)} classes"]
        counts = [f"{plural(count, 'set')} of {size}" for size, count in enumerate(self.sizes) if count]
        lines += [f"  sizes              {', '.join(counts[:8])}{' …' if len(counts) > 8 else ''}", ""]
        width = max(len("class"), *(min(_NAME_SHOWN, len(visible(row.label))) for row in self.classes))
        lines.append(f"  {'class':<{width}} pictures  {'coverage':<22}mean size")
        for row in self.classes[:_MOST_SHOWN]:
            lines.append(f"  {cut(visible(row.label), width):<{width}} {row.pictures:>8}  {_share(row):<22}{_number(row.size)}")
        if len(self.classes) > _MOST_SHOWN:
            lines.append(f"  … and {len(self.classes) - _MOST_SHOWN} more classes (--json has them all)")
        return lines

    def to_json(self) -> dict[str, Any]:
        limits = self.promise.thresholds
        return {
            "promised": limits.coverage,
            "per_class": limits.per_class,
            "chosen_on": self.promise.chosen_on,
            "thresholds": dict(zip(self.promise.labels, limits.probability.tolist(), strict=True)),
            "what": self.what,
            **{key: value for key, value in self.all.to_json().items() if key != "label"},
            "sizes": self.sizes,
            "classes": [row.to_json() for row in self.classes],
        }

    def __repr__(self) -> str:
        return "\n".join(self.lines())


def promise_of(run: RunFolder, coverage: float, per_class: bool) -> Promise:
    """What a run can promise. Raises UsageError, DataError where too few pictures can promise it, RunError for a run that kept no answers."""
    require_coverage(coverage)
    require_one_label(run.facts, "--sets", "several labels are each said with a probability and a threshold of their own")
    if HELD_OUT_CSV not in run.document.files:
        where = visible(str(run.path))
        raise RunError(
            f"no set can be promised for {where}", "an older version trained it, which kept no answers on held-out pictures", remedy="train again"
        )
    held, labels = predictions_from_csv(run.read(HELD_OUT_CSV)), list(run.facts["labels"])
    kept = one_of_each(held.paths, run.facts.get("groups", {}))
    number = {label: k for k, label in enumerate(labels)}
    target = np.array([number[held.labels[row]] for row in kept], np.intp)
    probability = held.probability[kept].reshape(-1, len(labels))
    limits = thresholds_per_class(probability, target, coverage, labels) if per_class else thresholds(probability, target, coverage)
    alone = "" if len(kept) == len(held.paths) else ", of copies one"
    return Promise(labels, limits, str(run.facts.get("held_out", {}).get("what", "held-out pictures")) + alone)


def one_of_each(paths: Sequence[str], groups: dict[str, int]) -> list[int]:
    """The first picture of each group: copies are one draw, not several."""
    seen: set[int] = set()
    kept = []
    for row, path in enumerate(paths):
        group = groups.get(path)
        if group is None or group not in seen:
            kept.append(row)
        if group is not None:
            seen.add(group)
    return kept


def _row(label: str, mine: BoolArray, hits: Any, sizes: Any, weight: FloatArray) -> Row:
    trials = float(weight[mine].sum())
    if not trials:
        return Row(label, 0, None, (0.0, 1.0), None)
    events = float((weight * hits)[mine].sum())
    return Row(label, int(mine.sum()), events / trials, share_interval(events, trials), float((weight * sizes)[mine].sum() / trials))


def _share(row: Row) -> str:
    return "–" if row.coverage is None else f"{row.coverage:.3f} [{row.interval[0]:.3f}, {row.interval[1]:.3f}]"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"
