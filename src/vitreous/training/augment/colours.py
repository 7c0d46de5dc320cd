"""Brightness, contrast, colour and sharpness of many pictures at once, each by a factor of its own: Pillow's ImageEnhance, in whole numbers.

    x ← d + f (x − d)       d: black; the mean grey of the picture; each pixel's grey; the picture smoothed

with factors f = k / 64, so that every product fits in 16 bits: 64 d + k (x − d) lies between −16,320 and 32,640 for k from 0 to 128.
Rounded to the nearest, where Pillow drops the fraction: one step of 256 apart at most. All sums are of whole numbers, hence the
same in any order.

Source of the weights of grey: Recommendation ITU-R BT.601.
"""

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.int16]  # [N, H, W, C] in 0 … 255
Factors = NDArray[np.int16]  # [N] in 64ths, 0 … 128

UNIT = 64
# Grey in 65,536ths; in 256ths where an average of many pixels evens out what is rounded.
LUMA, ROUGH_LUMA = (19595, 38470, 7471), (77, 150, 29)


def brighten(x: Values, factors: Factors) -> None:
    """Each picture times its factor, in place."""
    x *= _each(factors)
    _finish(x)


def contrast(x: Values, factors: Factors) -> None:
    """The distance from the mean grey times the factor, in place."""
    k = _each(factors)
    constant = (UNIT - k) * _each(mean_grey(x))
    x *= k
    x += constant
    _finish(x)


def colour(x: Values, factors: Factors) -> None:
    """The distance of each pixel [R, G, B] from its grey times the factor, in place."""
    k = _each(factors)
    red, green, blue = (x[..., channel].astype(np.uint32) for channel in range(3))
    red *= np.uint32(LUMA[0])
    green *= np.uint32(LUMA[1])
    blue *= np.uint32(LUMA[2])
    red += green
    red += blue
    red += np.uint32(2**15)
    grey = (red >> np.uint32(16)).astype(np.int16)
    grey *= UNIT - k[..., 0]
    x *= k
    for channel in range(3):
        x[..., channel] += grey
    _finish(x)


def sharpen(x: Values, factors: Factors) -> None:
    """The distance from the picture smoothed by [[1, 1, 1], [1, 5, 1], [1, 1, 1]] / 13 times the factor, in place; its edge stays."""
    count, height, width, channels = x.shape
    if height < 3 or width < 3:
        return
    k = factors[:, None, None]
    flat = x.reshape(count, height, -1)  # long rows are fast
    rows = flat[:, :-2] + flat[:, 1:-1]
    rows += flat[:, 2:]
    smooth = rows[:, :, : -2 * channels] + rows[:, :, channels:-channels]
    smooth += rows[:, :, 2 * channels :]
    inner = flat[:, 1:-1, channels:-channels]
    smooth += 4 * inner
    smooth += 6
    smooth //= 13
    smooth *= UNIT - k
    inner *= k
    inner += smooth
    _finish(inner)


def mean_grey(x: Values) -> NDArray[np.int16]:
    """The mean grey of each picture [N], rounded."""
    count, height, width, channels = x.shape
    weights = np.resize(np.array(ROUGH_LUMA if channels == 3 else [256], np.int32), width * channels)
    rows = np.einsum("nhw,w->nh", x.reshape(count, height, -1), weights, dtype=np.int32)  # fits for rows of up to 32,000 pixels
    pixels = height * width
    mean: NDArray[np.int16] = ((rows.sum(1, dtype=np.int64) + 128 * pixels) // (256 * pixels)).astype(np.int16)
    return mean


def _finish(x: Values) -> None:
    """From 64ths to whole steps."""
    x += UNIT // 2
    x >>= 6
    np.clip(x, 0, 255, out=x)


def _each(values: NDArray[np.int16]) -> NDArray[np.int16]:
    return values[:, None, None, None]
