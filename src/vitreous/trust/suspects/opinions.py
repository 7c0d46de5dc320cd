"""Three opinions on what every picture shows, each given without that picture and without its copies: logits [N, K].

    softmax    multinomial logistic regression, the sharpest where labels are wrong at random
    ridge      least squares on the labels: less moved by a class whose labels are often those of one other class
    nearest    the labels of the 40 nearest pictures by the angle between features, the nearer the more

All of them see the first 256 principal components of the standardized features, which hold nearly all that a linear model uses
(N. Halko, P.-G. Martinsson, J. Tropp, "Finding structure with randomness", 2011, for how they are found). Labels may be weighted: a weight
near 0 leaves a picture out of what the others are told.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vitreous.data.split import folds
from vitreous.fit.descent import descend, shrink_weights
from vitreous.fit.head import Floats, Head, Ints
from vitreous.fit.softmax import ROUGH, log_softmax

FOLDS = 5
NEAREST = 40
COMPONENTS = 256
STRENGTHS = (0.0003, 0.001, 0.003)
_SHRINKING = 30.0
# Ridge regression answers between 0 and 1 and softmax in logits: this brings the first to the scale of the second.
_RIDGE_SCALE = 5.0
_SHARPNESS = 8.0
_OVERSAMPLED, _PASSES = 16, 2
_LEAST_DEVIATION = 1e-3
_EMPTY = 1e-13
_BLOCK = 1024
# p (1 - p), where softmax is in some doubt.
_CURVATURE = 0.1

Numbers = NDArray[np.float64]
# By the number of the fold that it was fitted without.
Heads = dict[int, Head]


@dataclass(frozen=True, eq=False)
class Neighbours:
    """The nearest pictures of each by the cosine of the angle between their features, the nearest first: `row` int [N, n], `cosine` [N, n]."""

    row: Ints
    cosine: Floats


def components(features: Floats, seed: int = 0) -> Floats:
    """The first principal components of standardized features [N, D], float32 [N, d]."""
    deviation = np.maximum(features.std(0), _LEAST_DEVIATION)
    standard = np.asarray((features - features.mean(0)) / deviation, np.float32)
    wanted = min(COMPONENTS, *standard.shape)
    if wanted == standard.shape[1]:
        return standard
    random = np.random.default_rng(seed).standard_normal((standard.shape[1], min(wanted + _OVERSAMPLED, *standard.shape))).astype(np.float32)
    basis = _orthonormal(standard @ random)
    for _ in range(_PASSES):
        basis = _orthonormal(standard @ (standard.T @ basis))
    small = (basis.T @ standard).astype(np.float64)
    square, left = np.linalg.eigh(small @ small.T)
    left, size = left[:, ::-1][:, :wanted], np.sqrt(np.maximum(square[::-1][:wanted], 0))
    return np.asarray(basis @ (left * size).astype(np.float32), np.float32)


def _orthonormal(values: Floats) -> Floats:
    """An orthonormal basis of the columns of a tall matrix, by its small Gram matrix: a third of the time of a QR decomposition. Directions that
    rounding leaves empty are left out."""
    wide = values.astype(np.float64)
    square, direction = np.linalg.eigh(wide.T @ wide)
    kept = square > square[-1] * _EMPTY
    return np.asarray(wide @ (direction[:, kept] / np.sqrt(square[kept])), np.float32)


def fold_numbers(labels: Ints, groups: Ints, seed: int) -> Ints:
    """The fold of each picture; copies are in one."""
    return folds(labels, groups, FOLDS, seed)


def strength_for(points: Floats, weights: Floats, fold: Ints, heads: Heads) -> float:
    """How strong the softmax is, by its loss on the first fold."""
    held = fold == fold.min()
    head, losses = heads[int(fold.min())], []
    for strength in STRENGTHS:
        head = _softmax_head(points[~held], weights[~held], strength, head)
        losses.append(-float((weights[held] * log_softmax(head.logits(points[held]))).sum()))
    return STRENGTHS[int(np.argmin(losses))]


def softmax_opinion(points: Floats, weights: Floats, fold: Ints, strength: float, heads: Heads) -> tuple[Numbers, Heads]:
    """`weights` [N, K]: how much each picture counts, in the column of its label. `heads`: where the fits begin, each of them fitted without its
    fold too: another fold's head would know of the labels that are asked."""
    logits, fitted = np.zeros(weights.shape, np.float32), {}
    for number, head in heads.items():
        asked = fold == number
        fitted[number] = _softmax_head(points[~asked], weights[~asked], strength, head)
        logits[asked] = fitted[number].logits(points[asked])
    return np.asarray(log_softmax(logits), np.float64), fitted


