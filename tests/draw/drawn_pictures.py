"""What the tests of this folder read back from a picture."""

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def pixels(data: bytes) -> NDArray[np.uint8]:
    """The pixels of a PNG file: [H, W, 3]."""
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def texts(figure: Any) -> list[str]:
    """Every text of a figure that is not empty."""
    from matplotlib.text import Text

    return [each.get_text() for each in figure.findobj(Text) if each.get_text()]


def all_inside(figure: Any) -> bool:
    """Whether every text lies within the figure."""
    from matplotlib.text import Text

    frame = figure.bbox
    boxes = [each.get_window_extent() for each in figure.findobj(Text) if each.get_text() and each.get_visible()]
    return all(box.x0 >= frame.x0 - 1 and box.x1 <= frame.x1 + 1 and box.y0 >= frame.y0 - 1 and box.y1 <= frame.y1 + 1 for box in boxes)
