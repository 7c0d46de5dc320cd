"""The space in which a labelling works: features standardized, then turned to their main directions and cut there (Hotelling 1933).

    z = V^T (x - mean) / deviation        V: the directions of greatest variance, at most `DIRECTIONS` of them
    z / |z|

Likeness of pictures and a softmax head are with them what they are with all features or better (docs/decisions/0037-label.md), at a twentieth of
the arithmetic: so a head is refitted at every step. The directions are found in a random subspace that the matrix itself has sharpened (Halko,
Martinsson and Tropp 2011).
"""

import numpy as np

from vitreous.fit.head import Floats

DIRECTIONS = 128
# From so many pictures the directions are found; more of them change nothing.
_ENOUGH = 6000
_ROUNDS = 2
_MORE = 16
_LEAST_DEVIATION = 1e-3


def main_directions(features: Floats, directions: int = DIRECTIONS, seed: int = 0) -> Floats:
    """float32 [N, d] of features [N, D], rows of length one; d at most `directions`, N and D. Numbers that are none count as the column's mean."""
    rng = np.random.default_rng(seed)
    sample = features if len(features) <= _ENOUGH else features[np.sort(rng.choice(len(features), _ENOUGH, replace=False))]
    finite = np.isfinite(sample)
    whole = sample if finite.all() else np.where(finite, sample, 0)
    mean = whole.sum(0) / np.maximum(finite.sum(0), 1)
    deviation = np.maximum(np.where(finite, whole - mean, 0).std(0), _LEAST_DEVIATION)
    kept = min(directions, *sample.shape)
    basis = _basis(_standard(sample, mean, deviation), kept, rng)
    found = np.empty((len(features), basis.shape[1]), np.float32)
    for first in range(0, len(features), _ENOUGH):
        part = slice(first, first + _ENOUGH)
        found[part] = unit_rows(_standard(features[part], mean, deviation) @ basis)
    return found


def unit_rows(rows: Floats) -> Floats:
    """Each row divided by its length; one of zeros stays."""
    unit: Floats = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    return unit.astype(np.float32)


def _standard(features: Floats, mean: Floats, deviation: Floats) -> Floats:
    standard: Floats = np.nan_to_num((features - mean) / deviation, nan=0.0, posinf=0.0, neginf=0.0).astype(np.float32)
    return standard


def _basis(standard: Floats, kept: int, rng: np.random.Generator) -> Floats:
    """float32 [D, kept], orthonormal columns, the direction of greatest variance first."""
    width = min(kept + _MORE, *standard.shape)
    drawn = rng.normal(size=(standard.shape[1], width)).astype(np.float32)
    for _ in range(_ROUNDS):
        found, _ = np.linalg.qr(standard @ drawn)
        drawn, _ = np.linalg.qr(standard.T @ found)
    found, _ = np.linalg.qr(standard @ drawn)
    _, _, directions = np.linalg.svd(found.T @ standard, full_matrices=False)
    return np.ascontiguousarray(directions[:kept].T, np.float32)
