"""The smallest change of a picture, in whole grey levels, after which a network answers otherwise.

Near the picture x a network is nearly linear: the lead f of its answer over another is f(x) + gᵀ (y − x) at y, and what closes it with the
least sum of squares lies along g (DeepFool). But a file holds whole numbers from 0 to 255, and rounding would take most of such a change
away. Of all whole changes, the one of the least sum of squares for what it gains in a direction d is

    y(λ) = clip(round(x + λ d), 0, 255)

for the n-th step at number i costs 2 n − 1 and gains |d_i|, so that it is worth taking while |d_i| / (2 n − 1) stays above one common bound:
that is rounding. λ is the smallest for which the network, asked by the engine, answers otherwise. The direction is the sum of the gradients
met so far, each of length 1: at the picture first, then where the answer last turned, for a boundary is curved. At last, groups of changed
pixels that are not needed are put back. Whatever is returned was run by the engine and answered otherwise.

Sources: Moosavi-Dezfooli, Fawzi, Frossard, "DeepFool", CVPR 2016; gradients from the boundary itself: Croce, Hein, "Minimally distorted
adversarial examples with a fast adaptive boundary attack", ICML 2020.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from vitreous.inside.why.aims import Aim
from vitreous.inside.why.question import Pictures, Question
from vitreous.inside.why.saliency import Floats

ROUNDS, IN_VAIN = 8, 3  # it ends sooner where so many rounds brought nothing smaller
# Of the other answers, so many that are next to it are looked at; a second one is tried where it is at most so much farther away.
NEXT, _WORTH_TRYING = 5, 1.1
# Lengths of the change that are asked at once, from half of what the tangent says on; each is so much longer than the one before.
_LENGTHS, _LONGER = 16, 1.6
_CLOSER = 3  # so often, between the last that is too short and the first that is not: to a thousandth of the length
_FORGOTTEN = 0.8  # a gradient counts so much of what it did a round before

# Of probabilities [N, K]: which of them are another answer.
Flipped = Callable[[Floats], NDArray[np.bool_]]


def smallest_change(question: Question, aims: list[Aim], flipped: Flipped) -> Pictures | None:
    """The changed picture, uint8 [S, S, 3], by the aim that is nearest.

    None where no change was found.
    """
    distances = [_distance(question, aim) for aim in aims]
    best: Pictures | None = None
    for number in np.argsort(distances, kind="stable")[:2].tolist():  # the nearest by the tangent is not always the nearest
        if not np.isfinite(distances[number]) or distances[number] > _WORTH_TRYING * min(distances):
            continue
        found = _towards(question, aims[number], flipped)
        if found is not None and (best is None or size_of(found, question.picture) < size_of(best, question.picture)):
            best = found
    return None if best is None else _without_needless(question, best, flipped)


def size_of(changed: Pictures, picture: Pictures) -> float:
    """Root of the sum of squares, in grey levels."""
    return float(np.sqrt(np.square(changed.astype(np.float64) - picture).sum()))


def _distance(question: Question, aim: Aim) -> float:
    lead, gradient = _linear(question, question.picture, aim)
    size = float(np.sqrt(np.square(gradient).sum()))
    return max(lead, 0.0) / size if size > 0 else np.inf


def _towards(question: Question, aim: Aim, flipped: Flipped) -> Pictures | None:
    picture = question.picture.astype(np.float64)
    at, best, direction, tangent, in_vain = question.picture, None, np.zeros(picture.shape), 0.0, 0
    for _ in range(ROUNDS):
        lead, gradient = _linear(question, at, aim)
        size = float(np.sqrt(np.square(gradient).sum()))
        if not size > 0:
            break
        tangent = tangent or max(lead, 1e-6) / size
        direction = _FORGOTTEN * direction - gradient / size
        found, turned = _first_beyond(question, aim, picture, direction, tangent, flipped)
        if turned and (best is None or size_of(found, question.picture) < size_of(best, question.picture)):
            best, in_vain = found, 0
        elif best is not None:
            in_vain += 1
        if in_vain == IN_VAIN:
            break
        at = found
    return best


def _first_beyond(question: Question, aim: Aim, picture: Floats, direction: Floats, tangent: float, flipped: Flipped) -> tuple[Pictures, bool]:
    """The whole picture along a direction that is the first to be answered otherwise, and True; else the one with the least lead, and False."""
    unit = direction / np.sqrt(np.square(direction).sum())
    # a change of length λ before it is rounded: a step is taken from half a grey level on, so far more than the tangent's length is needed
    low, high = 0.5 * tangent, 0.5 * tangent * _LONGER**_LENGTHS
    high = max(high, 2 / float(np.abs(unit).max()))
    first, turned = 0, False
    for _ in range(_CLOSER):
        amounts = np.geomspace(low, high, _LENGTHS)
        line = np.stack([_whole(picture + amount * unit) for amount in amounts])
        scores, probability = question.both(line)
        hits = np.flatnonzero(flipped(probability))
        turned = bool(len(hits))
        # the answer that is wanted may lie between two others, and be stepped over: it is where the lead falls below 0
        beyond = hits if turned else np.flatnonzero(aim.lead(scores) < 0)
        if not len(beyond):
            return line[int(aim.lead(scores).argmin())], False
        first = int(beyond[0])
        low, high = amounts[max(0, first - 1)], amounts[first]
    return line[first], turned


def _without_needless(question: Question, changed: Pictures, flipped: Flipped) -> Pictures:
    """Groups of changed pixels are put back, halves first and then smaller ones, while the answer stays another one."""
    best, random = changed, np.random.default_rng(0)
    for parts in (4, 8, 16, 32):
        places = np.argwhere((best != question.picture).any(-1))
        if len(places) < parts:
            continue
        groups = np.array_split(random.permutation(places), parts)
        tries = np.repeat(best[None], parts, 0)
        for attempt, group in zip(tries, groups, strict=True):
            attempt[group[:, 0], group[:, 1]] = question.picture[group[:, 0], group[:, 1]]
        good = np.flatnonzero(flipped(question.both(tries)[1]))
        if len(good):
            best = min((tries[k] for k in good), key=lambda each: size_of(each, question.picture))
    return best


def _linear(question: Question, picture: NDArray[np.generic], aim: Aim) -> tuple[float, Floats]:
    """The lead at a picture, and its gradient."""
    values = question.values if picture is question.picture else question.values_of(picture[None].astype(np.float32))
    scores = values[question.score.value]
    seed = aim.slope(scores[0])[None].astype(np.float32)
    gradient = question.walk.gradients(values, {question.score.value: seed}, [question.input])[question.input][0]
    return float(aim.lead(scores)[0]), gradient.astype(np.float64)


def _whole(picture: Floats) -> Pictures:
    return np.clip(np.rint(picture), 0, 255).astype(np.uint8)
