"""What was found of a loss on a plane: its heights, the noise of the sample, and the paths that lead over it."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from math import isfinite, log
from typing import TYPE_CHECKING, Any

import numpy as np

from vitreous.core.text import percent, plural, visible
from vitreous.draw.theme import LIGHT, PictureFormat, Theme, encoded
from vitreous.inside.landscape.losses import Floats

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FEWEST, MOST = 3, 501  # points a side
_AROUND = 180  # places on a circle


@dataclass(frozen=True)
class Noise:
    """Of a sample of `pictures` of `available`: the standard error of the loss at the centre; and what as many others give, `second` of them:
    the loss there, and the largest share by which both differ at 25 points of the plane. None of that where all pictures were taken."""

    pictures: int
    available: int
    standard_error: float
    second: int = 0
    second_loss: float | None = None
    largest_share: float | None = None

    def to_json(self) -> dict[str, Any]:
        second = {"pictures": self.second, "loss": self.second_loss, "largest_share": self.largest_share} if self.second else None
        return {"pictures": self.pictures, "available": self.available, "standard_error": self.standard_error, "second_sample": second}


@dataclass(frozen=True, eq=False)
class Path:
    """A way over the plane: `places` [T, 2], the number of each (an epoch, a step) and the height there."""

    name: str
    places: Floats
    numbers: Sequence[int]
    heights: Floats

    def to_json(self) -> dict[str, Any]:
        return {"name": self.name, "numbers": list(self.numbers), "places": _numbers(self.places), "loss": _numbers(self.heights)}


@dataclass(frozen=True, eq=False, repr=False)
class Landscape:
    """`loss` [B, A] at `betas` [B] × `alphas` [A]; the trained weights, or the lowest point, are at 0, 0 with the loss `centre`.

    `plane`: random (1 is a filter norm), path, or plain (a function of two weights). `guessing`: the loss of equal answers to all pictures, for a
    network. `shares`: of the variance of the path, along each direction."""

    name: str
    plane: str
    alphas: Floats
    betas: Floats
    loss: Floats
    centre: float
    noise: Noise | None = None
    guessing: float | None = None
    paths: Sequence[Path] = ()
    shares: tuple[float, float] | None = None
    about: Sequence[str] = field(default_factory=list)

    def around(self, distance: float) -> Floats:
        """The loss at places on the circle of this radius, between the points of the grid by straight lines; it must fit on the plane."""
        from scipy.ndimage import map_coordinates

        angle = np.linspace(0, 2 * np.pi, _AROUND, endpoint=False)
        places = [np.interp(distance * wave(angle), axis, np.arange(len(axis))) for wave, axis in ((np.sin, self.betas), (np.cos, self.alphas))]
        return np.asarray(map_coordinates(self.loss, places, order=1), np.float64)

    @property
    def reach(self) -> float:
        """The radius of the largest circle around the centre that fits on the plane."""
        return float(min(-self.alphas[0], self.alphas[-1], -self.betas[0], self.betas[-1]))

    @property
    def basin(self) -> float | None:
        """How far from the centre answers are worth more than guessing, on average over all directions; None where that is farther than can be
        seen, or where there is nothing to guess."""
        if self.guessing is None:
            return None
        for distance in np.linspace(0, self.reach, 101)[1:]:
            if not self.around(distance).mean() < self.guessing:
                return float(distance)
        return None

    @property
    def title(self) -> str:
        """What there is to see, in a sentence."""
        name = visible(self.name)
        if self.plane == "plain":
            first, *others = sorted(self.paths, key=lambda path: path.heights[-1])
            return f"{first.name[:1].upper()}{first.name[1:]} is lowest after {first.numbers[-1]} steps" + (
                f", {others[-1].name} highest" if others else ""
            )
        if self.plane == "path" and self.shares:
            both = percent(sum(self.shares))
            return f"Two directions hold {both} of the way that {name} went; it ends at a loss of {number(self.centre)}"
        far = min(1.0, self.reach)
        risen = self.around(far).mean()
        where = "One filter norm" if far == 1 else f"{far:.2g} filter norms"
        return f"{where} away from {name} the loss has risen from {number(self.centre)} to {number(risen)}"

    def lines(self) -> list[str]:
        lines = [self.title, *self.about]
        if self.noise:
            lines.append(self._about_noise(self.noise))
        if self.plane == "random":
            lines += ["", *self._rings()]
        if self.shares:
            first, second = map(percent, self.shares)
            lines.append(f"of the variance of all weights along the path, the first direction holds {first}, the second {second}")
        for path in self.paths:
            lines.append(f"{path.name}: from {number(path.heights[0])} to {number(path.heights[-1])} in {plural(len(path.places) - 1, 'step')}")
        if not np.isfinite(self.loss).all():
            lines.append(f"at {plural(int((~np.isfinite(self.loss)).sum()), 'point')} the loss is no number")
        return lines

    def _rings(self) -> list[str]:
        head = "filter norms away     loss on average     lowest     highest"
        rows = []
        for share in (0.25, 0.5, 0.75, 1.0):
            ring = self.around(share * self.reach)
            cells = (f"{share * self.reach:.3g}", number(ring.mean()), number(ring.min()), number(ring.max()))
            rows.append("".join(cell.rjust(width) for cell, width in zip(cells, (17, 20, 11, 12), strict=True)))
        if self.guessing is not None:
            end = f"up to {self.basin:.2f} filter norms away" if self.basin else "everywhere on this plane"
            rows += ["", f"better than guessing (a loss of {number(self.guessing)}) on average {end}"]
        return [head, *rows]

    def _about_noise(self, noise: Noise) -> str:
        of = f"all {noise.pictures:,}" if noise.pictures == noise.available else f"{noise.pictures:,} of {noise.available:,}"
        said = f"on {of} training pictures: {number(self.centre)} ± {number(noise.standard_error)} (standard error) at the centre"
        if noise.second and noise.second_loss is not None and noise.largest_share is not None:
            said += (
                f"; {noise.second:,} others give {number(noise.second_loss)} there, and differ by at most {percent(noise.largest_share)} at 25 points"
            )
        return said

    def picture(self, form: PictureFormat = "png", theme: Theme = LIGHT) -> bytes:
        """Contours, the paths over them and the loss by distance, as the bytes of a picture file."""
        return encoded(self.figure(theme), form)

    def figure(self, theme: Theme = LIGHT) -> "Figure":
        from vitreous.draw.landscape import Trail, landscape

        axes = {"random": ("direction 1, in filter norms", "direction 2, in filter norms"), "plain": ("weight 1", "weight 2")}
        shares = self.shares or (0.0, 0.0)
        path_axes = tuple(f"principal direction {place}, {percent(share)} of the variance" for place, share in enumerate(shares, 1))
        trails = [Trail(path.name, path.places, list(path.numbers), path.heights) for path in self.paths]
        rings = None
        if self.plane == "random":
            distances = np.linspace(0, self.reach, 41)
            rings = (distances, np.stack([self.around(distance) for distance in distances]))
        subtitle = "\n".join([*self.about, *([self._about_noise(self.noise)] if self.noise else [])])
        return landscape(
            self.alphas, self.betas, self.loss, self.title, subtitle, axes.get(self.plane, path_axes), trails, rings, self.guessing, theme
        )

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "plane": self.plane,
            "alphas": _numbers(self.alphas),
            "betas": _numbers(self.betas),
            "loss": _numbers(self.loss),
            "centre": self.centre,
            "guessing": self.guessing,
            "basin": self.basin,
            "noise": self.noise.to_json() if self.noise else None,
            "shares": list(self.shares) if self.shares else None,
            "paths": [path.to_json() for path in self.paths],
            "about": list(self.about),
        }

    def __repr__(self) -> str:
        return "\n".join(self.lines())

    def _repr_html_(self) -> str:
        data = b64encode(self.picture()).decode()
        return (
            f"<pre>{escape(repr(self))}</pre><img style='max-width:100%' alt='{escape(self.title, quote=True)}' src='data:image/png;base64,{data}'>"
        )


def guessing_of(target: Any, classes: int) -> float:
    """The loss of answers that are the same for all pictures: ln K for one label, ln 2 for several."""
    return log(classes) if np.ndim(target) == 1 else log(2)


def number(value: float) -> str:
    """Three digits, in plain figures."""
    return f"{value:.3g}" if not isfinite(value) or value == 0 or 1e-3 <= abs(value) < 1e4 else f"{value:.1e}"


def _numbers(values: Floats) -> Any:
    """As lists, with None for what is no number."""
    return np.where(np.isfinite(values), np.round(values, 9).astype(object), np.array(None)).tolist()
