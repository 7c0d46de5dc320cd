"""Fits a linear layer by its gradients over all pictures (L-BFGS: Nocedal 1980), for whatever loss of its scores.

    minimize over W, b:   Σ_i loss(W x_i + b)  +  Σ shrinking · (W, b)² / 2

The features are gone through in blocks, which bounds the memory of the scores, and never copied: with 60,000 pictures of 8,000 features a
copy in fp64 is 4 GB. With fewer pictures than features the descent is in the coordinates of `vitreous.fit.span`.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitreous.fit.head import Floats, Head
from vitreous.fit.span import Points, Span, spanned

MOST_STEPS = 300
# Rows multiplied at a time: bounds the memory of the scores whatever the number of classes.
BLOCK_VALUES = 8_000_000
FEW_COLUMNS = 32
MANY_NUMBERS = 100_000_000
ONE_THREAD = 3_000_000
# L-BFGS keeps a pair of gradients in fp64 for each step that it remembers: with a million weights, 20 MB each.
MANY_PARAMETERS = 300_000

Numbers = NDArray[np.float64]
# Scores [n, K] of the pictures in a slice → the sum of their losses, and its gradient in the scores.
Loss = Callable[[Floats, slice], tuple[float, Floats]]


def descend(features: Points, begin: Numbers, loss: Loss, shrinking: Numbers, tolerance: float) -> Head:
    """From `begin` [D + 1, K], weights above biases, until the largest entry of the gradient, per picture, is below `tolerance`.

    `features` [N, D]; `shrinking` [D + 1, 1]: of the weights of each feature, and of the biases.
    """
    if isinstance(features, np.ndarray) and np.all(shrinking[:-1] == shrinking[0]):  # else the best weights lie elsewhere than in the span
        features = spanned(features)
    if not isinstance(features, Span):
        return _head(_descended(features, begin, loss, shrinking, tolerance))
    span, rows = features, len(features.coordinates)
    begin, shrinking = np.vstack([span.into(begin[:-1]), begin[-1:]]), np.vstack([np.repeat(shrinking[:1], rows, 0), shrinking[-1:]])
    found = _descended(span.coordinates, begin, loss, shrinking, tolerance)
    return _head(np.vstack([span.back(found[:-1]), found[-1:]]))


def _descended(features: Floats, begin: Numbers, loss: Loss, shrinking: Numbers, tolerance: float) -> Numbers:
    from scipy.optimize import minimize

    count, (parameters, classes) = len(features), begin.shape
    rows = max(1, BLOCK_VALUES // classes)

    def value_and_gradient(flat: Numbers) -> tuple[float, Numbers]:
        found = flat.reshape(parameters, classes)
        matrix, bias = found[:-1].astype(np.float32), found[-1].astype(np.float32)
        gradient = found * shrinking
        value = float((gradient * found).sum()) / 2
        for first in range(0, count, rows):
            part = slice(first, first + rows)
            amount, slope = loss(features[part] @ matrix + bias, part)
            value += amount
            gradient[:-1] += features[part].T @ slope
            gradient[-1] += slope.sum(0)
        return value / count, gradient.ravel() / count

    options = {"maxiter": MOST_STEPS, "gtol": tolerance, "ftol": 1e-9, "maxcor": 10 if begin.size < MANY_PARAMETERS else 4}
    # a product of a small matrix with few columns takes a millisecond, and with a second thread, where that has to be waited for, eight
    with threads(1 if classes <= FEW_COLUMNS and features.size < ONE_THREAD else None):
        found: Numbers = minimize(value_and_gradient, begin.ravel(), jac=True, method="L-BFGS-B", options=options).x.reshape(parameters, classes)
    return found


def _head(found: Numbers) -> Head:
    return Head(np.ascontiguousarray(found[:-1].T, np.float32), found[-1].astype(np.float32))


def shrink_weights(width: int, strength: float) -> Numbers:
    """1 / C for every weight; the bias is not shrunk."""
    shrinking = np.full((width + 1, 1), 1 / strength)
    shrinking[-1] = 0
    return shrinking


@contextmanager
def threads(most: int | None) -> Iterator[None]:
    """At most so many in numpy's products, and one in those of other packages: two pools whose threads wait for work take the cores from each other
    (a step of 20 ms takes 34)."""
    ours, others = _pools()
    with others.limit(limits=1), ours.limit(limits=most):
        yield


@cache
def _pools() -> tuple[Any, Any]:
    """The thread pools of numpy's BLAS, or of the one that all share, and those of the others; finding them takes 3 ms."""
    from threadpoolctl import ThreadpoolController

    found = ThreadpoolController().select(user_api="blas")
    files = [each["filepath"] for each in found.info()]
    ours = [file for file in files if "numpy" in file] or files
    return found.select(filepath=ours), found.select(filepath=[file for file in files if file not in ours])
