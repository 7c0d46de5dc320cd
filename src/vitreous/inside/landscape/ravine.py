"""A ravine: a valley that is steep across and flat along, and three ways down.

    f(w) = ½ wᵀ H w        the curvatures of H are `steep` and `flat`, turned by an angle

Gradient descent and momentum go at the rates that are best for these curvatures (Polyak 1964): 2 / (L + ℓ), and 4 / (√L + √ℓ)² with
μ = ((√κ − 1) / (√κ + 1))², κ = L / ℓ. Adam (Kingma, Ba 2015) goes at `ADAM`.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from vitreous.errors import UsageError
from vitreous.inside.landscape.landscape import FEWEST, MOST, Landscape, Path
from vitreous.optim.rules import adam, gradient_descent, momentum

ADAM = 0.3
START = (-4.0, 0.6)  # along the ravine, and up one of its walls
Array = npt.NDArray[np.float64]


def ravine(steep: float = 50.0, flat: float = 1.0, angle: float = 0.0, steps: int = 40, points: int = 101) -> Landscape:
    """The heights on a grid of points × points, by the formula, and the ways of the three. Raises UsageError for curvatures that make no valley."""
    if not FEWEST <= points <= MOST:
        raise UsageError("--points", f"{points:,}", f"{FEWEST} to {MOST} a side")
    if not 0 < flat <= steep < np.inf:
        raise UsageError("a ravine", f"curvatures of {steep:g} and {flat:g}", "two numbers above 0, the steep one first")
    c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    turn = np.array([[c, -s], [s, c]])
    H = turn @ np.diag([flat, steep]) @ turn.T
    axis = np.linspace(-5, 5, points)
    grid = np.stack(np.meshgrid(axis, axis), -1)
    paths = [_path(name, rule, H, turn @ np.array(START), steps) for name, rule in _rules(steep, flat).items()]
    about = [f"f(w) = ½ wᵀ H w with curvatures {steep:g} and {flat:g}" + (f", turned by {angle:g} degrees" if angle else "")]
    return Landscape("ravine", "plain", axis, axis, height(grid, H), 0.0, paths=paths, about=about)


def height(w: Array, H: Array) -> Array:
    """f at w [..., 2]."""
    return np.asarray(0.5 * np.einsum("...i,ij,...j->...", w, H, w))


# A rule takes weights, gradient, the number of the step from 1 on and what it remembers, and returns weights and what it remembers.
Rule = Callable[[Array, Array, int, tuple[Array, ...]], tuple[Array, tuple[Array, ...]]]


def _rules(steep: float, flat: float) -> dict[str, Rule]:
    L, l = np.sqrt(steep), np.sqrt(flat)  # noqa: E741 - the symbols of the formula
    mu = ((L - l) / (L + l)) ** 2

    def descend(w: Array, g: Array, t: int, kept: tuple[Array, ...]) -> tuple[Array, tuple[Array, ...]]:
        return gradient_descent(w, g, rate=2 / (steep + flat)), kept

    def roll(w: Array, g: Array, t: int, kept: tuple[Array, ...]) -> tuple[Array, tuple[Array, ...]]:
        w, V = momentum(w, g, kept[0], rate=4 / (L + l) ** 2, mu=mu)
        return w, (V, kept[1])

    def adapt(w: Array, g: Array, t: int, kept: tuple[Array, ...]) -> tuple[Array, tuple[Array, ...]]:
        w, M, S = adam(w, g, kept[0], kept[1], t, rate=ADAM)
        return w, (M, S)

    return {"gradient descent": descend, "momentum": roll, "Adam": adapt}


def _path(name: str, rule: Rule, H: Array, w: Array, steps: int) -> Path:
    kept: tuple[Array, ...] = (np.zeros(2), np.zeros(2))
    seen = [w]
    for t in range(1, steps + 1):
        w, kept = rule(w, H @ w, t, kept)
        seen.append(w)
    places = np.array(seen)
    return Path(name, places, range(steps + 1), height(places, H))
