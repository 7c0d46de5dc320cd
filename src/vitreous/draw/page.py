"""A page with many small pictures and words between them, laid out in inches from its upper left corner."""

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from vitreous.draw.theme import Theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Pixels in an inch of a small picture.
SHARPNESS = 200


class Page:
    """A page in inches from the upper left corner: all pictures on it are one picture, as hundreds of them would take seconds."""

    def __init__(self, figure: "Figure", theme: Theme) -> None:
        figure.set_layout_engine("none")  # every place is given
        self.theme, self.size = theme, (figure.get_figwidth(), figure.get_figheight())
        self.axes: Axes = figure.add_axes((0, 0, 1, 1))
        self.axes.set_axis_off()
        self.axes.set_xlim(0, self.size[0])
        self.axes.set_ylim(self.size[1], 0)
        self._pictures = Image.new("RGB", (self._pixels(self.size[0]), self._pixels(self.size[1])), theme.background)

    def show(self, colours: npt.NDArray[np.uint8], corner: tuple[float, float], size: tuple[float, float]) -> None:
        """Small pictures keep their pixels, large ones are brought to what the page can show."""
        picture = Image.fromarray(colours)
        pixels = max(1, self._pixels(size[0])), max(1, self._pixels(size[1]))
        way = Image.Resampling.BOX if pixels[0] < picture.width else Image.Resampling.NEAREST
        self._pictures.paste(picture.resize(pixels, way), (self._pixels(corner[0]), self._pixels(corner[1])))

    def write(self, x: float, y: float, text: str, points: float, colour: str, **how: Any) -> None:
        self.axes.text(x, y, text, fontsize=points, color=colour, **how)

    def finish(self) -> None:
        """Put the pictures below the text; once the layout is done, which would draw them in vain."""
        from matplotlib.image import AxesImage

        pictures = self._pictures

        @lru_cache(maxsize=1)  # it is asked for twice: for the layout and for the file
        def shown(size: tuple[int, int]) -> npt.NDArray[np.uint8]:
            sized = pictures if size == pictures.size else pictures.resize(size, Image.Resampling.BOX)
            return np.array(sized.transpose(Image.Transpose.FLIP_TOP_BOTTOM).convert("RGBA"))

        class Whole(AxesImage):
            """Brought to the pixels of the file by Pillow: matplotlib takes seconds for a page of 8 megapixels."""

            def make_image(self, renderer: Any, magnification: float = 1.0, unsampled: bool = False) -> Any:
                if unsampled:
                    return super().make_image(renderer, magnification, unsampled)
                return shown((round(self.axes.bbox.width * magnification), round(self.axes.bbox.height * magnification))), 0, 0, None

        whole = Whole(self.axes, extent=(0, self.size[0], self.size[1], 0), origin="upper", interpolation="none", zorder=0)
        whole.set_data(np.asarray(pictures))
        self.axes.add_image(whole)

    def _pixels(self, inches: float) -> int:
        return round(inches * SHARPNESS)
