"""A loss over a plane of weights: contours at even ratios, paths over them, and how it rises with the distance."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from vitreous.draw.lettering import drawable, wrapped
from vitreous.draw.theme import LIGHT, SMALL, SMALLEST, TITLE, Theme, new_figure
from vitreous.errors import UsageError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Floats = npt.NDArray[np.float64]

_WIDTH, _HEIGHT, _LINE = 12.8, 6.0, 0.18  # inches: 1280 pixels, and a line of the subtitle
_BANDS = 14
_ADDED = 1e-9  # a loss of 0 has no logarithm
_LARGEST_RATIO = 1e6  # of the heights that are told apart: what is deeper is one colour
_STEEP = 50  # a rise by more than this is drawn by ratios, or what is low would be one line
_NAMED = 6  # places of a path
_DASHES = ("-", "--", ":", "-.")


@dataclass(frozen=True, eq=False)
class Trail:
    """A way over the plane: `places` [T, 2], their numbers, and the height at each."""

    name: str
    places: Floats
    numbers: Sequence[int]
    heights: Floats


def landscape(
    alphas: Floats, betas: Floats, loss: Floats, title: str, subtitle: str, axes_names: Sequence[str], trails: Sequence[Trail],
    rings: tuple[Floats, Floats] | None, guessing: float | None, theme: Theme = LIGHT,
) -> "Figure":  # fmt: skip
    """Left the map of `loss` [B, A] over `alphas` and `betas`; right the loss by distance, `rings`: distances [D] and the loss around [D, places],
    or along the trails. `guessing` is drawn as a line.

    Raises:
        UsageError: the arrays do not fit together, or hold no number.
    """
    if loss.shape != (len(betas), len(alphas)) or min(loss.shape) < 2 or not np.isfinite(loss).any():
        raise UsageError("a landscape cannot be drawn", f"a loss {list(loss.shape)} over {len(betas)} × {len(alphas)}", "finite values on a grid")
    lines = subtitle.count("\n") + 1 if subtitle else 0
    with new_figure(_WIDTH, _HEIGHT + _LINE * lines, theme) as figure:
        figure.suptitle(wrapped(drawable(title, 300), _WIDTH - 1, TITLE), x=0.12 / _WIDTH, ha="left", fontsize=TITLE, weight="bold")
        left, right = figure.subplots(1, 2, width_ratios=(1.25, 1))
        _map(figure, left, (alphas, betas, loss), trails, theme)
        left.set(xlabel=axes_names[0], ylabel=axes_names[1])
        if rings is not None:
            _rings(right, *rings, guessing, theme)
        else:
            _descents(right, trails, theme)
        if subtitle:
            told = wrapped(drawable(subtitle.replace("\n", "; "), 600), _WIDTH - 1, SMALL)
            figure.supxlabel(told, x=0.12 / _WIDTH, ha="left", fontsize=SMALL, color=theme.muted)
    return figure


def _map(figure: "Figure", axes: "Axes", surface: tuple[Floats, Floats, Floats], trails: Sequence[Trail], theme: Theme) -> None:
    from matplotlib.colors import LinearSegmentedColormap
    from matplotlib.ticker import NullLocator

    alphas, betas, loss = surface
    shown = np.where(np.isfinite(loss), loss, np.nan)
    high = float(np.nanmax(shown))
    low = max(float(np.nanmin(shown)), high / _LARGEST_RATIO, _ADDED)
    levels = np.geomspace(low, max(high, low * 1.001), _BANDS + 1)
    heights = np.log(np.clip(shown, low, None))
    # deep is strong: the eye looks for where the valley is
    colours = LinearSegmentedColormap.from_list("heights", [theme.right, theme.background])
    axes.set_facecolor(theme.panel)
    filled = axes.contourf(alphas, betas, heights, levels=np.log(levels), cmap=colours, extend="min")
    axes.contour(alphas, betas, heights, levels=np.log(levels), colors=theme.muted, linewidths=0.5, linestyles="solid")
    bar = figure.colorbar(filled, ax=axes, fraction=0.04, pad=0.02)
    bar.set_ticks(np.log(levels)[::2].tolist(), labels=told_apart(levels[::2]))
    bar.ax.yaxis.set_minor_locator(NullLocator())
    bar.set_label("loss", fontsize=SMALL)
    for place, trail in enumerate(trails):
        colour = _colour(place, len(trails), theme)
        axes.plot(*trail.places.T, color=colour, linewidth=1.6, linestyle=_DASHES[place % len(_DASHES)], marker="o", markersize=3, label=trail.name)
        if len(trails) == 1:
            _name_places(axes, trail, theme)
    axes.plot(0, 0, marker="*", markersize=13, color=theme.background, markeredgecolor=theme.ink, linestyle="none")
    axes.set(xlim=(alphas[0], alphas[-1]), ylim=(betas[0], betas[-1]))
    if np.isclose(np.ptp(alphas), np.ptp(betas)):
        axes.set_aspect("equal")
    if len(trails) > 1:
        axes.legend(loc="upper right", fontsize=SMALL, facecolor=theme.background, edgecolor=theme.grid)


def told_apart(numbers: Floats) -> list[str]:
    """With as few digits as it takes, two or more.

    >>> told_apart(np.array([1.052, 1.07, 1.2])), told_apart(np.array([0.01, 3.0]))
    (['1.05', '1.07', '1.2'], ['0.01', '3'])
    """
    for digits in range(2, 8):
        texts = [f"{number:.{digits}g}" for number in numbers]
        if len(set(texts)) == len(texts):
            break
    return texts


def _name_places(axes: "Axes", trail: Trail, theme: Theme) -> None:
    """The numbers of some places, the first and the last among them."""
    for place in np.unique(np.linspace(0, len(trail.places) - 1, _NAMED).round().astype(int)):
        box = {"boxstyle": "round,pad=0.15", "facecolor": theme.background, "edgecolor": "none", "alpha": 0.8}
        axes.annotate(str(trail.numbers[place]), trail.places[place], (5, 5), textcoords="offset points", fontsize=SMALLEST + 1, bbox=box)


def _rings(axes: "Axes", distances: Floats, around: Floats, guessing: float | None, theme: Theme) -> None:
    axes.fill_between(distances, around.min(1), around.max(1), color=theme.right, alpha=0.2, linewidth=0, label="lowest to highest of all directions")
    axes.plot(distances, around.mean(1), color=theme.right, linewidth=2, label="on average")
    low, high = float(np.nanmin(around)), float(np.nanmax(around))
    steep = low > 0 and high > _STEEP * low
    bottom, top = (low / 1.5, 1.5 * high) if steep else (0.0, 1.08 * high)
    if guessing is not None and guessing < top:
        axes.axhline(guessing, color=theme.wrong, linestyle="--", linewidth=1.2, label=f"guessing: {guessing:.3g}")
    axes.set(title="From the trained weights outwards", xlabel="distance, in filter norms", ylabel="loss", xlim=(0, distances[-1]))
    if steep:
        _by_ratios(axes)
    axes.set_ylim(bottom, top)
    axes.grid(True, linewidth=0.5)
    axes.legend(frameon=False, fontsize=SMALL, loc="upper left")


def _descents(axes: "Axes", trails: Sequence[Trail], theme: Theme) -> None:
    for place, trail in enumerate(trails):
        colour = _colour(place, len(trails), theme)
        heights = np.maximum(trail.heights, _ADDED)
        axes.plot(trail.numbers, heights, color=colour, linewidth=1.6, linestyle=_DASHES[place % len(_DASHES)], label=trail.name)
    axes.set(title="Down the way", xlabel="epoch" if len(trails) == 1 else "step", ylabel="loss at the place on the plane")
    _by_ratios(axes)
    axes.grid(True, linewidth=0.5)
    if len(trails) > 1:
        axes.legend(frameon=False, fontsize=SMALL)


def _by_ratios(axes: "Axes") -> None:
    """A logarithmic axis with plain numbers."""
    from matplotlib.ticker import FuncFormatter, NullFormatter

    axes.set_yscale("log")
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, place: f"{value:g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())


def _colour(place: int, count: int, theme: Theme) -> str:
    return theme.wrong if count == 1 else (theme.ink, "#009e73", theme.wrong)[place % 3]
