"""The fully connected layer, which is also the linear classifier: every output is a weighted sum of all inputs.

Y = X Wᵀ + b        X [N, D], W [M, D], b [M], Y [N, M]

dX = dY W           dW = dYᵀ X          db = Σ_n dY_n
"""

from vitreous.layers.window import Array


def linear(X: Array, W: Array, b: Array | None = None) -> Array:
    """[N, M].

    >>> import numpy as np
    >>> W = np.array([[.2, -.5, .1, 2], [1.5, 1.3, 2.1, 0], [0, .25, .2, -.3]])
    >>> linear(np.array([[56, 231, 24, 2]]), W, np.array([1.1, 3.2, -1.2])).round(2)
    array([[-96.8 , 437.9 ,  60.75]])
    """
    Y: Array = X @ W.T
    return Y if b is None else Y + b


def linear_dX(dY: Array, W: Array) -> Array:
    dX: Array = dY @ W
    return dX


def linear_dW(dY: Array, X: Array) -> Array:
    dW: Array = dY.T @ X
    return dW


def linear_db(dY: Array) -> Array:
    db: Array = dY.sum(0)
    return db
