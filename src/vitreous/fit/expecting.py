"""What accuracy to expect before the work is done, with the interval that nine of ten should fall into.

of the first model    from a sample of n pictures, each answered out of fold: errors fall with the number learned from, N, like N^-b
of a tuning           what the first model leaves wrong, less the share that tuning usually sets right

The interval holds the chance of both samples, of those asked now and of the test pictures, besides what data sets differ by.
Source of the power law: J. Hestness et al., "Deep Learning Scaling is Predictable, Empirically", 2017. The figures: LOG.md, 2026-11-26.
"""

import numpy as np

from vitreous.fit.improving import Forecast

# The exponent b, and how far it varies (standard deviation).
FALLS, FALLS_VARIES = 0.3, 0.1
# Of the probe's errors so many are left by a tuning, and how far that varies.
LEFT, LEFT_VARIES = 0.8, 0.15
_Z = 1.645  # nine of ten


def of_first_model(accuracy: float, asked: int, learned_from: float, training: int, test: int, seconds: float) -> Forecast:
    """`accuracy` on `asked` pictures by heads that had learned from `learned_from` each; then from `training`, and answers `test` pictures.

    >>> of_first_model(0.8, 160, 128, 1500, 341, 30)
    Forecast(accuracy=0.9044, low=0.8515, high=0.9573, seconds=30)
    """
    more = max(1.0, training / max(1.0, learned_from))
    left = more**-FALLS
    wrong = (1 - accuracy) * left
    return _forecast(wrong, accuracy * (1 - accuracy) / max(1, asked) * left**2, wrong * FALLS_VARIES * float(np.log(more)), test, seconds)


def of_tuning(accuracy: float, held: int, test: int, seconds: float) -> Forecast:
    """`accuracy` of the probe on `held` pictures that it was not fitted to; the answer will be asked of `test`.

    >>> of_tuning(0.86, 300, 341, 290)
    Forecast(accuracy=0.888, low=0.8363, high=0.9397, seconds=290)
    """
    wrong = (1 - accuracy) * LEFT
    return _forecast(wrong, accuracy * (1 - accuracy) / max(1, held) * LEFT**2, (1 - accuracy) * LEFT_VARIES, test, seconds)


def _forecast(wrong: float, variance: float, varies: float, test: int, seconds: float) -> Forecast:
    reach = _Z * float(np.sqrt(variance + wrong * (1 - wrong) / max(1, test) + varies**2))
    centre = 1 - wrong
    return Forecast(round(centre, 4), round(max(0.0, centre - reach), 4), round(min(1.0, centre + reach), 4), round(seconds, 1))
