"""Which labels stand together, where a picture can have several: how many pictures have each, each pair, and none."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from vitreous.core.presence import Presence
from vitreous.core.text import plural
from vitreous.metrics.figures import IntArray


@dataclass(frozen=True)
class Together:
    """`labels`: all that there are, in sorted order; `pairs`: pictures that have both, by the two names in sorted order, where there are such;
    `without`: pictures that have none; `unknown`: cells of which nobody knows; `most`: labels in one picture."""

    labels: Sequence[str]
    pairs: dict[tuple[str, str], int]
    without: int
    unknown: int
    most: int

    @property
    def frequent(self) -> list[tuple[int, str, str]]:
        """Count and names of the pairs, the most frequent first."""
        return sorted(((count, *names) for names, count in self.pairs.items()), key=lambda each: (-each[0], each[1:]))

    @property
    def about_none(self) -> str:
        """How many pictures have none of the labels."""
        return f"{plural(self.without, 'picture has', 'pictures have')} no label" if self.without else "every picture has a label"

    def table(self, counts: Mapping[str, int]) -> IntArray:
        """How often each two labels stand together, int [K, K]; on the diagonal how many pictures have the label, by `counts`."""
        place = {label: k for k, label in enumerate(self.labels)}
        table = np.zeros((len(place), len(place)), np.intp)
        for label, k in place.items():
            table[k, k] = counts.get(label, 0)
        for (one, other), count in self.pairs.items():
            if one in place and other in place:  # a label may be left out of a model
                table[place[one], place[other]] = table[place[other], place[one]] = count
        return table

    def to_json(self) -> dict[str, Any]:
        return {
            "labels": list(self.labels),
            "pairs": [{"labels": [one, other], "num_images": count} for count, one, other in self.frequent],
            "without": self.without,
            "unknown": self.unknown,
            "most": self.most,
        }


def together(labels: Iterable[str], several: Sequence[str] | None) -> Together | None:
    """From the labels of the pictures as text; None where each has one."""
    if several is None:
        return None
    told = [Presence.read(label) for label in labels]
    pairs = Counter(pair for each in told for pair in combinations(each.present, 2))
    return Together(
        list(several),
        dict(pairs),
        sum(not each.present for each in told),
        sum(len(each.unknown) for each in told),
        max((len(each.present) for each in told), default=0),
    )
