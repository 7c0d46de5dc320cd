"""What accuracy to expect before the work is done, with the interval that nine of ten should fall into.

of the first model    from a sample of n pictures, each answered out of fold: errors fall with the number learned from (`learning_curve`)
of a tuning           what the first model leaves wrong, less the share that tuning usually sets right

The interval holds the chance of both samples, of those asked now and of the test pictures, besides what data sets differ by.
The figures: LOG.md, 2026-11-26.
"""

from collections.abc import Sequence

import numpy as np

from vitreous.core.item import Item, Split
from vitreous.data.split import SHARES
from vitreous.fit.classifier import Parts
from vitreous.fit.improving import Forecast
from vitreous.fit.learning_curve import USUAL, Fall
from vitreous.fit.plan import training_pictures
from vitreous.fit.probe import FOLDS, Probe

# Of the probe's errors so many are left by a tuning, and how far that varies.
LEFT, LEFT_VARIES = 0.8, 0.15
_Z = 1.645  # nine of ten


def of_first_model(accuracy: float, asked: int, learned_from: float, training: int, test: int, seconds: float, fall: Fall = USUAL) -> Forecast:
    """`accuracy` on `asked` pictures by heads that had learned from `learned_from` each; then from `training`, and answers `test` pictures.

    >>> of_first_model(0.8, 160, 128, 1500, 341, 30)
    Forecast(accuracy=0.8892, low=0.8083, high=0.9701, seconds=30)
    >>> of_first_model(1, 160, 128, 900, 240, 30)
    Forecast(accuracy=1.0, low=0.9872, high=1.0, seconds=30)
    """
    left, varies = fall.left(training / max(1.0, learned_from))
    return _forecast(accuracy, asked, left, (1 - accuracy) * varies, test, seconds)


def of_trial(accuracy: float, sample: int, items: Sequence[Item], seconds: float, fall: Fall) -> Forecast:
    """The same by a cross-validation of `sample` pictures of `items`, on which views were tried."""
    splits = [item.split for item in items]
    test = splits.count(Split.TEST) or round(SHARES[Split.TEST] * len(splits))
    return of_first_model(accuracy, sample, sample * (1 - 1 / FOLDS), training_pictures(items), test, seconds, fall)


def of_probe(probe: Probe, parts: Parts, seconds: float) -> Forecast:
    """Of a first model that stays, by what was held out of it."""
    held = probe.held_out
    accuracy = float((held.probability.argmax(1) == parts.target[held.rows]).mean())
    learned = parts.train * (1 - 1 / FOLDS) if len(held.rows) >= parts.train else float(parts.fitted)
    test = len(parts.target) - parts.train - parts.validation
    return of_first_model(accuracy, len(held.rows), learned, parts.train, test or parts.train, seconds)


def of_tuning(accuracy: float, held: int, test: int, seconds: float) -> Forecast:
    """`accuracy` of the probe on `held` pictures that it was not fitted to; the answer will be asked of `test`.

    >>> of_tuning(0.86, 300, 341, 290)
    Forecast(accuracy=0.888, low=0.8359, high=0.9401, seconds=290)
    """
    return _forecast(accuracy, held, LEFT, (1 - accuracy) * LEFT_VARIES, test, seconds)


def _forecast(accuracy: float, asked: int, left: float, varies: float, test: int, seconds: float) -> Forecast:
    """`left`: of the errors among those `asked`. The chances are those of two more right and two more wrong answers (A. Agresti, B. Coull 1998):
    with 160 right of 160 the next one may be wrong all the same."""
    doubted = 1 - (accuracy * asked + 2) / (asked + 4)
    wrong, chance = doubted * left, doubted * (1 - doubted) / (asked + 4) * left**2
    reach = _Z * float(np.sqrt(chance + wrong * (1 - wrong) / max(1, test) + varies**2))
    centre = 1 - (1 - accuracy) * left
    return Forecast(round(centre, 4), round(max(0.0, centre - reach), 4), round(min(1.0, centre + reach), 4), round(seconds, 1))
