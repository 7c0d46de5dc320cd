"""What the answers of a network cost, picture by picture, in float64.

    one label        −log softmax(z)[y]
    several labels   the mean of −log σ(z) for labels that are there and −log σ(−z) for those that are not; unknown ones do not count

These are the losses of a training without smoothing, weights or mixing: so surfaces of runs that were trained by other rules can be compared.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def losses(logits: npt.NDArray[Any], target: npt.NDArray[Any]) -> Floats:
    """[N] of logits [N, K] and class numbers int [N], or 0, 1 and NaN float [N, K]."""
    Z = logits.astype(np.float64)
    if target.ndim == 1:
        top = Z.max(1)
        return np.asarray(np.log(np.exp(Z - top[:, None]).sum(1)) + top - Z[np.arange(len(Z)), target])
    known = np.isfinite(target)
    each = np.logaddexp(0, Z) - Z * np.where(known, target, 0)
    return np.asarray((each * known).sum(1) / np.maximum(known.sum(1), 1))
