"""Which cells of two pictures belong together: each is the nearest of the other (mutual nearest neighbours), by the cosine of whitened features.

Whitened: channels of a network have means and spreads of their own and go together; taken as they are, the few largest decide every cosine, and
all cells look alike. So the mean over the cells of both pictures is taken away and their covariance is made the unit matrix.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vitreous.retrieval.matching.maps import Cells

# Of the mean variance, added to each: directions in which nothing varies are not blown up.
_RIDGE = 0.02
_FLAT = 1e-6


@dataclass(frozen=True, eq=False)
class Whitening:
    mean: Cells
    matrix: Cells

    def directions(self, cells: Cells) -> Cells:
        """Unit vectors [..., C]."""
        x = (cells - self.mean) @ self.matrix
        return np.asarray(x / np.maximum(np.linalg.norm(x, axis=-1, keepdims=True), _FLAT))


def whitening(*cells: Cells) -> Whitening:
    """By the cells [N, C] of all pictures, each picture counting the same."""
    mean = np.mean([each.mean(0, dtype=np.float64) for each in cells], 0)
    covariance = np.mean([(each - mean).T.astype(np.float64) @ (each - mean) / len(each) for each in cells], 0)
    values, vectors = np.linalg.eigh(covariance)
    values = np.maximum(values, 0) + _RIDGE * max(float(values.mean()), _FLAT)
    return Whitening(mean.astype(np.float32), (vectors / np.sqrt(values) @ vectors.T).astype(np.float32))


def mutual(A: Cells, B: Cells) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The numbers of cells of A [N, C] and B [M, C], unit vectors, that are each other's nearest."""
    alike = A @ B.T
    nearest = alike.argmax(1)
    own = np.arange(len(A))
    agreed = alike.argmax(0)[nearest] == own
    return own[agreed], nearest[agreed]
