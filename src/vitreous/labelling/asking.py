"""Which pictures to ask about next: those of which most is learned, uncertain ones that are not alike.

    first      of each group the most typical picture, the largest group first (Hacohen, Dekel and Weinshall 2022)
    then       of the pictures whose first two labels are closest (Scheffer et al. 2001) `WIDER` times as many as are wanted,
               and of these each next one as far as can be from all before it (Gonzalez 1985)

Tried beside it: random order, the least margin alone, gradients that are far apart (BADGE, Ash et al. 2020), the margin times the distance;
docs/decisions/0037-label.md has their curves.
"""

import numpy as np

from vitreous.fit.head import Floats, Ints
from vitreous.labelling.groups import Groups
from vitreous.labelling.model import Guesses

WIDER = 4


def ask_next(space: Floats, guesses: Guesses, groups: Groups, open_pictures: Ints, count: int) -> Ints:
    """At most `count` of the numbers `open_pictures`, in the order in which they should be asked; rows of `space` [N, d] have length one."""
    known = len(space) - len(open_pictures)
    if len(guesses.labels) < 2 or known < groups.count:
        return typical_of_each(groups, open_pictures)[:count]
    found: Ints = open_pictures[least_sure(space[open_pictures], margin(guesses)[open_pictures], count)]
    return found


def least_sure(space: Floats, margins: Floats, count: int) -> Ints:
    """Places of `count` rows of `space` [n, d] with small margins [n], each as far as can be from those before it."""
    least = np.argsort(margins, kind="stable")[: WIDER * count]
    found: Ints = least[farthest_first(space[least], count)]
    return found


def typical_of_each(groups: Groups, open_pictures: Ints) -> Ints:
    """All of them: the most typical of each group first, then the second of each, groups in their order; what is no longer open counts too, so
    that a group does not come up again before the others have had their turn."""
    order = np.lexsort((-groups.typical, groups.member))
    member = groups.member[order]
    turn = np.empty(len(order), np.intp)
    turn[order] = np.arange(len(order)) - np.searchsorted(member, member, side="left")
    found: Ints = open_pictures[np.lexsort((groups.member[open_pictures], turn[open_pictures]))]
    return found


def margin(guesses: Guesses) -> Floats:
    """[N]: by how much the most probable label leads the second, 0 to 1; 0 where there are not two labels."""
    if len(guesses.labels) < 2:
        return np.zeros(len(guesses.probability), np.float32)
    best = np.partition(guesses.probability, -2, axis=1)[:, -2:]
    found: Floats = best[:, 1] - best[:, 0]
    return found


def farthest_first(unit: Floats, count: int) -> Ints:
    """Row 0, then each time the row whose nearest so far is farthest: at most `count` places in `unit` [n, d]."""
    count = min(count, len(unit))
    if not count:
        return np.zeros(0, np.intp)
    chosen = [0]
    likeness = unit @ unit[0]
    while len(chosen) < count:
        likeness[chosen[-1]] = np.inf
        chosen.append(int(likeness.argmin()))
        likeness = np.maximum(likeness, unit @ unit[chosen[-1]])
    return np.array(chosen, np.intp)
