"""Logistic regression for several labels at once, on standardized features (Cox 1958; L-BFGS: Nocedal 1980).

    p(k | x) = sigmoid(W x + b)_k
    loss     = - sum over the known (i, k) of y_ik log p_ik + (1 - y_ik) log(1 - p_ik) + |W|^2 / (2 C)

Each label is a regression of its own, so this is one-vs-rest of scikit-learn at strength C; all are fitted in one go, as a product with a
matrix of K columns costs hardly more than one with a single column. A target of NaN is unknown and adds nothing. The biases are not
shrunk. A label that every known training picture has, or none, cannot be told from its features: its weights are zero.
"""

import numpy as np
from numpy.typing import NDArray

from vitreous.fit.descent import descend, shrink_weights
from vitreous.fit.head import Floats, Head
from vitreous.fit.softmax import TOLERANCE
from vitreous.fit.span import Points


def fit_sigmoid(features: Points, target: Floats, classes: int, strength: float, start: Head | None = None, tolerance: float = TOLERANCE) -> Head:
    """Fit a head to standardized `features` [N, D] and `target` [N, K] of 0, 1 and NaN, from `start` where one is given."""
    width = features.shape[1]
    known = ~np.isnan(target)
    truth = np.where(known, target, 0).astype(np.float32)
    learned = _varies(truth, known)
    constant = constant_logits(truth, known)
    begin = np.zeros((width + 1, classes))
    begin[-1] = constant
    if start is not None:
        begin[:-1], begin[-1] = start.weight.T, start.bias
    begin[:-1, ~learned], begin[-1, ~learned] = 0, constant[~learned]
    counted = (known & learned).astype(np.float32)

    def loss(logits: Floats, part: slice) -> tuple[float, Floats]:
        amount = float((entropies(logits, truth[part]) * counted[part]).sum())
        return amount, (sigmoid(logits) - truth[part]) * counted[part]

    return descend(features, begin, loss, shrink_weights(width, strength), tolerance)


def sigmoid(logits: Floats) -> Floats:
    """1 / (1 + exp(-z)), without overflow."""
    half: Floats = np.tanh(logits * np.float32(0.5))
    return (half + 1) * np.float32(0.5)


def entropies(logits: Floats, truth: Floats) -> Floats:
    """- y log p - (1 - y) log(1 - p) with p = sigmoid(z), as max(z, 0) - z y + log(1 + exp(-|z|)): the shape of `logits`."""
    result: Floats = np.maximum(logits, 0) - logits * truth + np.log1p(np.exp(-np.abs(logits)))
    return result


def binary_log_loss(logits: Floats, target: Floats) -> Floats:
    """The mean over the known labels of each picture, [N]; 0 where none is known. `target` [N, K] of 0, 1 and NaN."""
    known = ~np.isnan(target)
    each = np.where(known, entropies(logits, np.where(known, target, 0).astype(np.float32)), 0)
    result: Floats = each.sum(1) / np.maximum(known.sum(1), 1)
    return result


def constant_logits(truth: Floats, known: NDArray[np.bool_]) -> Floats:
    """Of each label the logit of its frequency, (n1 + 1/2) / (n + 1), so that it is finite: [K]."""
    count, present = known.sum(0), (truth * known).sum(0)
    result: Floats = np.log((present + 0.5) / (count - present + 0.5)).astype(np.float32)
    return result


def _varies(truth: Floats, known: NDArray[np.bool_]) -> NDArray[np.bool_]:
    present = (truth * known).sum(0)
    varies: NDArray[np.bool_] = (present > 0) & (present < known.sum(0))
    return varies
