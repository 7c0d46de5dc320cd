"""Some rows that stand for all of them: greedy k-centre (T. Gonzalez 1985; O. Sener, S. Savarese, ICLR 2018).

    the next row is the one farthest from all that were taken, until there are enough

so that no row is much farther from a taken one than it must be: rare patches stay, and the thousandth of a plain wall is left out. Distances are
taken after a random projection, which keeps them nearly (W. B. Johnson, J. Lindenstrauss 1984).
"""

import numpy as np
from numpy.typing import NDArray

from vitreous.fit.head import Floats

_PROJECTED = 48


def coreset(rows: Floats, count: int, seed: int) -> NDArray[np.intp]:
    """The numbers of `count` of the rows [N, D], or of all of them where they are no more."""
    if count >= len(rows):
        return np.arange(len(rows))
    rng = np.random.default_rng(seed)
    if rows.shape[1] > _PROJECTED:
        rows = rows @ (rng.normal(size=(rows.shape[1], _PROJECTED)) / np.sqrt(_PROJECTED)).astype(np.float32)
    square = np.einsum("nd,nd->n", rows, rows)
    taken = np.empty(count, np.intp)
    taken[0] = int(rng.integers(len(rows)))
    nearest = np.full(len(rows), np.inf, np.float32)
    for number in range(1, count):
        last = taken[number - 1]
        np.minimum(nearest, square - 2 * (rows @ rows[last]) + square[last], out=nearest)
        taken[number] = int(nearest.argmax())
    return np.unique(taken)
