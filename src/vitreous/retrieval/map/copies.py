"""Of each group of copies the picture to keep: the largest; of nearly as large ones the sharpest; of equals the one with more bytes.

A picture that was enlarged has more pixels and no more in it, which its sharpness shows only at the scale of `vitreous.data.appearance`; so
this is a proposal, and nothing is deleted.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vitreous.retrieval.map.neighbours import Ints

# So much smaller a picture is as large as the largest.
_AS_LARGE = 0.95


@dataclass(frozen=True)
class Copies:
    """The numbers of pictures that are copies of each other, `keep` first; `exact`: the files hold the same bytes."""

    keep: int
    others: list[int]
    exact: bool

    @property
    def members(self) -> list[int]:
        return [self.keep, *self.others]


def groups_of_copies(group: Ints, keys: list[bytes], facts: NDArray[np.void], paths: list[str]) -> list[Copies]:
    """`group` [N]: the same number for copies; `facts` [N]: size, bytes and sharpness of each. The largest groups first."""
    order = np.argsort(group, kind="stable")
    parts = np.split(order, np.flatnonzero(np.diff(group[order])) + 1) if len(order) else []
    found = []
    for part in (part.tolist() for part in parts if len(part) > 1):
        ranked = _ranked(part, facts, paths)
        found.append(Copies(ranked[0], ranked[1:], len({keys[number] for number in part}) == 1))
    return sorted(found, key=lambda each: (-len(each.others), paths[each.keep]))


def _ranked(part: list[int], facts: NDArray[np.void], paths: list[str]) -> list[int]:
    area = {number: int(facts["width"][number]) * int(facts["height"][number]) for number in part}
    largest = max(area.values())

    def rank(number: int) -> tuple[bool, float, int, int, str]:
        sharp = float(facts["sharpness"][number])
        small = area[number] < _AS_LARGE * largest
        return (small, -sharp if np.isfinite(sharp) else 0.0, -area[number], -int(facts["bytes"][number]), paths[number])

    return sorted(part, key=rank)
