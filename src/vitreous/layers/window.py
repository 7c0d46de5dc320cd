"""A window that moves over a picture: what convolution and pooling have in common.

    rows of the output = ⌊(H + top + bottom − d (k − 1) − 1) / s⌋ + 1        k kernel, s stride, d dilation; columns alike

A picture under a window is cut into taps. Tap (u, v) is what the kernel's element in row u and column v meets on its way: a strided
slice of the padded picture, as large as the output. Sums over patches are then sums over taps, which numpy does at full speed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass(frozen=True)
class Window:
    """Pairs are (vertical, horizontal); `padding` is (top, left, bottom, right). With `ceil` the last, incomplete step counts too."""

    kernel: tuple[int, int]
    stride: tuple[int, int] = (1, 1)
    padding: tuple[int, int, int, int] = (0, 0, 0, 0)
    dilation: tuple[int, int] = (1, 1)
    ceil: bool = False

    def output_size(self, height: int, width: int) -> tuple[int, int]:
        """Rows and columns of the output. Raises ValueError where the picture is smaller than the window."""
        top, left, bottom, right = self.padding
        return self._steps(height, top, bottom, 0), self._steps(width, left, right, 1)

    def _steps(self, size: int, before: int, behind: int, axis: int) -> int:
        span = self.dilation[axis] * (self.kernel[axis] - 1) + 1
        room = size + before + behind - span
        if room < 0:
            raise ValueError(f"a window of {span} pixels does not fit into {size} pixels with {before + behind} of padding")
        steps = -(-room // self.stride[axis]) if self.ceil else room // self.stride[axis]
        # a window that would begin in the padding behind the picture is not one (ONNX, torch)
        if self.ceil and steps * self.stride[axis] >= size + before:
            steps -= 1
        return steps + 1

    def padded(self, X: Array, value: float = 0.0) -> Array:
        """[N, C, H + …, W + …]: X with `value` around it, as far as the windows reach; X itself where nothing is to be added."""
        height, width = X.shape[2:]
        rows, columns = self._reach(height, width)
        top, left = self.padding[:2]
        if (rows, columns) == (height, width) and (top, left) == (0, 0):
            return X
        P = np.full((*X.shape[:2], max(rows, top + height), max(columns, left + width)), value, X.dtype)
        P[:, :, top : top + height, left : left + width] = X
        return P

    def inside(self, P: Array, height: int, width: int) -> Array:
        """The part of a padded array that is the picture of `height` rows and `width` columns."""
        top, left = self.padding[:2]
        return P[:, :, top : top + height, left : left + width]

    def taps(self, P: Array, rows: int, columns: int) -> Iterator[tuple[int, int, Array]]:
        """u, v, and the view [N, C, rows, columns] of the padded P that the kernel's element (u, v) meets."""
        (down, across), (du, dv) = self.stride, self.dilation
        for u in range(self.kernel[0]):
            for v in range(self.kernel[1]):
                first, left = u * du, v * dv
                yield u, v, P[:, :, first : first + down * (rows - 1) + 1 : down, left : left + across * (columns - 1) + 1 : across]

    def patches(self, P: Array, rows: int, columns: int) -> Array:
        """A view [N, C, k, k, rows, columns] of the padded P: every patch that the kernel meets. It must not be written to."""
        n, c, y, x = P.strides
        (down, across), (du, dv) = self.stride, self.dilation
        shape = (*P.shape[:2], *self.kernel, rows, columns)
        return np.lib.stride_tricks.as_strided(P, shape, (n, c, y * du, x * dv, y * down, x * across), writeable=False)

    def _reach(self, height: int, width: int) -> tuple[int, int]:
        """Rows and columns of the padded picture that the windows need."""
        rows, columns = self.output_size(height, width)
        return (
            max(height + self.padding[0], (rows - 1) * self.stride[0] + self.dilation[0] * (self.kernel[0] - 1) + 1),
            max(width + self.padding[1], (columns - 1) * self.stride[1] + self.dilation[1] * (self.kernel[1] - 1) + 1),
        )


def same_padding(size: tuple[int, int], kernel: tuple[int, int], stride: tuple[int, int], dilation: tuple[int, int]) -> tuple[int, int, int, int]:
    """TensorFlow's "same": as many outputs as ⌈size / stride⌉, the odd pixel of padding at the bottom and at the right."""
    missing = [max(0, (-(-n // s) - 1) * s + d * (k - 1) + 1 - n) for n, k, s, d in zip(size, kernel, stride, dilation, strict=True)]
    (down, across) = missing
    return down // 2, across // 2, down - down // 2, across - across // 2
