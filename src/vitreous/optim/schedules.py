"""Schedules: the factor of the learning rate as a pure function of the step, so there is nothing to save and a resume is exact.

With T steps in all, of which the share `warmup` rises, and x from 0 to 1 over those that follow:

    constant     1
    step         0.1 behind one half of the way, 0.01 behind three quarters           He et al. 2015, section 4.2
    cosine       ½ (1 + cos π x)                                                      Loshchilov, Hutter 2017 (SGDR)
    one-cycle    up from 1/25 to 1 along a cosine, then down to 1/250,000             Smith, Topin 2018

The first three rise in a straight line, (step + 1) / W over the first W steps, where a warm-up is wanted (Goyal et al. 2017).
"""

from collections.abc import Callable
from functools import partial
from math import cos, pi

from vitreous.core.limits import number_within, whole_within
from vitreous.core.text import visible
from vitreous.errors import UsageError, nearest

MOST_STEPS = 10**9
START, END = 1 / 25, 1 / 25e4  # of one-cycle: torch's OneCycleLR begins and ends there too
DROPS, DROP = (0.5, 0.75), 0.1
_LONGEST = 80  # of a name that is repeated


def schedule(name: str, steps: int, *, warmup: float | None = None) -> Callable[[int], float]:
    """The factor of the rate at step 0, 1, …, `steps` − 1; behind the last it stays.

    `warmup`: the share of the steps in which the rate rises; None means 0.3 for one-cycle and 0 for all others.
    Raises UsageError for an unknown name, or numbers that make no sense.

    >>> factor = schedule("cosine", 4)
    >>> [round(factor(step), 3) for step in range(4)]
    [1.0, 0.854, 0.5, 0.146]
    """
    if not isinstance(name, str) or name not in SCHEDULES:
        given = str(name)[:_LONGEST]
        raise UsageError(f"there is no schedule {visible(given)!r}", remedy=nearest(given.lower(), SCHEDULES))
    whole_within("the steps of a schedule", steps, 1, MOST_STEPS)
    share = (0.3 if name == "one-cycle" else 0.0) if warmup is None else number_within("the warm-up", warmup, 0, 1)
    return partial(SCHEDULES[name], steps, share)


def constant(steps: int, warmup: float, step: int) -> float:
    return _rising(steps, warmup, step) or 1.0


def step_down(steps: int, warmup: float, step: int) -> float:
    done = _done(steps, 0, step)
    return _rising(steps, warmup, step) or float(DROP ** sum(done >= share for share in DROPS))


def cosine(steps: int, warmup: float, step: int) -> float:
    return _rising(steps, warmup, step) or _between(1, 0, _done(steps, _warm_steps(steps, warmup), step))


def one_cycle(steps: int, warmup: float, step: int) -> float:
    top = warmup * steps - 1  # the step at which the rate is largest
    step = _valid(steps, step)
    if step < top:
        return _between(START, 1, step / top)
    top = max(top, 0)
    return _between(1, END, (step - top) / (steps - 1 - top)) if steps - 1 > top else 1.0


SCHEDULES: dict[str, Callable[[int, float, int], float]] = {"constant": constant, "step": step_down, "cosine": cosine, "one-cycle": one_cycle}


def _rising(steps: int, warmup: float, step: int) -> float:
    """The factor while it still rises, else 0."""
    warm = _warm_steps(steps, warmup)
    step = _valid(steps, step)
    return (step + 1) / warm if step < warm else 0.0


def _warm_steps(steps: int, warmup: float) -> int:
    return round(warmup * steps)


def _done(steps: int, first: int, step: int) -> float:
    """The share of the steps from `first` on that lies behind."""
    return (_valid(steps, step) - first) / (steps - first)


def _between(start: float, end: float, share: float) -> float:
    """From start to end along half a wave of the cosine."""
    return end + (start - end) * (1 + cos(pi * share)) / 2


def _valid(steps: int, step: int) -> int:
    return min(whole_within("a step of a schedule", step, 0, MOST_STEPS), steps - 1)
