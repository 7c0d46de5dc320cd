"""Gradients by finite differences in float64: (f(x + h) − f(x − h)) / 2h, its error about h² and rounding / h, so h = 1e-6."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
STEP = 1e-6


def gradient(f: Callable[[Array], Array], x: Array, seed: Array) -> Array:
    """Σ seed · ∂f / ∂x for every element of x."""
    found = np.zeros_like(x)
    for place in np.ndindex(*x.shape):
        kept = x[place]
        x[place] = kept + STEP
        above = float((f(x) * seed).sum())
        x[place] = kept - STEP
        below = float((f(x) * seed).sum())
        x[place] = kept
        found[place] = (above - below) / (2 * STEP)
    return found
