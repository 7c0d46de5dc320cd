"""Learned filters as a picture: it picks what is shown, `draw.filters` draws it."""

from typing import TYPE_CHECKING

import numpy as np

from vitreous.core.text import visible
from vitreous.draw.filters import Kernel, Row, filter_page, matrix_page
from vitreous.draw.theme import Theme
from vitreous.layers.window import Array

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from vitreous.inside.filters.filters import Filters

# Kernels in a row; input channels of a deeper kernel, the strongest.
_COLUMNS, _CHANNELS = 16, 16


def filters_of(found: "Filters", theme: Theme) -> "Figure":
    shown = f"{found.first} to {found.first + len(found.names) - 1} of {found.total:,}" if len(found.names) < found.total else ""
    silent = f"; {int(found.silent.sum()):,} of these do nothing" if found.silent.any() else ""
    moves = f"; {found.moves}" if found.moves else ""
    title = found.title + (f", here {shown}" if shown else "") + silent + moves
    subtitle = f"{visible(found.weight)}: {found.note}\n{found.scale[0].upper()}{found.scale[1:]}"
    if found.form == "matrix":
        return matrix_page(title, subtitle, found.kernels, list(found.names), [visible(each) for each in found.moments], theme)
    rows = _by_kernel(found) if found.form == "colour" or found.kernels.shape[2] == 1 else _by_channel(found)
    if found.form == "planes" and found.kernels.shape[2] > _CHANNELS:
        subtitle += f"\nOf each kernel the {_CHANNELS} planes with the largest weights, of {found.kernels.shape[2]:,}"
    return filter_page(title, subtitle, rows, theme)


def _by_kernel(found: "Filters") -> list[Row]:
    """Kernels side by side; at several moments these below each other."""
    kernels = found.kernels if found.form == "colour" else found.kernels[:, :, 0]
    columns = min(_COLUMNS, 8) if kernels.shape[2] > 16 else _COLUMNS
    rows, scales = [], _scales(found)
    for begin in range(0, len(found.names), columns):
        part = slice(begin, begin + columns)
        most = scales[part]
        for moment, name in enumerate(found.moments):
            last = moment == len(found.moments) - 1
            captions = [f"{_short_name(each)}  ±{scale:.2g}" if last else "" for each, scale in zip(found.names[part], most, strict=True)]
            heading = name if len(found.moments) > 1 else ""
            rows.append(Row(heading, [Kernel(k, c, float(m)) for k, c, m in zip(kernels[moment, part], captions, most, strict=True)]))
    return rows


def _by_channel(found: "Filters") -> list[Row]:
    """A row for each kernel (and moment), with its strongest planes."""
    rows, scales = [], _scales(found)
    for number, name in enumerate(found.names):
        own = found.kernels[:, number]  # [T, C, h, w]
        order, most = _strongest(own[-1]), float(scales[number])
        for moment, when in enumerate(found.moments):
            heading = visible(name) + (f", {when}" if len(found.moments) > 1 else "")
            rows.append(Row(heading, [Kernel(own[moment, c], str(c), most) for c in order]))
    return rows


def _scales(found: "Filters") -> Array:
    """The end of the scale of each kernel, the same at all moments: [M]. Of one that does nothing it is that of a usual one."""
    most = np.abs(found.kernels).max(tuple(k for k in range(found.kernels.ndim) if k != 1))
    return np.where(found.silent, float(np.median(most)), most)


def _strongest(kernel: Array) -> list[int]:
    size = np.square(kernel.astype(np.float64)).reshape(len(kernel), -1).sum(1)
    return sorted(np.argsort(-size, kind="stable")[:_CHANNELS].tolist())


def _short_name(name: str) -> str:
    return name if len(name) <= 12 else name[:11] + "…"
