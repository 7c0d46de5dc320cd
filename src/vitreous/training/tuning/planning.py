"""What a phase of tuning can do in the time that is left, from two measurements: what the frozen part takes for a picture, and a step of the tail.

    seconds = views × pictures × frozen + epochs × pictures learned from × step / batch + what is asked of held-out pictures

First come enough epochs in enough views, then the training on all pictures once more with what was held out, then more epochs in more views.
"""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

# (epochs, views), the least that is worth its time first. Twelve and sixteen epochs of eight views gained nothing more: the minutes that are left
# go to an earlier cut. Clothing, 1,501 photos, log loss of 300 held out, 0.314 before (LOG.md, 2026-11-26).
LADDER = ((3, 2), (4, 3), (6, 4), (8, 6))
_ENOUGH = 2  # the step of the ladder from which on all pictures are learned from once more before there are more epochs
_ASKED = 1 / 3  # of a step: forward only
MOST_VIEWS = max(views for _, views in LADDER)


@dataclass(frozen=True)
class Costs:
    """Seconds: `frozen` of a picture, `step` of a picture that is learned from. `lines` [(learned from, held out)]: the trainings, each of which
    is judged on what it holds out at so many `shares`; `all`: how many a last training learns from, 0 where there is none."""

    frozen: float
    step: float
    lines: tuple[tuple[int, int], ...]
    all: int
    shares: int

    def seconds(self, epochs: int, views: int, refit: bool, made: int = 1) -> float:
        """Of a phase, when `made` views are there already."""
        pictures = max(self.all, *(learned + held for learned, held in self.lines))
        held = sum(held for _, held in self.lines)
        learned = sum(learned for learned, _ in self.lines) + self.all * refit
        asked = held * (epochs + self.shares) * _ASKED
        return (views - made) * pictures * self.frozen + (epochs * learned + asked) * self.step


@dataclass(frozen=True)
class Chosen:
    epochs: int
    views: int
    refit: bool
    seconds: float


def choose(costs: Costs, seconds: float, most_views: int = MOST_VIEWS) -> Chosen | None:
    """The best that fits into the seconds; None where nothing does."""
    best = None
    for place, (epochs, views) in enumerate(LADDER):
        for refit in _refits(costs):
            if place > _ENOUGH and refit != _refits(costs)[-1]:
                continue
            fewer = min(views, most_views)
            takes = costs.seconds(epochs, fewer, refit)
            if takes <= seconds:
                best = Chosen(epochs, fewer, refit, takes)
    return best


def least(costs: Costs, made: int = 1) -> float:
    """Seconds of the smallest phase there is, when `made` views are there already."""
    epochs, views = LADDER[0]
    return costs.seconds(epochs, views, _refits(costs)[0], made)


def _refits(costs: Costs) -> tuple[bool, ...]:
    """Whether there may be a last training on all pictures: of several that were judged on a part each, none is the one that stays."""
    return (True,) if len(costs.lines) > 1 else (False, True) if costs.all else (False,)


def timed(work: Callable[[], object], clock: Callable[[], float], seconds: float) -> float:
    """Seconds of one `work`, the median of as many as fit into so many seconds after a first one; at least one. The best of them promises too much:
    a training lasts."""
    work()
    begun, found = clock(), list[float]()
    while clock() - begun <= seconds or not found:
        before = clock()
        work()
        found.append(clock() - before)
    return median(found)
