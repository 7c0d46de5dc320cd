"""What accuracy to expect of a tuning, before it begins: what is left wrong by the probe, less the share that tuning usually sets right.

The interval is that of the difference between two samples, held-out and test pictures, besides what tunings differ by.
"""

import numpy as np

from vitreous.fit.improving import Forecast

# Of the probe's errors so many are left, and how far that varies (standard deviation): benchmarks/results/forecast.json.
LEFT, VARIES = 0.85, 0.12
_Z = 1.645  # nine of ten


def expected(accuracy: float, held: int, test: int, seconds: float, left: float = LEFT) -> Forecast:
    """`accuracy` of the probe on `held` pictures that it was not fitted to; of how many `test` pictures the answer will be asked.

    >>> expected(0.86, 300, 341, 290)
    Forecast(accuracy=0.881, low=0.831, high=0.931, seconds=290)
    """
    wrong = 1 - accuracy
    centre = 1 - left * wrong
    spread = centre * (1 - centre) * (1 / max(1, held) + 1 / max(1, test)) + (VARIES * wrong) ** 2
    reach = _Z * float(np.sqrt(spread))
    return Forecast(round(centre, 4), round(max(0.0, centre - reach), 4), round(min(1.0, centre + reach), 4), round(seconds, 1))
