"""A model of one class against labelled pictures: how many good ones it calls odd, how many of each other label, and how well the scores part them.

The area under the ROC curve is the share of pairs, a good picture and another one, in which the other is the odder.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitreous.core.text import plural, sentence, visible
from vitreous.metrics.bounds import share_interval
from vitreous.tasks.one_class.answers import Limit

_SHOWN = 40


@dataclass(frozen=True)
class Called:
    """Of `count` pictures of one label: how many are called odd, as a share with its 95 % interval."""

    label: str
    good: bool
    count: int
    share: float
    interval: tuple[float, float]

    def to_json(self) -> dict[str, Any]:
        return {"label": self.label, "good": self.good, "num_images": self.count, "called_odd": self.share, "interval": list(self.interval)}


@dataclass(frozen=True)
class Evaluated:
    """`area`: under the ROC curve; None where there are no good pictures, or only these. `remarks`: what there is to say besides."""

    what: str
    area: float | None
    limit: Limit
    labels: list[Called]
    remarks: list[str] = field(default_factory=list)

    def lines(self) -> list[str]:
        head = f"{self.what}: " + ("no area under ROC without good and other pictures" if self.area is None else f"area under ROC {self.area:.3f}")
        width = max(len(visible(each.label)) for each in self.labels)
        rows = [
            f"  {visible(each.label):<{width}}  {'good ' if each.good else 'other'}  called odd {each.share:.3f} "
            f"[{each.interval[0]:.3f}, {each.interval[1]:.3f}] of {plural(each.count, 'picture')}"
            for each in self.labels[:_SHOWN]
        ]
        return [head, *rows, *(sentence(remark) for remark in self.remarks)]

    def to_json(self) -> dict[str, Any]:
        return {
            "what": self.what, "area_under_roc": self.area, "limit": self.limit.value, "rate": self.limit.rate,
            "labels": [each.to_json() for each in self.labels], "remarks": self.remarks,
        }  # fmt: skip

    def __repr__(self) -> str:
        return "\n".join(self.lines())


def evaluated(labels: Sequence[str], scores: NDArray[np.float64], good: str, limit: Limit, what: str) -> Evaluated:
    """Of N pictures with their labels and scores [N]."""
    names, ours = np.array(labels, dtype=object), np.array([label == good for label in labels])
    rows = []
    for label in sorted(set(labels), key=lambda each: (each != good, each)):
        odd = scores[names == label] > limit.value
        rows.append(Called(label, label == good, len(odd), float(odd.mean()), share_interval(float(odd.sum()), float(len(odd)))))
    return Evaluated(what, _area(scores[ours], scores[~ours]), limit, rows)


def _area(low: NDArray[np.float64], high: NDArray[np.float64]) -> float | None:
    if not len(low) or not len(high):
        return None
    order = np.sort(low)
    below, up_to = np.searchsorted(order, high, "left"), np.searchsorted(order, high, "right")
    return float((below + up_to).mean() / 2 / len(low))
