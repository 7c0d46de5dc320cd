"""Visual words: a dictionary of descriptors learned by k-means, and the code of a descriptor over it.

    z   = P (x - μ)                  whitened: mean 0, uncorrelated, variance about 1 (PCA)
    d_k = |z - w_k|
    a_k = max(0, mean_j d_j - d_k)   "triangle" coding: about half of the words are 0 (Coates, Ng, Lee, AISTATS 2011)

P divides the principal axis i by √(λ_i + 0.01 · mean λ), so that axes of noise are not blown up.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vitreous.fit.classical.graph import Graph

Floats = NDArray[np.float32]
_RIDGE, _LEAST_VARIANCE = 0.01, 1e-8
_BATCH, _PASSES = 4096, 30


@dataclass(frozen=True)
class Dictionary:
    """`mean` [C] and `whitening` [C, C] of descriptors; `words` [K, C], whitened."""

    mean: Floats
    whitening: Floats
    words: Floats


def learn_dictionary(descriptors: Floats, words: int, seed: int) -> Dictionary:
    """K words from `descriptors` [M, C] by mini-batch k-means (Sculley, WWW 2010); fewer where there are fewer different descriptors.

    On one thread: sums by several threads end in other last bits each time.
    """
    from sklearn.cluster import MiniBatchKMeans
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1):
        mean = descriptors.mean(0, dtype=np.float64).astype(np.float32)
        centred = descriptors - mean
        variance, axes = np.linalg.eigh(centred.T.astype(np.float64) @ centred / len(centred))
        variance = np.maximum(variance, 0)
        scale = np.sqrt(variance + _RIDGE * variance.mean() + _LEAST_VARIANCE)
        whitening = (axes / scale).T.astype(np.float32)
        white = centred @ whitening.T
        different = len(np.unique(white[: 20 * words], axis=0))
        if different < words:
            different = len(np.unique(white, axis=0))
        machine = MiniBatchKMeans(min(words, different), random_state=seed, batch_size=_BATCH, n_init=1, max_iter=_PASSES, init="random")
        found = machine.fit(white).cluster_centers_
    return Dictionary(mean, whitening, found.astype(np.float32))


def add_code(graph: Graph, descriptors: str, dictionary: Dictionary) -> str:
    """Descriptors [N, C, h, w] → code [N, K, h, w], at least 0. |z - w|² = |z|² - 2 w z + |w|²: a convolution by 1×1."""
    P, W = dictionary.whitening, dictionary.words
    white = _one_by_one(graph, descriptors, P, -P @ dictionary.mean, "white")
    length = graph.sum_of_channels(graph.add("Mul", [white, white], "white.squares"), len(P), "white.power")
    product = _one_by_one(graph, white, -2 * W, np.square(W).sum(1), "words")
    squares = graph.add("Add", [product, length], "distance.squares")
    # rounding may go below 0, and at 0 the root has no slope
    positive = graph.add("Max", [squares, graph.constant("distance.least", 1e-12)], "distance.positive")
    distance = graph.add("Sqrt", [positive], "distance")
    mean = graph.add("ReduceMean", [distance], "distance.mean", {"axes": [1], "keepdims": 1})
    return graph.add("Relu", [graph.add("Sub", [mean, distance], "nearness")], "code")


def _one_by_one(graph: Graph, value: str, weight: Floats, bias: Floats, name: str) -> str:
    weights = [graph.constant(f"{name}.weight", weight[:, :, None, None]), graph.constant(f"{name}.bias", bias)]
    return graph.add("Conv", [value, *weights], name)
