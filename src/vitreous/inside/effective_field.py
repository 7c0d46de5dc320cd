"""How much of its receptive field a number really uses: pixels far from the middle reach it by few ways, and count for little.

    side = √( number of pixels whose gradient is at least 4.55 % of the largest )

4.55 % is what a normal distribution has at two deviations, so for a field that falls off like one this is the square that holds the rest. The
gradient is that of the numbers at the middle of all channels with random signs, whose square is on average the sum of the squares of all.

Source: W. Luo, Y. Li, R. Urtasun, R. Zemel, Understanding the effective receptive field in deep convolutional neural networks, 2016, section 4.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from vitreous.layers.walk import Walk
from vitreous.layers.window import Array

_LEAST = 0.0455  # 1 − 95.45 %
_SEED = 0


@dataclass(frozen=True)
class EffectiveField:
    """`side` in pixels of the network's input; `share`: its area over that of the receptive field, as far as this lies in the picture."""

    side: float
    share: float

    def __str__(self) -> str:
        return f"{self.side:.0f} × {self.side:.0f} px"

    def to_json(self) -> dict[str, Any]:
        return {"side": round(self.side, 1), "share": round(self.share, 4)}

    def words(self, name: str) -> str:
        return f"effectively a number of {name} sees {self}, {self.share:.0%} of what it can see: as far as gradients reach 4.55 % of the largest"


def effective_field(walk: Walk, values: Mapping[str, Array], name: str, axes: tuple[int, int] | None) -> EffectiveField:
    """Of the number in the middle of a value; of all of its numbers where it has no rows and columns (`axes` None). One way back."""
    value = values[name]
    signs = np.random.default_rng(_SEED).choice(np.array([-1, 1], value.dtype), value.shape)
    if axes is not None:
        middle = tuple(value.shape[axis] // 2 if axis in axes else slice(None) for axis in range(value.ndim))
        seed = np.zeros_like(value)
        seed[middle] = signs[middle]
    else:
        seed = signs
    (image, *_) = walk.inputs
    size = np.abs(walk.gradients(values, {name: seed}, [image])[image][0]).sum(-1)  # [rows, columns]
    used = int((size >= _LEAST * size.max()).sum()) if size.max() > 0 else 0
    seen = np.argwhere(size)
    area = int(np.prod(seen.max(0) - seen.min(0) + 1)) if len(seen) else 1
    return EffectiveField(float(np.sqrt(used)), used / area)
