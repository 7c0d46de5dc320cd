"""Pictures that differ from all others in how they look: far too dark, bright, blurred, flat, small, large, narrow, or nearly empty.

A picture is odd only beyond three limits: one of its kind, a share of the folder's median, and the fence of the folder's quartiles
(J. W. Tukey, "Exploratory Data Analysis", 1977), taken of logarithms. So a folder of night pictures is not all "dark", nor are those of
one of its two cameras. How the limits were set: docs/decisions/0013-look.md.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from vitreous.survey.table import Table

Floats = NDArray[np.float64]

# kind: what it is measured by; the words for it
KINDS = {
    "dark": "nearly black: its brightest part",
    "bright": "nearly white: its darkest part",
    "flat": "nearly one tone: the deviation of its grey levels",
    "empty": "little in it: the entropy of its grey levels",
    "blurred": "no fine detail: its sharpness",
    "tiny": "far smaller than the others: its short side",
    "large": "far larger than the others: its short side",
    "narrow": "an extreme shape: its long side over its short one",
}
# The limit by itself, and the one as a share of the folder's median.
_DARK, _BRIGHT, _TONE_SHARE = 60.0, 200.0, 0.5
_LEAST = 0.01  # what is smaller has no logarithm that means anything
_LEVELS = 25.0  # grey levels from the median: scans of paper all lie close to white
_FLAT, _FLAT_SHARE = 4.0, 0.25
_EMPTY, _EMPTY_SHARE = 4.0, 0.62
_BLURRED, _BLURRED_SHARE = 0.2, 0.4
_TINY_SHARE, _LARGE_SHARE = 1 / 3, 4.0
_NARROW, _NARROW_SHARE = 2.8, 1.6


@dataclass(frozen=True)
class Odd:
    """A picture that stands out; `value` in the unit of its `kind`, and the `rule` that it is beyond, in words."""

    image: str
    kind: str
    value: float
    rule: str


@dataclass(frozen=True, eq=False)
class _Rule:
    """Values [N] and a limit: odd is what lies below it, or above it where `above`."""

    kind: str
    values: Floats
    limit: float
    above: bool = False

    def holds(self) -> NDArray[np.bool_]:
        with np.errstate(invalid="ignore"):  # a value that is not defined is not odd
            return np.asarray(self.values > self.limit if self.above else self.values < self.limit, np.bool_)

    @property
    def words(self) -> str:
        return f"{KINDS[self.kind]} is {'over' if self.above else 'under'} {self.limit:.3g}"


def find_odd(table: Table) -> list[Odd]:
    """The odd ones, kind by kind in the order of KINDS, the furthest from its limit first. One picture can be odd in several ways."""
    found: list[Odd] = []
    flat = np.zeros(len(table), np.bool_)
    for rule in _rules(table) if len(table) else ():
        odd = rule.holds()
        if rule.kind == "flat":
            flat = odd
        elif rule.kind in ("empty", "blurred"):
            odd &= ~flat  # said already
        places = np.flatnonzero(odd)
        order = places[np.argsort((-rule.values if rule.above else rule.values)[places], kind="stable")].tolist()
        found += [Odd(str(table["path"][i]), rule.kind, round(float(rule.values[i]), 3), rule.words) for i in order]
    return found


def _rules(table: Table) -> Iterator[_Rule]:
    width, height = table["width"].astype(float), table["height"].astype(float)
    short, ratio = np.minimum(width, height), np.maximum(width, height) / np.maximum(np.minimum(width, height), 1)
    light, dark, contrast, entropy, sharp = (table[name].astype(float) for name in ("brightest", "darkest", "contrast", "entropy", "sharpness"))
    middle_light, middle_dark = _median(light), _median(dark)
    yield _Rule("dark", light, min(_DARK, _TONE_SHARE * middle_light, middle_light - _LEVELS, _fence(light, -1)))
    fence = 255 - _fence(255 - dark, -1)
    yield _Rule("bright", dark, max(_BRIGHT, 255 - _TONE_SHARE * (255 - middle_dark), middle_dark + _LEVELS, fence), above=True)
    yield _Rule("flat", contrast, min(_FLAT, _FLAT_SHARE * _median(contrast), _fence(contrast, -1)))
    yield _Rule("empty", entropy, min(_EMPTY, _EMPTY_SHARE * _median(entropy), _fence(entropy, -1)))
    yield _Rule("blurred", sharp, min(_BLURRED, _BLURRED_SHARE * _median(sharp), _fence(sharp, -1)))
    yield _Rule("tiny", short, min(_TINY_SHARE * _median(short), _fence(short, -1)))
    yield _Rule("large", short, max(_LARGE_SHARE * _median(short), _fence(short, 1)), above=True)
    yield _Rule("narrow", ratio, max(_NARROW, _NARROW_SHARE * _median(ratio), _fence(ratio, 1)), above=True)


def _fence(values: Floats, side: Literal[-1, 1]) -> float:
    """Tukey's fence on a logarithmic scale, 1.5 times the distance of the quartiles below the first (side -1) or above the third (1)."""
    defined = np.log(np.maximum(values[~np.isnan(values)], _LEAST))
    if not len(defined):
        return 0.0
    first, third = np.quantile(defined, (0.25, 0.75))
    return float(np.exp(first - 1.5 * (third - first) if side < 0 else third + 1.5 * (third - first)))


def _median(values: Floats) -> float:
    """The median of the defined values; 0 where there is none."""
    defined = values[~np.isnan(values)]
    return float(np.median(defined)) if len(defined) else 0.0
