"""Can the confidences of a run be taken at their word? The bins of its reliability diagram, and the finding in a sentence.

The bins are those of the calibration error (`metrics.calibration`): 15 of equal width. The interval of a bin is Wilson's, with the
effective number of pictures where some belong together.
"""

from dataclasses import dataclass

import numpy as np

from vitreous.core.text import percent
from vitreous.metrics.calibration import BINS, Calibration, calibration_error
from vitreous.metrics.figures import BoolArray, FloatArray, IntArray
from vitreous.metrics.intervals import Trials, Z
from vitreous.report.charts import Bin
from vitreous.report.measured import Measured


@dataclass(frozen=True)
class Reliability:
    """The bins that hold pictures, the calibration error, and what follows from both."""

    bins: list[Bin]
    calibration: Calibration
    finding: str


@dataclass(frozen=True)
class Cells:
    """All known answers of several labels in one row each."""

    what: str
    confidence: FloatArray
    right: BoolArray
    group: IntArray


def reliability(measured: Measured | Cells, seed: int) -> Reliability:
    """Of the answers of a run; `seed` is that of the run, so that the figures are those of its evaluation."""
    place = np.clip(np.ceil(measured.confidence * BINS).astype(np.int64) - 1, 0, BINS - 1)
    trials = Trials(place, measured.right, measured.group, BINS)
    number, share, interval = trials.number(), trials.share(), trials.interval()
    confidence = np.bincount(place, measured.confidence, BINS)
    bins = [
        Bin(int(number[b]), float(confidence[b] / number[b]), float(share[b]), (float(interval[b, 0]), float(interval[b, 1])))
        for b in range(BINS)
        if number[b]
    ]
    return Reliability(bins, calibration_error(measured.confidence, measured.right, measured.group, seed), finding(measured))


def finding(measured: Measured | Cells) -> str:
    """Whether the answers are more or less sure than right, on the average, beyond what chance explains at 95 %.

    The standard error of the mean difference counts pictures that belong together as one.
    """
    excess = measured.confidence - measured.right
    count, mean = len(excess), float(excess.mean())
    error = float(np.sqrt((np.bincount(measured.group, excess - mean) ** 2).sum())) / count
    sure, right = percent(float(measured.confidence.mean())), percent(float(measured.right.mean()))
    if abs(mean) <= Z * error or count < 2:
        return f"Confidence and truth agree as far as {measured.what} can tell: {sure} sure on average, {right} right"
    return f"The answers are {'too sure' if mean > 0 else 'too modest'}: {sure} sure on average, {right} right"
