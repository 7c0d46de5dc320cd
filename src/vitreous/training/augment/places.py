"""Where in its picture each augmented picture looks: mirrored, a window in it, perhaps turned. The same for pictures, boxes and masks.

    source = centre + R(angle) · scale · (place − size / 2)          places in pixels, the first pixel from 0 to 1

`centre` lies in the picture as it is after mirroring. What lies beyond an edge is the picture mirrored there, without its edge
doubled: pixel −1 is pixel 1.
"""

from dataclasses import dataclass
from math import cos, radians, sin

import numpy as np
from numpy.typing import NDArray

from vitreous.training.augment.augmentation import Augmentation
from vitreous.training.augment.draws import below, draws, uniform


@dataclass(frozen=True)
class Places:
    """For N pictures of `height` × `width`: `flip`, `vertical_flip` bool [N]; `left`, `top`: where the window begins, in pixels; `scale`: its
    size as a share of the picture's, at most 1; `angle` in degrees, clockwise on the screen. Only those that an augmentation allows differ
    from False, 0, 1."""

    height: int
    width: int
    flip: NDArray[np.bool_]
    vertical_flip: NDArray[np.bool_]
    left: NDArray[np.float64]
    top: NDArray[np.float64]
    scale: NDArray[np.float64]
    angle: NDArray[np.float64]

    @property
    def exact(self) -> bool:
        """Whether every pixel is one of the picture's own."""
        return bool((self.scale == 1).all() and (self.angle == 0).all())

    def matrix(self, k: int) -> NDArray[np.float64]:
        """[2, 3] from a place (x, y, 1) in the augmented picture k to (x, y) in its picture as mirrored."""
        turn, scale = radians(float(self.angle[k])), float(self.scale[k])
        a, b = scale * cos(turn), scale * sin(turn)
        half_x, half_y = self.width / 2, self.height / 2
        x, y = float(self.left[k]) + scale * half_x, float(self.top[k]) + scale * half_y
        if turn == 0:
            return np.array([[scale, 0.0, float(self.left[k])], [0.0, scale, float(self.top[k])]])
        return np.array([[a, -b, x - a * half_x + b * half_y], [b, a, y - b * half_x - a * half_y]])


def places(height: int, width: int, numbers: NDArray[np.integer], seed: int, epoch: int, allowed: Augmentation) -> Places:
    """The places that (seed, epoch, picture number) stand for, `numbers` [N]."""
    count = len(numbers)

    def half(purpose: str, wanted: bool) -> NDArray[np.bool_]:
        return draws(seed, epoch, purpose, numbers) >> np.uint64(63) == 1 if wanted else np.zeros(count, np.bool_)

    scale, angle = np.ones(count), np.zeros(count)
    if allowed.zoom > 1:
        scale = 1 - (1 - 1 / allowed.zoom) * uniform(draws(seed, epoch, "zoom", numbers))
    if allowed.rotation:
        angle = allowed.rotation * (2 * uniform(draws(seed, epoch, "rotation", numbers)) - 1)

    def start(purpose: str, side: int) -> NDArray[np.float64]:
        bits = draws(seed, epoch, purpose, numbers)
        if allowed.zoom == 1:
            return (below(bits, 2 * allowed.crop + 1) - allowed.crop).astype(np.float64)
        return uniform(bits) * (side * (1 - scale) + 2 * allowed.crop) - allowed.crop

    flip, vertical = half("flip", allowed.flip), half("vertical-flip", allowed.vertical_flip)
    return Places(height, width, flip, vertical, start("right", width), start("down", height), scale, angle)


def source_lines(start: NDArray[np.float64], scale: NDArray[np.float64], mirrored: NDArray[np.bool_], side: int) -> NDArray[np.int64]:
    """Which row (or column) of its picture each row [N, side] of the augmented picture is nearest to, where nothing is turned."""
    middle = np.floor(start[:, None] + scale[:, None] * (np.arange(side) + 0.5)).astype(np.int64)
    inside = folded(middle, side)
    return np.where(mirrored[:, None], side - 1 - inside, inside)


def folded(line: NDArray[np.int64], side: int) -> NDArray[np.int64]:
    """Lines beyond an edge, mirrored there: −1 is 1, `side` is side − 2."""
    if side == 1:
        return np.zeros_like(line)
    around = line % (2 * side - 2)
    return np.minimum(around, 2 * side - 2 - around)
