"""Integrated gradients: each pixel's share in the difference of scores between the picture and a picture without anything in it.

    share_i = (x_i − x'_i) · ∫₀¹ ∂ score / ∂ x_i (x' + a (x − x')) da        Σ_i share_i = score(x) − score(x')

x' is the picture's own mean colour. The integral is a sum over Gauss and Legendre's points; how far the shares are from adding up to the
difference of scores (completeness) says how good that sum is, and more points are taken until it is good enough. The three colours of a
pixel are added up.

Source: Sundararajan, Taly, Yan, "Axiomatic Attribution for Deep Networks", ICML 2017.
"""

import numpy as np
from numpy.typing import NDArray

from vitreous.inside.why.question import Pictures, Question
from vitreous.inside.why.saliency import Saliency

Floats = NDArray[np.float64]
# Points of the sum: twice as many each time, until the shares miss the difference by at most this part of it.
FIRST, MOST, GOOD_ENOUGH = 8, 32, 0.02
FEW = 4  # for a map that only has to be like, or unlike, another one


def integrated_gradients(question: Question, first: int = FIRST, most: int = MOST) -> Saliency:
    """With between `first` and `most` points."""
    baseline = plain_picture(question.picture)
    difference = _score(question, question.picture[None]) - _score(question, baseline[None])
    steps = first
    while True:
        shares = attributions(question, baseline, steps)
        missed = abs(float(shares.sum()) - difference) / max(abs(difference), 1e-12)
        if missed <= GOOD_ENOUGH or 2 * steps > most:
            break
        steps *= 2
    said = f"its sum {shares.sum():.4g} is the difference of scores {difference:.4g} up to {missed:.1%}, by {steps} points"
    facts = (("sum", float(shares.sum())), ("difference", difference), ("points", float(steps)))
    return Saliency("integrated-gradients", shares.sum(-1), (0.5, 0.5), (1.0, 1.0), said, facts)


def attributions(question: Question, baseline: NDArray[np.floating], steps: int) -> Floats:
    """The share of every number of the picture, [S, S, 3], by `steps` points between `baseline` and it."""
    picture = question.picture.astype(np.float64)
    points, weights = np.polynomial.legendre.leggauss(steps)
    total = np.zeros(picture.shape)
    for point, weight in zip((points + 1) / 2, weights / 2, strict=True):
        between = (baseline + point * (picture - baseline)).astype(np.float32)
        total += weight * question.gradients(question.values_of(between[None]), question.input)[0]
    return np.asarray((picture - baseline) * total)


def plain_picture(picture: Pictures) -> NDArray[np.float32]:
    """The picture's mean colour everywhere, in its shape."""
    return np.broadcast_to(picture.mean((0, 1), dtype=np.float64), picture.shape).astype(np.float32)


def _score(question: Question, pictures: NDArray[np.generic]) -> float:
    return float(question.values_of(pictures.astype(np.float32))[question.score.value][question.place])
