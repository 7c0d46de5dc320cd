"""Integrated gradients: each pixel's share in the difference of scores between the picture and a picture without anything in it.

    share_i = (x_i − x'_i) · ∫₀¹ ∂ score / ∂ x_i (x' + a (x − x')) da        Σ_i share_i = score(x) − score(x')

x' is the picture's own mean colour. The slope along this way leaps in a deep network, most of all at its beginning, where there is hardly
anything to be seen: no rule of fixed points adds it up. But the score is known at every point, so of each piece between two points it is known
how far the trapezoid below the slopes misses the difference of scores. The worst pieces are halved until the shares add up (completeness), in
all and, so that no two faults make a right, with the misses of all pieces taken without their signs. The three colours of a pixel are added up.

Source: Sundararajan, Taly, Yan, "Axiomatic Attribution for Deep Networks", ICML 2017; where the points lie is ours.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vitreous.inside.why.question import Pictures, Question
from vitreous.inside.why.saliency import Saliency

Floats = NDArray[np.float64]
# Pieces of the way: at first, and at most; so many are halved at a time.
FIRST, MOST, HALVED = 16, 128, 16
# What the shares may miss of the difference of scores, and what the pieces may, one by one.
GOOD_ENOUGH, OF_PIECES = 0.02, 0.1
FEW = 4  # for a map that only has to be like, or unlike, another one
_DENSER = 2  # at the beginning: point k of n lies at (k / n)²


@dataclass(frozen=True, eq=False)
class Way:
    """`points` [P] from 0 to 1 in order; the score at each and its slope along the way, [P]; its gradient there [P, S, S, 3]; `apart` [S, S, 3]
    is x − x'."""

    points: Floats
    scores: Floats
    slopes: Floats
    gradients: NDArray[np.float32]
    apart: Floats

    @property
    def weights(self) -> Floats:
        """Of each point in the sum of trapezoids."""
        pieces = np.diff(self.points) / 2
        return np.concatenate((pieces, (0,))) + np.concatenate(((0,), pieces))

    @property
    def shares(self) -> Floats:
        """Of every number of the picture, [S, S, 3]."""
        return np.asarray(self.apart * sum(weight * gradient for weight, gradient in zip(self.weights, self.gradients, strict=True)))

    @property
    def misses(self) -> Floats:
        """What the trapezoid of each piece has more than the difference of scores across it."""
        return np.asarray(np.diff(self.points) * (self.slopes[1:] + self.slopes[:-1]) / 2 - np.diff(self.scores))

    @property
    def difference(self) -> float:
        return float(self.scores[-1] - self.scores[0])


def integrated_gradients(question: Question, first: int = FIRST, most: int = MOST) -> Saliency:
    """With between `first` and `most` pieces of the way."""
    way = way_to(question, first, most)
    shares = way.shares.sum(-1)
    missed, of_pieces = _missed(way)
    said = f"its sum {shares.sum():.4g} is the difference of scores {way.difference:.4g} up to {missed:.1%}, by {len(way.points)} points"
    if of_pieces > OF_PIECES:
        said += f"; piece by piece up to {of_pieces:.0%}"
    facts = (("sum", float(shares.sum())), ("difference", way.difference), ("points", float(len(way.points))))
    return Saliency("integrated-gradients", shares, (0.5, 0.5), (1.0, 1.0), said, facts)


def way_to(question: Question, first: int, most: int) -> Way:
    """From the plain picture to the picture, in pieces that are short where the slope leaps."""
    apart = question.picture.astype(np.float64) - plain_picture(question.picture)
    way = _with(question, None, (np.arange(first + 1) / first) ** _DENSER, apart)
    while len(way.points) <= most - HALVED + 1:
        missed, of_pieces = _missed(way)
        if missed <= GOOD_ENOUGH and of_pieces <= OF_PIECES:
            break
        misses = np.abs(way.misses)
        worst = np.argsort(-misses, kind="stable")[:HALVED]
        worst = worst[misses[worst] > GOOD_ENOUGH * abs(way.difference) / len(misses)]  # one of them at least: together they miss more than that
        if not len(worst):  # scores that are no numbers
            break
        way = _with(question, way, (way.points[worst] + way.points[worst + 1]) / 2, apart)
    return way


def plain_picture(picture: Pictures) -> NDArray[np.float32]:
    """The picture's mean colour everywhere, in its shape."""
    return np.broadcast_to(picture.mean((0, 1), dtype=np.float64), picture.shape).astype(np.float32)


def _with(question: Question, way: Way | None, points: Floats, apart: Floats) -> Way:
    """The way with these points too."""
    between = [(question.picture - (1 - point) * apart).astype(np.float32) for point in points]
    scores, gradients = question.slopes(np.stack(between))
    slopes = np.array([np.vdot(gradient.astype(np.float64), apart) for gradient in gradients])
    if way is None:
        return Way(points, scores, slopes, gradients, apart)
    points, scores = np.concatenate((way.points, points)), np.concatenate((way.scores, scores))
    slopes, gradients = np.concatenate((way.slopes, slopes)), np.concatenate((way.gradients, gradients))
    order = np.argsort(points)
    return Way(points[order], scores[order], slopes[order], gradients[order], apart)


def _missed(way: Way) -> tuple[float, float]:
    """What the shares miss of the difference of scores, and what the pieces miss, each for itself: as parts of the difference."""
    size = max(abs(way.difference), 1e-12)
    return abs(float(way.misses.sum())) / size, float(np.abs(way.misses).sum()) / size
