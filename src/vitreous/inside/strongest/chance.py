"""Whether the labels of nine pictures tell something: a label that stands for most of the data is found in most nines.

The chance that a label of K of N pictures is that of k or more of nine pictures drawn without looking is the tail of the hypergeometric
distribution. Many channels and labels are looked at, so the chance of the best of them is multiplied by how many there are (Bonferroni).
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import comb
from typing import Any

Labels = tuple[str, ...]
SIGNIFICANCE = 0.05


@dataclass(frozen=True)
class Finding:
    """Set `number` has `label` in `count` of its `of` pictures, the data in a `share`; `chance`: of any such finding, were labels drawn by lot."""

    number: int
    label: str
    count: int
    of: int
    share: float
    chance: float

    def to_json(self) -> dict[str, Any]:
        return {"label": self.label, "count": self.count, "of": self.of, "share": self.share, "chance": self.chance}


def finding(sets: Sequence[tuple[int, Sequence[Labels]]], everything: Sequence[Labels]) -> Finding | None:
    """The least likely label of any of the numbered sets of pictures; None where chance explains it, or no labels are known.

    >>> cats, dogs = [("cat",)] * 9, [("dog",)] * 91
    >>> finding([(3, cats)], cats + dogs).label, finding([(3, dogs[:9])], cats + dogs)
    ('cat', None)
    """
    total = Counter(label for labels in everything for label in labels)
    if len(total) < 2:
        return None
    best: Finding | None = None
    for number, labels in sets:
        for label, count in Counter(each for one in labels for each in one).items():
            tail = by_lot(len(everything), total[label], len(labels), count)
            chance = min(1.0, tail * len(sets) * len(total))
            better = best is None or (chance, -count, number, label) < (best.chance, -best.count, best.number, best.label)
            if chance <= SIGNIFICANCE and better:
                best = Finding(number, label, count, len(labels), total[label] / len(everything), chance)
    return best


def by_lot(pictures: int, labelled: int, drawn: int, count: int) -> float:
    """The chance that `count` or more of so many drawn pictures are labelled ones, in whole numbers up to the last division.

    >>> by_lot(4, 2, 2, 2)  # 1 of 6 pairs
    0.16666666666666666
    """
    ways = sum(comb(labelled, k) * comb(pictures - labelled, drawn - k) for k in range(count, min(labelled, drawn) + 1))
    return ways / comb(pictures, drawn)
