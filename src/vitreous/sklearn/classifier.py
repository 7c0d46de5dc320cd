"""The main job as a classifier: features of a frozen network, and a head on them whose strength and calibration are chosen on held-out pictures."""

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted, column_or_1d

from vitreous.core.item import Split
from vitreous.core.reporter import Quiet
from vitreous.data.duplicates import find_duplicates
from vitreous.errors import DataError, UsageError
from vitreous.extraction import wanted_of
from vitreous.fit.classifier import Parts
from vitreous.fit.probe import ProbeLearner, choosing_order
from vitreous.sklearn.features import takes_names
from vitreous.sklearn.files import names_in, network_for, read_rows


class ImageClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Learns one label for each picture file, as `vt.train` does without minutes; probabilities are calibrated.

    `net`, `engine`, `max_pixels` and `tolerate_truncated` as for `ImageFeatures`; `random_state`: a whole number, for what is held out while
    strength and calibration are chosen. Copies of one picture are held out together.

    After `fit`: `classes_` in sorted order, `network_`, `strength_`. Raises DataError, UnreadableImage, UsageError.
    """

    def __init__(
        self,
        net: str | None = None,
        *,
        engine: str = "openvino-f32",
        max_pixels: int | None = None,
        tolerate_truncated: bool = False,
        random_state: int = 0,
    ) -> None:
        self.net, self.engine, self.random_state = net, engine, random_state
        self.max_pixels, self.tolerate_truncated = max_pixels, tolerate_truncated

    def fit(self, X: Any, y: Any) -> Self:
        files = names_in(X)
        labels = column_or_1d(y)
        if len(labels) != len(files):
            raise UsageError("X and y differ in length", f"{len(files):,} files and {len(labels):,} labels", "one label for each file")
        self.classes_, target = np.unique(labels, return_inverse=True)
        if len(self.classes_) < 2:
            raise DataError("there is nothing to tell apart", f"{len(self.classes_)} class in y", "two or more")
        self.network_ = network_for(self.net)
        self._wanted = wanted_of(self.network_, None)
        rows = self._rows(files)
        numbers = range(len(files))
        groups = find_duplicates([rows.keys[n] for n in numbers], np.stack([rows.thumbnails[n] for n in numbers])).group
        if len({int(group) for group in groups}) < 2:
            raise DataError("there is too little to learn from", "all files of X are copies of one picture", "pictures that differ")
        order, fitted = choosing_order([Split.TRAIN] * len(files), target, groups, int(self.random_state))
        features = rows.values[order]
        parts = Parts(features, target[order], groups[order], len(self.classes_), fitted, len(files), 0, int(self.random_state))
        self._probe = ProbeLearner().fit(parts, Quiet().progress)
        self.strength_ = self._probe.strength
        return self

    def predict_proba(self, X: Any) -> NDArray[np.floating]:
        """Calibrated probabilities [N, K], in the order of `classes_`."""
        check_is_fitted(self, "network_")
        probability: NDArray[np.floating] = self._probe.probability(self._probe.standardize(self._rows(names_in(X)).values))
        return probability

    def predict(self, X: Any) -> NDArray[Any]:
        answers: NDArray[Any] = self.classes_[self.predict_proba(X).argmax(1)]
        return answers

    def __sklearn_tags__(self) -> Any:
        return takes_names(super().__sklearn_tags__())

    def _rows(self, files: list[str]) -> Any:
        return read_rows(self.network_, self._wanted, files, self.engine, self.max_pixels, self.tolerate_truncated)
