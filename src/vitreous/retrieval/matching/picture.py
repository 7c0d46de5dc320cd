"""A picture as it is matched: upright, squeezed to a square in memory, and drawn from there into canvases of any place, turn and scale.

Points are in pixels of the upright picture, the upper left corner of its first pixel being (0, 0).
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from vitreous.core.view import View
from vitreous.data.decode import Policy, decode
from vitreous.retrieval.matching.homography import Floats

Pixels = NDArray[np.uint8]

# What is kept of a picture: its long side in these many pixels. Finer detail is not compared.
SIDE = 640
VIEW = View.whole(SIDE)
_OUTSIDE = 127


@dataclass(frozen=True, eq=False)
class Picture:
    """`square` uint8 [SIDE, SIDE, 3]: the whole picture, squeezed; `width` and `height` of the upright picture; `key` of its content."""

    square: Pixels
    width: int
    height: int
    key: bytes
    name: str = ""
    _last: dict[tuple[int, int], Image.Image] = field(default_factory=dict, repr=False)

    @property
    def size(self) -> tuple[int, int]:
        return self.width, self.height

    @property
    def diagonal(self) -> float:
        return float(np.hypot(self.width, self.height))

    def drawn(self, M: Floats, size: int) -> Pixels:
        """uint8 [size, size, 3]: the canvas pixel at p shows the picture at `M` p, M [3, 3]; grey outside of it. Without aliasing where M
        shrinks it all alike."""
        middle = np.array([size / 2, size / 2, 1.0])
        J = _jacobian(M, middle)
        finest = 1 / max(float(np.sqrt(abs(np.linalg.det(J)))), 1e-12)  # canvas pixels for a pixel of the picture
        width, height = (max(1, min(SIDE, round(finest * side))) for side in self.size)
        source = self._sized(width, height)
        to = np.diag([width / self.width, height / self.height, 1.0]) @ M
        to = to / to[2, 2]
        shown = source.transform(
            (size, size), Image.Transform.PERSPECTIVE, to.reshape(9)[:8].tolist(), Image.Resampling.BILINEAR, fillcolor=(_OUTSIDE,) * 3
        )
        return np.asarray(shown)

    def _sized(self, width: int, height: int) -> Image.Image:
        """The last size is kept: all turns of a scale are drawn from it."""
        found = self._last.get((width, height))
        if found is None:
            found = Image.fromarray(self.square).resize((width, height), Image.Resampling.BICUBIC)
            self._last.clear()
            self._last[width, height] = found
        return found


def open_picture(path: str, policy: Policy, name: str | None = None) -> Picture:
    """Raises UnreadableImage."""
    decoded = decode(path, (VIEW,), policy)
    return Picture(decoded.views[0], decoded.width, decoded.height, decoded.key, name or path)


def _jacobian(M: Floats, p: Floats) -> Floats:
    q = M @ p
    return np.asarray((M[:2, :2] - np.outer(q[:2] / q[2], M[2, :2])) / q[2])