def ridge_opinion(points: Floats, weights: Floats, fold: Ints) -> tuple[Numbers, Heads]:
    """Of each fold the least-squares answer of all others, in closed form; and these as heads."""
    (count, width), classes = points.shape, weights.shape[1]
    known = weights.sum(1, keepdims=True)
    wanted, weighted = weights - known / classes, points * known
    square, product = (points.T @ weighted).astype(np.float64), (points.T @ wanted).astype(np.float64)
    answers, shrinking, heads = np.zeros((count, classes)), _SHRINKING * width * np.eye(width), {}
    for number in np.unique(fold).tolist():
        asked = fold == number
        own = points[asked]
        slope = np.linalg.solve(square - own.T @ weighted[asked] + shrinking, product - own.T @ wanted[asked])
        answers[asked] = own @ slope
        heads[number] = Head(np.ascontiguousarray(_RIDGE_SCALE * slope.T, np.float32), np.zeros(classes, np.float32))
    return _RIDGE_SCALE * answers, heads


def nearest_opinion(neighbours: Neighbours, weights: Floats) -> Numbers:
    """The votes of the nearest, with one vote more for the shares of the classes."""
    nearness = np.exp(_SHARPNESS * (neighbours.cosine - neighbours.cosine.max(1, keepdims=True)))
    votes = np.einsum("nm,nmk->nk", nearness, weights[neighbours.row]) + weights.mean(0)
    return np.asarray(np.log(np.maximum(votes / votes.sum(1, keepdims=True), 1e-12)), np.float64)


def neighbours_of(points: Floats, groups: Ints, count: int = NEAREST) -> Neighbours:
    """The `count` nearest of each, copies of it left out; fewer where there are fewer pictures."""
    length = np.linalg.norm(points, axis=1, keepdims=True)
    unit = points / np.maximum(length, 1e-12)
    count = min(count, len(points) - 1)
    row, cosine = np.empty((len(points), count), np.intp), np.empty((len(points), count), np.float32)
    for first in range(0, len(points), _BLOCK):
        part = slice(first, first + _BLOCK)
        alike = unit[part] @ unit.T
        alike[groups[part, None] == groups] = -2  # copies come last, and count for nothing there
        found = np.argpartition(-alike, count - 1, axis=1)[:, :count]
        near = np.take_along_axis(alike, found, 1)
        order = np.argsort(-near, axis=1, kind="stable")
        row[part], cosine[part] = np.take_along_axis(found, order, 1), np.take_along_axis(near, order, 1)
    return Neighbours(row, cosine)


def _softmax_head(points: Floats, weights: Floats, strength: float, start: Head) -> Head:
    """Principal components are uncorrelated: a scale for each makes the loss about as steep in all directions, which is a third of the steps."""
    scale = np.sqrt(_CURVATURE * np.square(points).mean(0) + 1 / (strength * len(points))).astype(np.float32)
    begin = np.vstack([start.weight.T * scale[:, None], start.bias]).astype(np.float64)
    shrinking = shrink_weights(len(scale), strength)
    shrinking[:-1] /= np.square(scale)[:, None]
    counted = weights.sum(1, keepdims=True)

    def loss(logits: Floats, part: slice) -> tuple[float, Floats]:
        log_p, wanted = log_softmax(logits), weights[part]
        gradient: Floats = np.exp(log_p) * counted[part] - wanted
        return -float((wanted * log_p).sum()), gradient

    found = descend(points / scale, begin, loss, shrinking, ROUGH)
    return Head(found.weight / scale, found.bias)
