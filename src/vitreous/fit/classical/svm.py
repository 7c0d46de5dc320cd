"""Linear support vector machines, one class against the rest (Cortes, Vapnik 1995; LIBLINEAR: Fan et al. 2008), by scikit-learn.

    minimize over w, b of each class:   (|w|² + b²) / 2 + C Σ_i max(0, 1 - y_i (w x_i + b))²,   y_i = +1 in the class, -1 elsewhere

C is the strength. The scores w x + b are no logits; the temperature that is fitted afterwards makes probabilities of them.

With few pictures, w is a sum of pictures, w = Xᵀ a, and only their products G = X Xᵀ count. The rows of L, where
L Lᵀ = G, have the same products in N coordinates instead of D, and Lᵀ a is found in a tenth of the time. So that equal pictures have
an L too, j is added to G's diagonal; the dual problem has G + 1 / (2C) there, so that
C' with 1 / (2C') = 1 / (2C) - j undoes it exactly.

With many pictures all machines go down their gradients together: the loss is smooth, and a step is two matrix products.
"""

import warnings

import numpy as np
from numpy.typing import NDArray

from vitreous.fit.descent import descend
from vitreous.fit.head import Floats, Head, Ints
from vitreous.fit.span import Points, plain

# Largest violation of the optimum's conditions at which a fit counts as converged. On 1,000 photos of 10 classes it gives the answers of
# scikit-learn's own 1e-4 for 501 others, all of them.
TOLERANCE = 1e-3
# With thousands of standardized features |x|² is thousands: strengths begin where C |x|² is a tenth.
SVM_STRENGTHS = (1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3)
_MOST_PASSES = 1000
_SEED = 0
# From so many numbers on, LIBLINEAR's passes picture by picture take minutes, and its copies in fp64 gigabytes: 54,000 pictures of 8,000 features
# were not learned in 20 minutes and 12 GB.
MANY = 20_000_000
_JITTER = 1e-5  # of the mean |x|²: above fp32's rounding of products, far below what tells pictures apart

Numbers = NDArray[np.float64]


def fit_svm(points: Points, target: Ints, classes: int, strength: float, start: Head | None = None, tolerance: float = TOLERANCE) -> Head:
    """Fit a head to standardized features, `points` [N, D], and class numbers `target` [N], as `fit_softmax` does. A class without pictures has -1.

    `start`: where the descent of many pictures begins; LIBLINEAR begins at zero. What is not converged after a thousand passes
    is taken as it is: whether it serves is judged by the held-out loss anyway.
    """
    features, present = plain(points), np.unique(target)
    weight, bias = np.zeros((classes, features.shape[1]), np.float32), np.full(classes, -1, np.float32)
    if len(present) < 2:
        bias[present] = 1
        return Head(weight, bias)
    count, width = features.shape
    if features.size > MANY:
        return descended(features, target, classes, strength, start, tolerance)
    solve = _in_span if width > 2 * count else _machines  # the products take 8 N² bytes, several times
    found, intercept = solve(features, target, strength, tolerance)
    if len(present) == 2:  # one machine, whose score is that of the second class
        found, intercept = np.concatenate([-found, found]), np.concatenate([-intercept, intercept])
    weight[present], bias[present] = found, intercept
    return Head(weight, bias)


def descended(features: Floats, target: Ints, classes: int, strength: float, start: Head | None = None, tolerance: float = TOLERANCE) -> Head:
    """The same head by descending along the gradients of all machines at once."""
    width, present = features.shape[1], np.unique(target)
    sign = np.where(target[:, None] == present, np.float32(1), np.float32(-1))
    begin = np.zeros((width + 1, len(present)))
    if start is not None:
        begin[:-1], begin[-1] = start.weight[present].T, start.bias[present]

    def loss(scores: Floats, part: slice) -> tuple[float, Floats]:
        missing = np.maximum(0, 1 - sign[part] * scores)
        return float(np.square(missing).sum(dtype=np.float64)), -2 * sign[part] * missing

    found = descend(features, begin, loss, np.full((width + 1, 1), 1 / strength), tolerance)
    weight, bias = np.zeros((classes, width), np.float32), np.full(classes, -1, np.float32)
    weight[present], bias[present] = found.weight, found.bias
    return Head(weight, bias)


def _machines(features: Floats | Numbers, target: Ints, strength: float, tolerance: float) -> tuple[Numbers, Numbers]:
    """Weights [machines, D] and biases by LIBLINEAR. With as many features as pictures the dual solver is twice as fast."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.svm import LinearSVC

    count, width = features.shape
    machine = LinearSVC(C=strength, tol=tolerance, dual=True if width == count else "auto", max_iter=_MOST_PASSES, random_state=_SEED)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.filterwarnings("ignore", "The number of unique classes is greater")  # many classes of two pictures each are classes still
        machine.fit(features, target)
    return machine.coef_, machine.intercept_


def _in_span(features: Floats, target: Ints, strength: float, tolerance: float) -> tuple[Numbers, Numbers]:
    """The same in the N coordinates L."""
    from scipy.linalg import cholesky, solve_triangular

    products = (features @ features.T).astype(np.float64)
    diagonal = np.einsum("ii->i", products)  # a view
    jitter = min(_JITTER * max(1.0, float(diagonal.mean())), 1 / (4 * strength))
    diagonal += jitter
    L = cholesky(products, lower=True)
    turned, intercept = _machines(L, target, 1 / (1 / strength - 2 * jitter), tolerance)
    a = solve_triangular(L, turned.T, lower=True, trans="T")
    return a.T.astype(np.float32) @ features, intercept
