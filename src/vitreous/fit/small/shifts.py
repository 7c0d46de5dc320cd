"""Pictures moved by a few pixels at random: for a classifier of things, the same picture again (Simard, Steinkraus, Platt 2003)."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def shifted(X: NDArray[Any], most: int, random: np.random.Generator) -> NDArray[Any]:
    """Each of X [N, C, S, S] moved by −most … most pixels in each direction; the pixels at the border are repeated behind it."""
    if most == 0:
        return X
    size = X.shape[2:]
    padded = np.pad(X, [(0, 0), (0, 0), (most, most), (most, most)], mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, size, (2, 3))  # [N, C, 2 most + 1, 2 most + 1, S, S]
    down, right = random.integers(0, 2 * most + 1, (2, len(X)))
    return np.asarray(windows[np.arange(len(X)), :, down, right])
