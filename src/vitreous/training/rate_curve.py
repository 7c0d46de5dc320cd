"""How the curve of a range test is read: the loss at rising learning rates, and the rate that is picked.

    bottom = the rate at which the smoothed loss is lowest: behind it the steps are too large
    pick   = the usual rate where bottom / LOW ≤ usual ≤ bottom / HIGH, else the nearer of the two

The curve comes from few and noisy losses, so it only moves a rate that does not fit, and is left aside where the loss falls no further than noise
would make it: a rate that served on other data is evidence too. On a quadratic of curvature λ the bottom lies at the limit of stability 2 / λ; a
tenth of it is the older rule of fastai (`minimum` in its callback.schedule).
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import sqrt
from typing import Any, Self

import numpy as np

from vitreous.fit.head import Floats

LOW, HIGH = 5.0, 2.0
_LEAST = 5  # losses
_NOISES = 3.0  # by so many deviations of the noise the loss must fall


@dataclass(frozen=True)
class RateCurve:
    """What was measured and picked. `rates` [T] and `losses` [T] of a range test; `usual`: the recipe's own rate; `bottom`: None where the curve
    says nothing; `steps`: of the training that it was measured for."""

    rates: tuple[float, ...]
    losses: tuple[float, ...]
    usual: float
    bottom: float | None
    pick: float
    steps: int

    @property
    def finding(self) -> str:
        """What is said of it, in a sentence."""
        if not self.rates:
            return f"Rate {self.pick:.3g}, the usual one: the training is too short to measure it."
        if self.bottom is None:
            return f"Rate {self.pick:.3g}, the usual one: in {len(self.rates)} steps at rising rates the loss fell no further than its noise."
        lowest = f"in {len(self.rates)} steps at rising rates the loss was lowest at {self.bottom:.3g}"
        if self.pick == self.usual:
            return f"Rate {self.pick:.3g}, the usual one, fits: {lowest}."
        return f"Rate {self.pick:.3g} in place of the usual {self.usual:.3g}: {lowest}."

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        return cls(**dict(value) | {name: tuple(value[name]) for name in ("rates", "losses")})


def read_curve(rates: Sequence[float], losses: Sequence[float], usual: float, steps: int) -> RateCurve:
    """The pick of a curve. Rates rise; losses are those before each step."""
    bottom = _bottom(np.asarray(rates, float), np.asarray(losses, float))
    pick = usual if bottom is None else min(max(usual, bottom / LOW), bottom / HIGH)
    return RateCurve(tuple(rates), tuple(losses), usual, bottom, pick, steps)


def smoothed(losses: Floats) -> Floats:
    """Each the mean of itself and its neighbours, of as many on one side as on the other."""
    return np.array([np.mean(losses[max(0, at - 1, 2 * at - len(losses) + 1) : at + 2 if at else 1]) for at in range(len(losses))])


def _bottom(rates: Floats, losses: Floats) -> float | None:
    """The rate with the lowest smoothed loss; None where the fall is within the noise, or there are too few steps."""
    numbers = np.cumprod(np.isfinite(losses)).astype(bool)  # up to the first that is none
    rates, losses = rates[numbers], losses[numbers]
    if len(losses) < _LEAST:
        return None
    curve, early = smoothed(losses), max(4, len(losses) // 4)
    lowest = int(np.argmin(curve))
    noise = float(np.std(np.diff(losses[: max(early, lowest + 1)]), ddof=1)) / sqrt(2)
    if losses[:early].mean() - curve[lowest] <= _NOISES * noise:
        return None
    return float(rates[max(0, lowest - 1)])  # a loss is that before its step: the rate before it made it
