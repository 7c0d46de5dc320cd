"""The visual language of every picture: colours, sizes, and how a figure becomes the bytes of a file.

Colours are those of Okabe and Ito ("Color Universal Design", 2008), which stay apart for the three kinds of colour blindness; those of
the three splits are Tol's "high contrast", which stay apart in grey too. Nothing is told by colour alone. A file holds no date and
depends on no setting of the user, so the same values give the same bytes.
"""

import io
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from vitreous.core.item import Split
from vitreous.core.text import visible
from vitreous.draw.fonts import families, load_matplotlib
from vitreous.errors import UsageError

if TYPE_CHECKING:
    from matplotlib.figure import Figure, SubFigure

    FigureOrPart = Figure | SubFigure

PictureFormat = Literal["png", "svg"]

# Figures are laid out in inches of 100 pixels; sizes of letters are in points of 1/72 inch.
PIXELS_PER_INCH = 100
TITLE, TEXT, SMALL, SMALLEST = 14.0, 11.0, 9.5, 6.5


@dataclass(frozen=True)
class Theme:
    """Colours as #rrggbb. `right` and `wrong` are for answers; `panel` lies behind what has no value."""

    background: str
    panel: str
    ink: str
    muted: str
    grid: str
    right: str
    wrong: str


LIGHT = Theme(background="#ffffff", panel="#eef0f3", ink="#1f2430", muted="#59636e", grid="#d5dae0", right="#0072b2", wrong="#d55e00")
DARK = Theme(background="#0d1117", panel="#1d232c", ink="#e6edf3", muted="#9ba5b1", grid="#343b45", right="#56b4e9", wrong="#e69f00")

SPLIT_COLOURS = {Split.TRAIN: "#004488", Split.VALIDATION: "#ddaa33", Split.TEST: "#bb5566"}
# Without black and yellow, which vanish on one of the backgrounds; neighbours differ in lightness as well.
_HUES = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#56b4e9", "#555555")
# How far each round of the hues is moved to white (above 0) or to black.
_ROUNDS = (0.0, -0.4, 0.45)


def class_colours(labels: Sequence[str]) -> dict[str, str]:
    """A colour for each class by its place in the sorted names, whatever their order here; repeated after 21 classes.

    >>> class_colours(["shirt", "dress"])
    {'dress': '#0072b2', 'shirt': '#e69f00'}
    """
    return {label: _class_colour(place) for place, label in enumerate(sorted(set(labels)))}


@contextmanager
def new_figure(width: float, height: float, theme: Theme) -> "Iterator[Figure]":
    """A figure of `width` × `height` inches to draw into, in this theme. Its layout is done, once, at the end of the `with`."""
    matplotlib = load_matplotlib()
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_settings(theme))
        figure = Figure(figsize=(width, height), dpi=PIXELS_PER_INCH, layout="constrained")
        FigureCanvasAgg(figure)
        yield figure
        figure.draw_without_rendering()  # makes the ticks that are still missing, while the theme holds
        figure.set_layout_engine("none")


def png(figure: "Figure", dpi: float = PIXELS_PER_INCH) -> bytes:
    """The figure as the bytes of a PNG file; with the default, an inch is 100 pixels."""
    return _encoded(figure, "png", dpi, {"Software": None})


def photo_png(figure: "Figure", dpi: float = PIXELS_PER_INCH) -> bytes:
    """The same for a page of photos or maps, a twentieth larger in a third of the time: zlib finds little in them."""
    return _encoded(figure, "png", dpi, {"Software": None}, {"pil_kwargs": {"compress_level": 3}})


def svg(figure: "Figure") -> str:
    """The figure as the text of an SVG file. Letters are outlines: it looks the same without our fonts."""
    return _encoded(figure, "svg", PIXELS_PER_INCH, {"Date": None, "Creator": None}).decode("utf-8")


def encoded(figure: "Figure", form: PictureFormat) -> bytes:
    """The figure as the bytes of a file of this format."""
    return png(figure) if form == "png" else svg(figure).encode("utf-8")


def picture_format(file: str | os.PathLike[str]) -> PictureFormat:
    """The format that the name of a picture file asks for.

    Raises:
        UsageError: its suffix is neither .png nor .svg, in any case.
    """
    name = os.fspath(file)
    suffix = Path(name).suffix.lower()
    if suffix == ".png":
        return "png"
    if suffix == ".svg":
        return "svg"
    arrived = f"its suffix is {visible(suffix)}" if suffix else "it has no suffix"
    raise UsageError(f"no picture can be written to {visible(name)!r}", arrived, ".png or .svg", "give a name that ends with one of them")


def rgb(colour: str) -> npt.NDArray[np.float64]:
    """#rrggbb as three numbers from 0 to 1."""
    return np.array([int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)])


def ink_on(colour: npt.NDArray[np.float64]) -> str:
    """White letters on this colour [3], 0 to 1, where their contrast is at least 3 (WCAG 2, for large letters), else black ones."""
    linear = np.where(colour <= 0.04045, colour / 12.92, ((colour + 0.055) / 1.055) ** 2.4)
    luminance = float(linear @ (0.2126, 0.7152, 0.0722))
    return "#ffffff" if 1.05 / (luminance + 0.05) >= 3 else "#000000"


def _settings(theme: Theme) -> dict[str, Any]:
    return {
        "font.family": families(),
        "font.size": TEXT,
        "text.parse_math": False,  # a class may be called "$5"
        "text.color": theme.ink,
        "figure.facecolor": theme.background,
        "axes.facecolor": theme.background,
        "axes.edgecolor": theme.grid,
        "axes.labelcolor": theme.muted,
        "axes.labelsize": SMALL,
        "axes.titlesize": TEXT,
        "axes.titleweight": "bold",
        "axes.titlelocation": "left",
        "axes.titlepad": 10,
        "axes.axisbelow": True,
        "figure.constrained_layout.w_pad": 0.12,
        "figure.constrained_layout.h_pad": 0.12,
        "xtick.color": theme.grid,
        "xtick.labelcolor": theme.ink,
        "ytick.color": theme.grid,
        "ytick.labelcolor": theme.ink,
        "grid.color": theme.grid,
        "hatch.linewidth": 1.5,
        **_FILE_SETTINGS,
    }


# What is looked up when the file is written. The salt makes the names inside an SVG the same each time.
_FILE_SETTINGS = {"svg.hashsalt": "vitreous", "svg.fonttype": "path", "savefig.facecolor": "auto", "savefig.bbox": None, "path.simplify": True}


def _encoded(figure: "Figure", form: PictureFormat, dpi: float, metadata: dict[str, None], how: dict[str, Any] | None = None) -> bytes:
    matplotlib = load_matplotlib()
    file = io.BytesIO()
    with matplotlib.rc_context(_FILE_SETTINGS):
        figure.savefig(file, format=form, dpi=dpi, metadata=metadata, **(how or {}))
    return file.getvalue()


def _class_colour(place: int) -> str:
    move = _ROUNDS[place // len(_HUES) % len(_ROUNDS)]
    hue = rgb(_HUES[place % len(_HUES)])
    moved = hue + (1 - hue) * move if move > 0 else hue * (1 + move)
    return "#" + "".join(f"{round(255 * part):02x}" for part in moved)
