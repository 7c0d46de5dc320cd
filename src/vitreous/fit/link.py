"""From the logits of a head to calibrated probabilities: the last steps of every `model.onnx`.

Softmax     softmax(z / T)                        one label for each picture: temperature scaling (C. Guo et al., ICML 2017)
Sigmoids    sigmoid(scale_k z_k + shift_k)        several labels: each by a line of its own (J. Platt 1999)
"""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from vitreous.fit.head import Floats
from vitreous.fit.sigmoid import sigmoid
from vitreous.fit.softmax import log_softmax

# Of an ONNX graph: constants by name, and nodes as (kind, inputs, output, attributes), from the value "logits" to "probability".
Constants = dict[str, NDArray[np.float32]]
Nodes = list[tuple[str, list[str], str, dict[str, Any]]]


class Link(Protocol):
    """Calibrated on pictures that the head was not fitted to."""

    def calibrated(self, logits: Floats) -> Floats:
        """Logits [N, K] that mean what they say."""
        ...

    def probability(self, logits: Floats) -> Floats:
        """Of logits [N, K] as the head gives them: [N, K]."""
        ...

    def graph(self) -> tuple[Constants, Nodes]: ...

    def to_json(self) -> dict[str, Any]: ...


@dataclass(frozen=True)
class Softmax:
    temperature: float = 1.0

    def calibrated(self, logits: Floats) -> Floats:
        result: Floats = logits / np.float32(self.temperature)
        return result

    def probability(self, logits: Floats) -> Floats:
        return np.exp(log_softmax(self.calibrated(logits)))

    def graph(self) -> tuple[Constants, Nodes]:
        constants = {"temperature.scale": np.asarray(1 / self.temperature, np.float32)}
        tempered: Nodes = [("Mul", ["logits", "temperature.scale"], "logits.tempered", {})]
        return constants, [*tempered, ("Softmax", ["logits.tempered"], "probability", {"axis": 1})]

    def to_json(self) -> dict[str, Any]:
        return {"temperature": self.temperature}


@dataclass(frozen=True)
class Sigmoids:
    """`scale` and `shift`: fp32 [K]."""

    scale: Floats
    shift: Floats

    def calibrated(self, logits: Floats) -> Floats:
        result: Floats = logits * self.scale + self.shift
        return result

    def probability(self, logits: Floats) -> Floats:
        return sigmoid(self.calibrated(logits))

    def graph(self) -> tuple[Constants, Nodes]:
        return {"calibration.scale": self.scale, "calibration.shift": self.shift}, [
            ("Mul", ["logits", "calibration.scale"], "logits.scaled", {}),
            ("Add", ["logits.scaled", "calibration.shift"], "logits.calibrated", {}),
            ("Sigmoid", ["logits.calibrated"], "probability", {}),
        ]

    def to_json(self) -> dict[str, Any]:
        return {"calibration": {"scale": self.scale.round(4).tolist(), "shift": self.shift.round(4).tolist()}}
