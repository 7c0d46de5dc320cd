"""Numbers of how a picture looks, cheap enough to be taken of every picture that is decoded (0.2 ms beside 5 ms of decoding).

All are taken from the grey picture, reduced by a whole factor so that its short side has 192 to 383 pixels. Brightness, contrast and
entropy come from the histogram of some of its rows, 64 or more where it has them. Sharpness is a ratio of its structure function D(r),
the mean squared difference of pixels r apart:

    sharpness = 4 √(D(1) / D(4)) − 1

0 where the picture is smooth at the scale of a few pixels (D grows as r²: out of focus, or enlarged), about 1 for edges as photographs
have them (D grows as r), 3 for noise (D is the same everywhere). As a ratio it depends neither on contrast nor on how much of a
picture is empty. The structure function: A. N. Kolmogorov, 1941; why it tells blur: the spectra of natural scenes are alike
(D. J. Field, "Relations between the statistics of natural images and the response properties of cortical cells", 1987).
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_SIDE = 192
_COUNTED = 64  # rows at least that the histogram is taken from: over 12,000 pixels, which bias the entropy by under 0.02 bits
_EVERY = 4  # rows and columns that the structure function is taken from
_NEAR, _FAR = 1, 4
# A mean squared difference below a grey level is that of rounding.
_LEAST = 1.0
# Less a rounding error: the place where the sum of the shares reaches it, not the one behind.
_TAILS = np.array([0.05, 0.95]) - 1e-9
_LEVELS = np.arange(256.0)
_SQUARES = _LEVELS**2


@dataclass(frozen=True, slots=True)
class Appearance:
    """Grey levels 0 to 255: the mean, the 5th and 95th of 100, the standard deviation. Entropy of the grey levels in bits, 0 to 8.

    `sharpness` as above; NaN for a picture without detail, or smaller than 8 pixels.
    """

    brightness: float
    darkest: float
    brightest: float
    contrast: float
    entropy: float
    sharpness: float


def reduced(grey: Image.Image) -> Image.Image:
    """A grey picture at the scale at which it is judged: its short side under 384 pixels, and not under 192 where it had them."""
    factor = min(grey.size) // _SIDE
    return grey.reduce(factor) if factor > 1 else grey


def appearance(grey: Image.Image) -> Appearance:
    """How a picture of mode L looks, at the scale of `reduced`."""
    pixels = np.asarray(grey)
    counts = np.bincount(pixels[:: max(1, len(pixels) // _COUNTED)].ravel(), minlength=256)
    share = counts / counts.sum()
    mean = float(share @ _LEVELS)
    deviation = math.sqrt(max(0.0, float(share @ _SQUARES) - mean * mean))
    darkest, brightest = np.searchsorted(np.cumsum(share), _TAILS).tolist()
    there = share[share > 0]
    entropy = max(0.0, -float(there @ np.log2(there)))
    return Appearance(mean, float(darkest), float(brightest), deviation, entropy, sharpness(pixels))


def sharpness(grey: NDArray[np.uint8]) -> float:
    """How much of the detail in a grey picture [H, W] is fine; NaN where there is none."""
    if min(grey.shape) < 2 * _FAR:
        return math.nan
    lines = (np.ascontiguousarray(grey[::_EVERY].T, np.float32), grey[:, ::_EVERY].astype(np.float32))
    near, far = (sum(_structure(each, apart) for each in lines) / 2 for apart in (_NEAR, _FAR))
    return 4 * math.sqrt(near / far) - 1 if far > _LEAST else math.nan


def _structure(values: NDArray[np.float32], apart: int) -> float:
    """The mean squared difference of values so many rows apart."""
    difference = (values[apart:] - values[:-apart]).ravel()
    return float(np.dot(difference, difference)) / difference.size
