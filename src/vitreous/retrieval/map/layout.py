"""Pictures laid out in two dimensions by t-SNE: those that are alike come to lie together.

    minimize KL(P ‖ Q),   q_ij ∝ 1 / (1 + |y_i − y_j|²)      (van der Maaten and Hinton 2008)

P          every pair in which one is among the k nearest of the other, alike: as good as Gaussians of a chosen perplexity, and a tenth
           of the pairs (Böhm, Berens and Kobak, "Attraction-repulsion spectrum in neighbor embeddings", JMLR 2022)
start      the first two principal components, small: the large distances of the map then mean something, and it is the same each time
           (Kobak and Berens, "The art of using t-SNE for single-cell transcriptomics", 2019); rate N / exaggeration (Belkina et al. 2019)
repulsion  on a grid, by a Fourier transform (map/repulsion.py)
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy import sparse

from vitreous.retrieval.map.repulsion import Positions, repulsion

Ints = npt.NDArray[np.intp]

EXAGGERATED, STEPS = 150, 350
_EXAGGERATION = 12.0
_LEAST = 30  # pictures: fewer lie by their principal components, for they are near all others or none
_FEW_SPAN = 10.0
_FARTHEST = 5.0  # that a picture goes in one step: few pictures would fly apart


def lay_out(index: Ints, start: npt.NDArray[np.float32], seed: int = 0, told: Callable[[int, int], None] = lambda done, total: None) -> Positions:
    """Positions [N, 2] of N pictures, from the k nearest of each [N, k] and where they begin [N, D], of which two columns count."""
    count = len(start)
    y = _begin(start, seed)
    if count < _LEAST:
        return y * (_FEW_SPAN / max(float(np.abs(y).max()), 1e-30))
    pairs = _pairs(index)
    move, gain = np.zeros_like(y), np.ones_like(y)
    for step in range(EXAGGERATED + STEPS):
        early = step < EXAGGERATED
        exaggeration, momentum = (_EXAGGERATION, 0.5) if early else (1.0, 0.8)
        slope = 4 * (exaggeration * attraction(pairs, y) - repulsion(y))
        gain = np.where(slope * move < 0, gain + 0.2, np.maximum(gain * 0.8, 0.01))
        move = _bounded(momentum * move - count / exaggeration * gain * slope)
        y = y + move
        y -= y.mean(axis=0)
        told(step + 1, EXAGGERATED + STEPS)
    return y


def _bounded(move: Positions) -> Positions:
    length = np.sqrt(np.einsum("nd,nd->n", move, move))
    return np.asarray(move * np.minimum(1, _FARTHEST / np.maximum(length, 1e-12))[:, None])


def attraction(pairs: sparse.csr_array, y: Positions) -> Positions:
    """Σ_j p_ij (y_i − y_j) / (1 + |y_i − y_j|²), [N, 2]."""
    rows = np.repeat(np.arange(len(y)), np.diff(pairs.indptr))
    apart = y[rows] - y[pairs.indices]
    weights = pairs.data / (1 + np.einsum("ed,ed->e", apart, apart))
    pull = sparse.csr_array((weights, pairs.indices, pairs.indptr), pairs.shape)
    return np.asarray(np.asarray(pull.sum(axis=1))[:, None] * y - pull @ y)


def _pairs(index: Ints) -> sparse.csr_array:
    """P: one for every pair in which one is among the nearest of the other, in all 1."""
    count, k = index.shape
    chosen = sparse.csr_array((np.ones(count * k), index.reshape(-1), np.arange(count + 1) * k), (count, count))
    both = (chosen + chosen.T).tocsr()
    both.data[:] = 1 / both.nnz
    both.sort_indices()
    return both


def _begin(start: npt.NDArray[np.float32], seed: int) -> Positions:
    """The first two columns, the first with a deviation of 1e-4, and a hundredth of that of noise, which parts equal pictures."""
    y = np.zeros((len(start), 2))
    y[:, : start.shape[1]] = start[:, :2]
    deviation = y[:, 0].std() if len(y) else 0.0
    y *= 1e-4 / deviation if deviation > 0 else 0.0
    noise = np.random.default_rng(seed).normal(0, 1e-6 if deviation > 0 else 1e-4, y.shape)
    return y + noise
