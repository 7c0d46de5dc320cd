"""Colours for numbers with a sign: zero is the colour of the page's panels, above it blue, below it orange, the farther the stronger.

Lightness falls (on a dark page rises) evenly with distance from zero, for both signs alike, so it survives grey printing and every eye; the
sign is told by the hue. Colours are mixed in Oklab, where equal steps look equal (B. Ottosson, "A perceptual color space for image
processing", 2020).
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from vitreous.draw.theme import Theme, rgb

Floats = NDArray[np.float64]
_STEPS = 256
# The far end is the hue moved on to black, on a dark page to white; so weak numbers keep most of the lightness for themselves.
_FAR, _HUE_AT = 0.55, 0.6
_TO_LMS = np.array(
    [[0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566], [0.0883024619, 0.2817188376, 0.6299787005]]
)
_TO_LAB = np.array(
    [[0.2104542553, 0.7936177850, -0.0040720468], [1.9779984951, -2.4285922050, 0.4505937099], [0.0259040371, 0.7827717662, -0.8086757660]]
)


def signed_colours(numbers: NDArray[np.floating], most: float, theme: Theme) -> NDArray[np.uint8]:
    """uint8 [..., 3] for numbers [...] from −most to most; what lies beyond has the last colour, what is no number that of the grid."""
    table = _table(theme)
    share = np.divide(numbers, most, dtype=np.float64) if most > 0 else np.zeros(np.shape(numbers))
    index = np.rint((np.clip(np.nan_to_num(share), -1, 1) + 1) * _STEPS).astype(np.intp)
    colours = table[index]
    colours[~np.isfinite(numbers)] = np.rint(255 * rgb(theme.grid))
    return colours


@cache
def _table(theme: Theme) -> NDArray[np.uint8]:
    """2 · 256 + 1 colours from −1 to 1."""
    dark = rgb(theme.background).mean() < 0.5
    zero = _oklab(rgb(theme.panel))
    sides = []
    for hue in (theme.wrong, theme.right):
        middle = _oklab(rgb(hue))
        end = middle * (1, 0.35, 0.35) if dark else middle * (_FAR, 0.7, 0.7)
        end[0] = 0.97 if dark else min(end[0], 0.32)
        middle[0] = zero[0] + (end[0] - zero[0]) * _HUE_AT  # even in lightness, whatever the hue's own
        at = np.linspace(0, 1, _STEPS + 1)
        sides.append(np.stack([np.interp(at, (0, _HUE_AT, 1), (zero[k], middle[k], end[k])) for k in range(3)], -1))
    lab = np.concatenate([sides[0][:0:-1], sides[1]])
    return np.rint(255 * _srgb(lab)).astype(np.uint8)


def _oklab(colour: Floats) -> Floats:
    linear = np.where(colour <= 0.04045, colour / 12.92, ((colour + 0.055) / 1.055) ** 2.4)
    return np.asarray(_TO_LAB @ np.cbrt(_TO_LMS @ linear))


def _srgb(lab: Floats) -> Floats:
    """Oklab [..., 3] as sRGB 0 to 1; what no screen shows is cut off."""
    linear = np.clip((lab @ np.linalg.inv(_TO_LAB).T) ** 3 @ np.linalg.inv(_TO_LMS).T, 0, 1)
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
