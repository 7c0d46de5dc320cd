"""An order of points in the plane in which neighbours are mostly near each other: along Hilbert's curve (1891).

So a part of the map needs few of the files that hold the small pictures.
"""

import numpy as np
import numpy.typing as npt

_LEVELS = 10


def along_a_curve(positions: npt.NDArray[np.float32]) -> npt.NDArray[np.intp]:
    """The numbers of the points [N, 2], in order along the curve.

    >>> along_a_curve(np.float32([[0, 0], [1, 0], [0, 1], [1, 1]])).tolist()
    [0, 2, 3, 1]
    """
    cells = 1 << _LEVELS
    low = positions.min(axis=0)
    span = float((positions.max(axis=0) - low).max()) or 1.0
    at = np.minimum((positions - low) / span * cells, cells - 1).astype(np.int64)
    x, y = at[:, 0].copy(), at[:, 1].copy()
    along = np.zeros(len(at), np.int64)
    size = cells // 2
    while size:
        right, upper = (x & size) > 0, (y & size) > 0
        along += size * size * ((3 * right) ^ upper)
        # the quarters at the lower end of the curve are turned and mirrored
        mirrored = ~upper & right
        x[mirrored], y[mirrored] = size - 1 - (x[mirrored] & (size - 1)), size - 1 - (y[mirrored] & (size - 1))
        swapped = ~upper
        x[swapped], y[swapped] = y[swapped].copy(), x[swapped].copy()
        size //= 2
    return np.argsort(along, kind="stable")
