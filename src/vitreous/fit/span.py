"""Fewer coordinates for a linear layer on few pictures of many features.

With the weights shrunk alike, those of the optimum are sums of pictures, w = Xᵀ a, and only the products G = X Xᵀ count (the representer theorem:
Kimeldorf, Wahba 1971). The rows of L, where L Lᵀ = G, have the same products in N coordinates instead of D; v there is w = Xᵀ L⁻ᵀ v here, and
|v| = |w|. For 128 photos of 2,992 features a fit takes a twentieth of the time.
"""

from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vitreous.fit.head import Floats

# Added to G's diagonal, of the mean |x|², so that equal pictures have an L too: the least that is above fp32's rounding of so many products, and far
# below what tells pictures apart.
JITTERS = (1e-6, 1e-5, 1e-4)
# From so many features a picture on the products and L cost less than they save.
_WIDER = 1.5

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Span:
    """`coordinates` L [N, N] of the pictures `features` [N, D], for which it stands in a fit."""

    features: Floats
    coordinates: Floats

    @property
    def shape(self) -> tuple[int, int]:
        """That of the features."""
        count, width = self.features.shape
        return count, width

    def into(self, weights: Numbers) -> Numbers:
        """Weights [D, K] in these coordinates, [N, K]; what of them no picture sees is left out."""
        from scipy.linalg import solve_triangular

        products = self.features @ weights.astype(np.float32)
        found: Numbers = solve_triangular(self.coordinates.astype(np.float64), products.astype(np.float64), lower=True)
        return found

    def back(self, weights: Numbers) -> Numbers:
        """Weights [N, K] of these coordinates as those [D, K] of the features."""
        from scipy.linalg import solve_triangular

        shares = solve_triangular(self.coordinates.astype(np.float64), weights, lower=True, trans="T")
        found: Numbers = (self.features.T @ shares.astype(np.float32)).astype(np.float64)
        return found


# The features of pictures, or their span, which many fits to the same pictures then share.
Points = Floats | Span


def spanned(features: Floats) -> Points:
    """The span of `features` [N, D] where that is less to compute with; else the features."""
    return (span_of(features) if is_wide(features) else None) or features


def plain(points: Points) -> Floats:
    """The features themselves, for those that compute otherwise."""
    return points.features if isinstance(points, Span) else points


def is_wide(features: Floats) -> bool:
    return bool(features.shape[1] > _WIDER * len(features))


def span_of(features: Floats) -> Span | None:
    """Of `features` [N, D]; None where rounding leaves no L."""
    from scipy.linalg import LinAlgError, cholesky

    products = (features @ features.T).astype(np.float64)
    diagonal = np.einsum("ii->i", products)  # a view
    plain, size = diagonal.copy(), max(float(diagonal.mean()), 1e-6)
    for jitter in JITTERS:
        diagonal[:] = plain + jitter * size
        with suppress(LinAlgError):
            return Span(features, cholesky(products, lower=True).astype(np.float32))
    return None
