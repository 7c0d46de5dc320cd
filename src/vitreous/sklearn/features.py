"""Features of pictures as a transformer."""

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from vitreous.extraction import wanted_of
from vitreous.extraction.tables import names
from vitreous.fit.features import Pool
from vitreous.sklearn.files import names_in, network_for, read_rows


class ImageFeatures(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Names of picture files [N] become features float32 [N, D] of a frozen network.

    `net`: FILE.onnx, a run's folder or "timm:NAME"; None is the shipped network. `stage`: whose values are taken, else its features; of maps the
    "mean" or "max" over their places, or "all" numbers, by `pool`. `engine`, `max_pixels` and `tolerate_truncated` as for `vt.features`.

    After `fit`, which learns nothing: `network_`, `n_features_out_`. Raises UnreadableImage where a file cannot be read.
    """

    def __init__(
        self,
        net: str | None = None,
        *,
        stage: str | None = None,
        pool: Pool = "mean",
        engine: str = "openvino-f32",
        max_pixels: int | None = None,
        tolerate_truncated: bool = False,
    ) -> None:
        self.net, self.stage, self.pool = net, stage, pool
        self.engine, self.max_pixels, self.tolerate_truncated = engine, max_pixels, tolerate_truncated

    def fit(self, X: Any, y: Any = None) -> Self:
        names_in(X)
        self.network_ = network_for(self.net)
        self._wanted = wanted_of(self.network_, self.stage, self.pool)
        self.n_features_out_ = self._wanted.width
        return self

    def transform(self, X: Any) -> NDArray[np.float32]:
        check_is_fitted(self, "network_")
        return read_rows(self.network_, self._wanted, names_in(X), self.engine, self.max_pixels, self.tolerate_truncated).values

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        check_is_fitted(self, "network_")
        return np.array(names(self.n_features_out_), dtype=object)

    def __sklearn_tags__(self) -> Any:
        return takes_names(super().__sklearn_tags__())


def takes_names(tags: Any) -> Any:
    """scikit-learn's description of an estimator whose X holds texts."""
    tags.input_tags.one_d_array, tags.input_tags.two_d_array, tags.input_tags.string = True, False, True
    return tags
