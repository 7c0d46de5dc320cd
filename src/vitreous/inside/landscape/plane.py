"""A plane through the weights of a network, on which its loss is looked at.

    W(α, β) = W* + α D₁ + β D₂

random     D₁, D₂ of normal numbers, each filter brought to the length of the network's own, biases and norms left alone:
               dᵢⱼ ← dᵢⱼ / ‖dᵢⱼ‖ · ‖W*ᵢⱼ‖                  filter j of layer i, or neuron j of a fully connected layer
           Without it a network with large weights would look flat and the same one with small weights steep, though after a norm or before
           another layer that undoes the factor both answer alike.
path       D₁, D₂ the first two principal components of W₀ − W*, W₁ − W*, …, the weights behind each epoch of a training, of length 1

Source: H. Li, Z. Xu, G. Taylor, C. Studer, T. Goldstein, "Visualizing the loss landscape of neural nets", 2018, sections 4 and 7.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Weights = Mapping[str, Array]


@dataclass(frozen=True)
class Plane:
    """`centre`, `first` and `second`: arrays of the same shapes by the same names."""

    centre: Weights
    first: Weights
    second: Weights

    def at(self, alpha: float, beta: float) -> dict[str, Array]:
        """The weights at a point, in the centre's precision."""
        return {
            name: (W + np.asarray(alpha, W.dtype) * self.first[name] + np.asarray(beta, W.dtype) * self.second[name])
            for name, W in self.centre.items()
        }


@dataclass(frozen=True)
class Trail:
    """A path [T, 2] as a plane shows it; `shares`: of the variance of all its weights, what lies along each of the two directions."""

    places: npt.NDArray[np.float64]
    shares: tuple[float, float]


def random_plane(centre: Weights, seed: int = 0) -> Plane:
    """Two random directions, normalized filter by filter; the same seed gives the same ones."""
    first, second = (filter_normalized(_normal(centre, [seed, number]), centre) for number in (1, 2))
    return Plane(centre, first, second)


def filter_normalized(direction: Weights, centre: Weights) -> dict[str, Array]:
    """Each filter of `direction` as long as that of `centre`; zeros for arrays of one axis, which are biases and norms.

    >>> filter_normalized({"W": np.array([[3.0, 4.0], [1.0, 0.0]]), "b": np.array([1.0])}, {"W": np.array([[1.0, 0.0], [0.0, 2.0]]), "b": np.ones(1)})
    {'W': array([[0.6, 0.8],
           [2. , 0. ]]), 'b': array([0.])}
    """
    return {name: _as_long_as(direction[name], W) if W.ndim > 1 else np.zeros_like(W) for name, W in centre.items()}


def path_plane(path: Sequence[Weights], centre: Weights) -> tuple[Plane, Trail]:
    """The plane through `centre` that holds most of a path of at least two sets of weights, and the path as it lies on it."""
    places, components, shares = principal(np.stack([_flat(weights) - _flat(centre) for weights in path]))
    first, second = (_unflat(component, centre) for component in components)
    return Plane(centre, first, second), Trail(places, shares)


def principal(differences: Array) -> tuple[npt.NDArray[np.float64], Array, tuple[float, float]]:
    """Of T vectors [T, P]: their places [T, 2] on the first two principal components, these [2, P], of length 1, and the shares of the variance.

    The components are those about the mean, as PCA has them; the places are counted from zero, where the trained weights are. P may be
    millions: what is decomposed is the product of the vectors with each other, [T, T].
    """
    centred = differences.astype(np.float64)
    centred -= centred.mean(0)
    variances, mixtures = np.linalg.eigh(centred @ centred.T)  # the smallest first
    total = max(float(variances.sum()), np.finfo(float).tiny)
    components = np.zeros((2, differences.shape[1]))
    for place in (0, 1):
        if place < len(variances) and variances[-1 - place] > 1e-12 * total:
            component = mixtures[:, -1 - place] @ centred
            components[place] = component / np.linalg.norm(component)
    components *= np.where(differences[0] @ components.T > 0, -1, 1)[:, None]  # the path begins on the lower left
    shares = tuple(float(max(0.0, variances[-1 - place]) / total) if place < len(variances) else 0.0 for place in (0, 1))
    return differences @ components.T, components, (shares[0], shares[1])


def _as_long_as(direction: Array, W: Array) -> Array:
    d, w = direction.reshape(len(W), -1), W.reshape(len(W), -1)
    length = np.linalg.norm(d, axis=1, keepdims=True)
    longer = np.linalg.norm(w, axis=1, keepdims=True) / np.where(length > 0, length, 1)
    return np.asarray((d * longer).reshape(W.shape), W.dtype)


def _normal(like: Weights, seed: list[int]) -> dict[str, Array]:
    random = np.random.default_rng(seed)
    return {name: random.standard_normal(W.shape).astype(W.dtype) for name, W in like.items()}


def _flat(weights: Weights) -> Array:
    return np.concatenate([np.asarray(W, np.float32 if W.dtype != np.float64 else W.dtype).ravel() for W in weights.values()])


def _unflat(vector: Array, like: Weights) -> dict[str, Array]:
    parts = np.split(vector, np.cumsum([W.size for W in like.values()])[:-1])
    return {name: part.reshape(W.shape).astype(W.dtype) for (name, W), part in zip(like.items(), parts, strict=True)}
