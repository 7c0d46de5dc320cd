"""Random numbers that are a function of what they are for, not of what was drawn before them.

    h ← mix(h + γ · (value + 1))     for each value of: seed, epoch, purpose, picture number

Every number can be had at any time, alone or with others: a picture gets the same ones in any batch, order and thread, and a
training that goes on after a stop needs no state of a generator. mix is splitmix64's (its variant 13 of 64-bit mixers by D. Stafford),
γ the odd integer nearest to 2^64 divided by the golden ratio.

Source: G. Steele, D. Lea, C. Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
"""

import numpy as np
from numpy.typing import NDArray

Draws = NDArray[np.uint64]

_GAMMA = np.uint64(0x9E3779B97F4A7C15)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)

# What a number is drawn for. A number of this list is never given to another purpose: the same seed would give other pictures.
PURPOSES = {
    "flip": 0,
    "vertical-flip": 1,
    "zoom": 2,
    "right": 3,
    "down": 4,
    "rotation": 5,
    "brightness": 6,
    "contrast": 7,
    "colour": 8,
    "sharpness": 9,
}


def draws(seed: int, epoch: int, purpose: str, numbers: NDArray[np.integer]) -> Draws:
    """64 random bits for each of `numbers` [N], which are not below 0; seed and epoch are whole numbers from 0 to 2^64 − 2."""
    h = np.zeros(1, np.uint64)
    for value in (seed, epoch, PURPOSES[purpose]):
        h = mixed(h + _GAMMA * np.array([value + 1], np.uint64))
    return mixed(h + _GAMMA * (numbers.astype(np.uint64) + np.uint64(1)))


def mixed(h: Draws) -> Draws:
    """splitmix64's mixer: each bit of the result depends on every bit of h."""
    h = (h ^ (h >> np.uint64(30))) * _FIRST
    h = (h ^ (h >> np.uint64(27))) * _SECOND
    return h ^ (h >> np.uint64(31))


def uniform(bits: Draws) -> NDArray[np.float64]:
    """Numbers from 0 to below 1, in steps of 2^−53."""
    return (bits >> np.uint64(11)).astype(np.float64) * 2.0**-53


def below(bits: Draws, count: int) -> NDArray[np.int64]:
    """Whole numbers from 0 to count − 1, for counts up to 2^31; each within 2^−32 of its share."""
    return (((bits >> np.uint64(32)) * np.uint64(count)) >> np.uint64(32)).astype(np.int64)
