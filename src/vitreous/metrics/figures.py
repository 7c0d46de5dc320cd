"""The figures of a classifier, from probabilities [N, K] and true classes [N].

    recall_k = TP_k / count_k        precision_k = TP_k / predicted_k        F1_k = 2 TP_k / (count_k + predicted_k)
    balanced accuracy, macro F1      mean of recall, of F1 over the classes that occur
    average precision                mean over the pictures of a class of the precision among all that score at least as high
    log loss                         mean of −ln p(true class), with p not below 1e-7, so one mistake costs at most 16.1

The answer is the class of highest probability, the first one among equals. What has no value (the recall of a class that does not
occur, the precision of one that is never answered) is NaN here; it is None in `classification`.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]
BoolArray = npt.NDArray[np.bool_]
Probabilities = npt.NDArray[np.floating[Any]]

SMALLEST_PROBABILITY = 1e-7


@dataclass(frozen=True)
class Counts:
    """Per class, int [..., K]: pictures of it, answers that name it, and both at once. Weighted counts are floats."""

    true: npt.NDArray[Any]
    predicted: npt.NDArray[Any]
    right: npt.NDArray[Any]

    @classmethod
    def of(cls, confusion: IntArray) -> "Counts":
        return cls(confusion.sum(axis=1), confusion.sum(axis=0), np.diagonal(confusion))

    def recall(self) -> FloatArray:
        return _ratio(self.right, self.true)

    def precision(self) -> FloatArray:
        return _ratio(self.right, self.predicted)

    def f1(self) -> FloatArray:
        return _ratio(2 * self.right, self.true + self.predicted)

    def balanced_accuracy(self) -> FloatArray:
        """Over the classes that occur: [...]."""
        return self._mean(self.recall())

    def macro_f1(self) -> FloatArray:
        """Over the classes that occur: [...]."""
        return self._mean(self.f1())

    def _mean(self, values: FloatArray) -> FloatArray:
        occurs = self.true > 0
        return np.asarray(np.where(occurs, values, 0.0).sum(axis=-1) / occurs.sum(axis=-1))


def answers(probability: Probabilities) -> IntArray:
    return np.asarray(probability.argmax(axis=1))


def confusion(target: IntArray, answer: IntArray, classes: int) -> IntArray:
    """int [K, K]: row = true class, column = answer."""
    return np.bincount(target * classes + answer, minlength=classes * classes).reshape(classes, classes)


def among_first(probability: Probabilities, target: IntArray, k: int) -> BoolArray:
    """Whether the true class is among the k most probable: bool [N]. Among equals the lower class number comes first."""
    own = probability[np.arange(len(target)), target][:, None]
    ahead = (probability > own) | ((probability == own) & (np.arange(probability.shape[1]) < target[:, None]))
    return np.asarray(ahead.sum(axis=1) < k)


def losses(probability: Probabilities, target: IntArray) -> FloatArray:
    """−ln p(true class) of each picture, p clipped to 1e-7 … 1: float [N]."""
    own = probability[np.arange(len(target)), target].astype(np.float64)
    return np.asarray(-np.log(np.clip(own, SMALLEST_PROBABILITY, 1.0)) + 0.0)  # + 0.0 makes −0 to 0


def average_precision(probability: Probabilities, target: IntArray) -> FloatArray:
    """Of each class against the rest: float [K], NaN for a class that does not occur. Ties count as scikit-learn counts them."""
    classes = probability.shape[1]
    order = np.argsort(target, kind="stable")
    bounds = np.searchsorted(target[order], np.arange(classes + 1))
    result = np.full(classes, np.nan)
    for start in range(0, classes, 64):  # columns are copied in blocks: one at a time, each would read all rows
        columns = np.ascontiguousarray(probability[:, start : start + 64].T)
        for k, scores in enumerate(columns, start):
            own = np.sort(scores[order[bounds[k] : bounds[k + 1]]])
            if len(own):
                below = np.cumsum(np.bincount(np.searchsorted(own, scores, side="right"), minlength=len(own)))[: len(own)]
                of_class = len(own) - np.searchsorted(own, own, side="left")
                result[k] = np.mean(of_class / (len(scores) - below))
    return result


def _ratio(part: npt.NDArray[Any], whole: npt.NDArray[Any]) -> FloatArray:
    return np.asarray(np.divide(part, whole, out=np.full(np.shape(whole), np.nan), where=whole > 0), dtype=np.float64)
