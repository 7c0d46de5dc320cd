"""Multinomial logistic regression on standardized features (Cox 1958; L-BFGS: Nocedal 1980).

    p(k | x) = softmax(W x + b)_k
    loss     = - sum_i log p(y_i | x_i) + |W|^2 / (2 C)

C is the strength in scikit-learn's sense: small means strong shrinking. The biases b are not shrunk, so that the mean
predicted probability of each class is its frequency among the pictures: classes are not re-weighted, see the decision
record on imbalance.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.intp]

# Largest entry of the gradient, per picture, at which a fit counts as converged. On 1,501 photos of 10 classes the answers
# at 1e-4 are those at 1e-5 but for one in 341; 1e-3 orders the strengths alike in a fifth of the steps.
TOLERANCE, ROUGH = 1e-4, 1e-3
MOST_STEPS = 300
# Rows multiplied at a time: bounds the memory of the logits whatever the number of classes.
BLOCK_VALUES = 8_000_000
FEW_COLUMNS = 64
# L-BFGS keeps a pair of gradients in fp64 for each step that it remembers: with a million weights, 20 MB each.
MANY_PARAMETERS = 300_000


@dataclass(frozen=True)
class Head:
    """A linear layer: `weight` [K, D], `bias` [K], fp32."""

    weight: Floats
    bias: Floats

    def logits(self, features: Floats) -> Floats:
        """[N, K] for standardized features [N, D]."""
        logits: Floats = features @ self.weight.T + self.bias
        return logits


def fit_softmax(features: Floats, target: Ints, classes: int, strength: float, start: Head | None = None, tolerance: float = TOLERANCE) -> Head:
    """Fit a head to standardized `features` [N, D] and class numbers `target` [N], from `start` where one is given."""
    from scipy.optimize import minimize

    count, width = features.shape
    begin = np.zeros((width + 1, classes))
    if start is not None:
        begin[:-1], begin[-1] = start.weight.T, start.bias
    rows = max(1, BLOCK_VALUES // classes)

    def loss(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        parameters = flat.reshape(width + 1, classes)
        matrix, bias = parameters[:-1].astype(np.float32), parameters[-1].astype(np.float32)
        gradient = np.empty_like(parameters)
        gradient[:-1] = parameters[:-1] / strength
        gradient[-1] = 0
        value = float(np.square(parameters[:-1]).sum()) / (2 * strength)
        for first in range(0, count, rows):
            part = slice(first, first + rows)
            log_p = log_softmax(features[part] @ matrix + bias)
            chosen = (np.arange(len(log_p)), target[part])
            value -= float(log_p[chosen].sum())
            difference = np.exp(log_p)
            difference[chosen] -= 1
            gradient[:-1] += features[part].T @ difference
            gradient[-1] += difference.sum(0)
        return value / count, gradient.ravel() / count

    options = {"maxiter": MOST_STEPS, "gtol": tolerance, "ftol": 1e-9, "maxcor": 10 if begin.size < MANY_PARAMETERS else 4}
    # products with a matrix of few columns wait for memory: a second thread makes them slower (8 ms against 1 ms)
    with thread_pools().limit(limits=1 if classes <= FEW_COLUMNS else None, user_api="blas"):
        found = minimize(loss, begin.ravel(), jac=True, method="L-BFGS-B", options=options).x.reshape(width + 1, classes)
    return Head(np.ascontiguousarray(found[:-1].T, np.float32), found[-1].astype(np.float32))


@cache
def thread_pools() -> Any:
    """The thread pools of this process; finding them takes 3 ms."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def log_softmax(logits: Floats) -> Floats:
    """log(exp(z_k) / sum_j exp(z_j)) along the last axis, without overflow."""
    logits = logits - logits.max(-1, keepdims=True)
    logits -= np.log(np.exp(logits).sum(-1, keepdims=True))
    return logits


def log_loss(logits: Floats, target: Ints) -> Floats:
    """- log p(y_i) of each picture: [N]."""
    loss: Floats = -log_softmax(logits)[np.arange(len(target)), target]
    return loss
