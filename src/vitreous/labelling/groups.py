"""Pictures that look alike, put together to be named at once: more groups than there are classes, so that each holds one class only.

k-means on directions of length one (spherical k-means, Dhillon and Modha 2001), begun by k-means++ (Arthur and Vassilvitskii 2007). The number
of groups grows with the square root of the pictures; large and dense groups come first, and in a group the most typical pictures.
"""

import math
from dataclasses import dataclass

import numpy as np

from vitreous.fit.head import Floats, Ints
from vitreous.labelling.space import unit_rows

# How many groups: this times the square root of the number of pictures.
PER_ROOT = 1.5
SMALLEST = 4  # pictures a group has on average, at least
_ROUNDS = 30
# k-means is run on so many pictures; the others go where they are nearest.
_ENOUGH = 20_000


@dataclass(frozen=True)
class Groups:
    """`member` [N]: the group of each picture, in the order in which they should be named; `typical` [N]: how near it is to its group's centre,
    -1 to 1."""

    member: Ints
    typical: Floats

    @property
    def count(self) -> int:
        return int(self.member.max()) + 1 if len(self.member) else 0

    def pictures(self, group: int) -> Ints:
        """The most typical first."""
        members = np.flatnonzero(self.member == group)
        order: Ints = members[np.argsort(-self.typical[members], kind="stable")]
        return order


def number_of_groups(pictures: int) -> int:
    """
    >>> [number_of_groups(n) for n in (1, 10, 1000, 5000)]
    [1, 2, 47, 106]
    """
    return max(1, min(round(PER_ROOT * math.sqrt(pictures)), pictures // SMALLEST))


def look_alike(space: Floats, count: int | None = None, seed: int = 0) -> Groups:
    """Groups of the pictures [N, d], rows of length one: `count` of them at most, else `number_of_groups`."""
    if not len(space):
        return Groups(np.zeros(0, np.intp), np.zeros(0, np.float32))
    rng = np.random.default_rng(seed)
    sample = space if len(space) <= _ENOUGH else space[np.sort(rng.choice(len(space), _ENOUGH, replace=False))]
    centres = _centres(sample, min(count or number_of_groups(len(space)), len(space)), rng)
    likeness = space @ centres.T
    member = likeness.argmax(1)
    typical = likeness[np.arange(len(space)), member]
    sizes = np.bincount(member, minlength=len(centres))
    density = np.bincount(member, typical, len(centres)) / np.maximum(sizes, 1)
    worth = np.sqrt(sizes) * np.maximum(density, 0)
    rank = np.empty(len(centres), np.intp)
    rank[np.argsort(np.where(sizes > 0, -worth, np.inf), kind="stable")] = np.arange(len(centres))
    return Groups(rank[member], typical.astype(np.float32))


def _centres(unit: Floats, count: int, rng: np.random.Generator) -> Floats:
    centres = _spread(unit, count, rng)
    before = None
    for _ in range(_ROUNDS):
        likeness = unit @ centres.T
        member = likeness.argmax(1)
        if before is not None and (member == before).all():
            break
        before = member
        sums = _sums(unit, member, len(centres))
        empty = np.flatnonzero(np.bincount(member, minlength=len(centres)) == 0)
        if len(empty):  # they begin anew at the pictures that are told worst
            sums[empty] = unit[np.argsort(likeness.max(1), kind="stable")[: len(empty)]]
        centres = unit_rows(sums)
    return centres


def _sums(unit: Floats, member: Ints, count: int) -> Floats:
    from scipy.sparse import csr_matrix

    places = csr_matrix((np.ones(len(unit), np.float32), (member, np.arange(len(unit)))), shape=(count, len(unit)))
    return np.asarray(places @ unit, np.float32)


def _spread(unit: Floats, count: int, rng: np.random.Generator) -> Floats:
    """k-means++: each next centre is drawn by its squared distance to the nearest so far."""
    chosen = [int(rng.integers(len(unit)))]
    distance = 2 - 2 * (unit @ unit[chosen[0]])
    while len(chosen) < count:
        weight = np.maximum(distance, 0).astype(np.float64)
        total = weight.sum()
        if total <= 1e-9:  # nothing but copies is left
            break
        chosen.append(int(rng.choice(len(unit), p=weight / total)))
        distance = np.minimum(distance, 2 - 2 * (unit @ unit[chosen[-1]]))
    return unit[chosen].copy()
