"""A linear layer on features, as what is fitted hands it on."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.intp]


@dataclass(frozen=True)
class Head:
    """`weight` [K, D], `bias` [K], fp32."""

    weight: Floats
    bias: Floats

    def logits(self, features: Floats) -> Floats:
        """[N, K] for standardized features [N, D]."""
        logits: Floats = features @ self.weight.T + self.bias
        return logits
