"""Divide pictures that carry several labels, so that each part has its share of every label: iterative stratification.

    1. the label with the fewest pictures still to be placed comes first: a rare label has the least room for mistakes
    2. its groups, large before small, go one by one to the part that lacks the most pictures of this label,
       among those to the part that lacks the most pictures at all, among those by a draw
    3. what that part lacks becomes less, for all labels of the group; back to 1, until only pictures without a label are left,
       which fill what is lacking

Pictures that belong together are one group and stay on one side. A label with enough groups has at least one picture in each required part.

Source: K. Sechidis, G. Tsoumakas, I. Vlahavas, "On the Stratification of Multi-Label Data", ECML PKDD 2011, algorithm 1; the groups, the
required parts and the closed ones are additions.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.intp]
FloatArray = npt.NDArray[np.float64]


def stratified(
    present: npt.NDArray[Any],
    member: IntArray,
    shares: Sequence[float],
    draw: Sequence[Any],
    required: Sequence[int] = (),
    closed: Mapping[int, int] | None = None,
) -> IntArray:
    """The part of each picture, 0 to len(shares) − 1: int [N].

    `present` bool [N, K]: which labels a picture has. `member` [N]: its group, 0 to G − 1; `draw[g]` orders groups that are equal otherwise.
    `required`: the parts that shall have each label. `closed`: by group a part that it may not go to.
    """
    groups = int(member.max()) + 1
    count = np.zeros((groups, present.shape[1] + 1))  # [G, K + 1]: pictures of each label in each group, and all pictures
    np.add.at(count, member, np.concatenate([present != 0, np.ones((len(present), 1), bool)], axis=1))
    state = _Parts(count, shares, closed or {}, required)
    order = sorted(range(groups), key=lambda g: (-count[g, -1], draw[g]))
    waiting = np.ones(groups, bool)
    for g in [each for each in order if each in state.closed]:  # the bound ones first: the free ones can make up for them
        of_labels = np.flatnonzero(count[g, :-1])
        state.place(g, int(of_labels[count[:, of_labels].sum(0).argmin()]) if len(of_labels) else -1)
        waiting[g] = False
    while waiting.any():
        left = (count[waiting, :-1] > 0).sum(0)
        label = int(np.where(left > 0, left, groups + 1).argmin()) if left.any() else -1
        for g in order:
            if waiting[g] and (label < 0 or count[g, label] > 0):
                state.place(g, label)
                waiting[g] = False
    return np.asarray(state.part[member], np.intp)


class _Parts:
    """What each part has, and what it shall have, of each label and in all (the last column): [parts, K + 1]."""

    def __init__(self, count: FloatArray, shares: Sequence[float], closed: Mapping[int, int], required: Sequence[int]) -> None:
        self.count, self.closed, self.required = count, closed, required
        self.target = np.outer(shares, count.sum(0))
        self.have = np.zeros_like(self.target)
        self.ahead = (count > 0).sum(0)  # groups of each label still to come
        self.part = np.zeros(len(count), np.intp)

    def lacking(self) -> FloatArray:
        return np.asarray(self.target - self.have)

    def place(self, group: int, label: int) -> None:
        """Put a group into the part that lacks the most of `label`; −1: the most pictures."""
        lacking, count = self.lacking(), self.count[group]
        parts = [part for part in range(len(lacking)) if part != self.closed.get(group)]
        chosen = self._last_chance(np.flatnonzero(count[:-1]), [part for part in self.required if part in parts])
        if chosen is None:
            chosen = max(parts, key=lambda part: (round(lacking[part, label], 9), round(lacking[part, -1], 9)))
        self.part[group] = chosen
        self.have[chosen] += count
        self.ahead -= count > 0

    def _last_chance(self, labels: IntArray, required: Sequence[int]) -> int | None:
        """The required part that one of the labels would otherwise miss, because too few groups of it are to come."""
        for label in labels.tolist():
            missing = [part for part in required if self.have[part, label] == 0]
            if missing and self.ahead[label] <= len(missing):
                return missing[0]
        return None
