"""The figures of a classifier, from probabilities [N, K] and true classes [N].

    recall_k = TP_k / count_k        precision_k = TP_k / predicted_k        F1_k = 2 TP_k / (count_k + predicted_k)
    balanced accuracy, macro F1      mean of recall, of F1 over the classes that occur
    average precision                mean over the pictures of a class of the precision among all that score at least as high
    log loss                         mean of −ln p(true class), with p not below 1e-7, so one mistake costs at most 16.1

The answer is the class of highest probability, the first one among equals. What has no value (the recall of a class that does not
occur, the precision of one that is never answered) is NaN here; it is None in `classification`.
"""

from collections.abc import Iterator
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
    result = np.full(probability.shape[1], np.nan)
    for k, scores, mine in classes_that_occur(probability, target):
        result[k] = np.mean(_Ranking.of(scores, mine).precision)
    return result


def average_precision_without(scores: npt.NDArray[Any], mine: IntArray) -> tuple[float, FloatArray]:
    """The average precision of one class, and what it would be without each picture: float [N].

    `scores` [N]; `mine`: the numbers of the pictures of the class. Without the only one there is no value: it is left as it is.
    """
    ranking = _Ranking.of(scores, mine)
    count, precision, own_place = len(mine), ranking.precision, ranking.place[mine]
    value = float(precision.mean())
    # A picture that scores at least as high as one of the class is counted in its precision, and then is not.
    others = np.maximum(ranking.counted - 1, 1)
    unmoved, without_other, without_own = (_sums(each) for each in (precision, ranking.of_class / others, (ranking.of_class - 1) / others))
    result = (unmoved[-1] - unmoved[ranking.place] + without_other[ranking.place]) / count
    if count == 1:
        result[mine] = value
    else:
        first_equal = count - ranking.of_class[own_place - 1]
        itself = ((ranking.of_class - 1) / others)[first_equal]
        result[mine] = (unmoved[-1] - unmoved[own_place] + without_own[own_place] - itself) / (count - 1)
    return value, np.asarray(result)


def classes_that_occur(probability: Probabilities, target: IntArray) -> Iterator[tuple[int, npt.NDArray[Any], IntArray]]:
    """Class number, its column of the probabilities [N], and the numbers of its pictures."""
    classes = probability.shape[1]
    order = np.argsort(target, kind="stable")
    bounds = np.searchsorted(target[order], np.arange(classes + 1))
    for start in range(0, classes, 64):  # columns are copied in blocks: one at a time, each would read all rows
        columns = np.ascontiguousarray(probability[:, start : start + 64].T)
        for k, scores in enumerate(columns, start):
            if bounds[k] < bounds[k + 1]:
                yield k, scores, order[bounds[k] : bounds[k + 1]]


@dataclass(frozen=True)
class _Ranking:
    """The m pictures of a class from the lowest score up: how many pictures score at least as high, [m], and how many of those are of
    the class; and for every picture how many of the class score at most as high, [N]."""

    counted: IntArray
    of_class: IntArray
    place: IntArray

    @classmethod
    def of(cls, scores: npt.NDArray[Any], mine: IntArray) -> "_Ranking":
        own = np.sort(scores[mine])
        place = np.searchsorted(own, scores, side="right")
        below = np.cumsum(np.bincount(place, minlength=len(own)))[: len(own)]
        return cls(len(scores) - below, len(own) - np.searchsorted(own, own, side="left"), place)

    @property
    def precision(self) -> FloatArray:
        return np.asarray(self.of_class / self.counted)


def _sums(values: FloatArray) -> FloatArray:
    """The sums of the first 0, 1, … values."""
    return np.concatenate([[0.0], np.cumsum(values)])


def _ratio(part: npt.NDArray[Any], whole: npt.NDArray[Any]) -> FloatArray:
    return np.asarray(np.divide(part, whole, out=np.full(np.shape(whole), np.nan), where=whole > 0), dtype=np.float64)
