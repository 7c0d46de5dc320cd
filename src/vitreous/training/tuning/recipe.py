"""What one phase of tuning does: where the network is cut, in how many views and epochs, how fast each layer learns."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

_STEPS, _LEAST, _MOST = 16, 8, 64


@dataclass(frozen=True)
class TuningRecipe:
    """`views`: how many of each picture are kept at the cut, the plain one among them. `rate`: of the last layer; each one before it learns at
    `fall` times that of the next. `refit`: whether the phase is done once more with what was held out. `number_format`: of the products, f32 or
    bf16; weights, loss and sums are fp32."""

    cut: str
    views: int
    epochs: int
    refit: bool = True
    batch: int = 64
    rate: float = 2e-3
    fall: float = 0.9
    decay: float = 0.01
    smoothing: float = 0.1
    warm_up: float = 0.1
    augment: str = "none"
    number_format: str = "f32"
    seed: int = 0

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "TuningRecipe":
        """What another version wrote besides is left out."""
        return cls(**{field.name: values[field.name] for field in fields(cls) if field.name in values})


def own_batch(pictures: int) -> int:
    """Pictures a step: an epoch has sixteen steps at least, where that leaves eight pictures for each.

    >>> own_batch(1200), own_batch(300), own_batch(80)
    (64, 16, 8)
    """
    return int(min(_MOST, max(_LEAST, 2 ** (max(1, pictures // _STEPS).bit_length() - 1))))
