"""How errors fall with the number of pictures learned from, N, measured on a small sample and taken beyond it: like N^-b.

Within the sample b is what lies between heads that learn from one fold alone and heads that learn from all folds but one. Beyond it curves are
flatter; how much, and how far b varies, was measured on the training parts of six data sets (LOG.md, 2026-11-26).
Source of the power law: J. Hestness et al., "Deep Learning Scaling is Predictable, Empirically", 2017.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Within a sample of some hundred pictures: b as it mostly is, and its standard deviation.
_STEEP, _STEEP_VARIES = 0.4, 0.2
# Beyond the sample: b of what it was within, and the deviation of that.
_FLATTER, _FLATTER_VARIES = 0.6, 0.1


@dataclass(frozen=True)
class Fall:
    """Errors fall like N^-`exponent`; `deviation`: how far the exponent may be off (standard deviation)."""

    exponent: float
    deviation: float

    def left(self, more: float) -> tuple[float, float]:
        """The share of errors that is left where `more` times as many pictures are learned from, and its standard deviation.

        >>> Fall(0.5, 0.1).left(4)
        (0.5, 0.06931471805599453)
        """
        share = max(1.0, more) ** -self.exponent
        return share, share * self.deviation * float(np.log(max(1.0, more)))


USUAL = Fall(_FLATTER * _STEEP, float(np.hypot(_FLATTER * _STEEP_VARIES, _FLATTER_VARIES)))


def measured_fall(of_many: NDArray[Any], of_few: NDArray[Any], more: float) -> Fall:
    """`of_many` [n] and `of_few` [n]: for each picture the share of wrong answers by heads that had learned from `more` times as many pictures, and
    from few. What so few pictures say of b is weighed against what it mostly is."""
    # one more that is wrong and one that is right: where none was wrong, little is known
    many, few = (np.append(wrong, (1.0, 0.0)) for wrong in (of_many, of_few))
    steep = float(np.log(few.mean() / many.mean()) / np.log(more))
    error = float(np.std(many / many.mean() - few / few.mean()) / np.sqrt(len(many)) / np.log(more))
    weight, usual = 1 / max(error, 1e-3) ** 2, 1 / _STEEP_VARIES**2
    exponent = _FLATTER * (steep * weight + _STEEP * usual) / (weight + usual)
    return Fall(max(0.0, exponent), float(np.hypot(_FLATTER / np.sqrt(weight + usual), _FLATTER_VARIES)))
