"""A picture beside a map of how odd each of its places is, up to the limit in grey, beyond it in colour."""

from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt
from PIL import Image

from vitreous.draw.theme import LIGHT, SMALL, Theme, encoded, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def odd_map(picture: npt.NDArray[np.uint8], odd: npt.NDArray[np.float32], limit: float, title: str, theme: Theme = LIGHT) -> "Figure":
    """`picture` uint8 [H, W, 3] as the network sees it, `odd` [h, w] over all of it; `limit`: of the picture's score."""
    with new_figure(8.0, 4.55, theme) as figure:
        left, right = figure.subplots(1, 2)
        for axes in (left, right):
            axes.set_axis_off()
        left.imshow(picture)
        left.set_title(title, fontsize=SMALL + 1, loc="left", color=theme.ink)
        high, wide = picture.shape[:2]
        smooth = np.asarray(Image.fromarray(odd).resize((wide, high), Image.Resampling.BICUBIC))
        right.imshow(np.asarray(Image.fromarray(picture).convert("L")), cmap="gray", vmin=0, vmax=510)
        shown = right.imshow(smooth, cmap="inferno", vmin=0.5 * limit, vmax=1.5 * limit, alpha=0.65)
        if (smooth > limit).any() and (smooth < limit).any():
            right.contour(smooth, levels=[limit], colors=[theme.wrong], linewidths=1.5)
        right.set_title("how odd: distance to the nearest good patch", fontsize=SMALL + 1, loc="left", color=theme.ink)
        bar = figure.colorbar(shown, ax=right, fraction=0.04, pad=0.02)
        bar.ax.axhline(limit, color=theme.wrong, linewidth=2)
        bar.ax.set_title("line:\nlimit", fontsize=SMALL - 1, color=theme.muted)
        bar.ax.tick_params(labelsize=SMALL, colors=theme.ink)
    return figure


def odd_map_picture(
    picture: npt.NDArray[np.uint8], odd: npt.NDArray[np.float32], limit: float, title: str, form: Literal["png", "svg"] = "png"
) -> bytes:
    """The same as a file."""
    return encoded(odd_map(picture, odd, limit, title), form)
