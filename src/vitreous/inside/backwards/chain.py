"""The chain rule, one number after the other: how the gradient of the loss in it comes about.

    dL/dx = Σ over the numbers y that x goes into of  ∂y/∂x · dL/dy

Each product is a slope times a gradient; each of those gradients is again such a sum, up to the loss. `follow` writes out the sum of the number
that was asked for, then that of the y with the strongest product, and so on: all products at every step, one way through them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from vitreous.inside.backwards.loss import Loss
from vitreous.inside.backwards.slope import Slopes
from vitreous.inside.backwards.slopes import slopes_of
from vitreous.inside.number import plain
from vitreous.inside.place import Place, without_batch
from vitreous.layers.operators import Node
from vitreous.layers.walk import Walk
from vitreous.layers.window import Array

# fp32 sums of thousands of products, in another order
_TOLERANCE = 1e-5


@dataclass(frozen=True, eq=False)
class Terms:
    """The products by way of one value: `gradients` [T] of the numbers that our number goes into, beside their `slopes`."""

    slopes: Slopes
    gradients: Array

    @property
    def products(self) -> Array:
        """slope · gradient, in float64."""
        return self.slopes.slopes.astype(np.float64) * self.gradients.astype(np.float64)

    @property
    def written_out(self) -> bool:
        return len(self.slopes.places) > 0


@dataclass(frozen=True, eq=False)
class Factor:
    """A number at `place` (full) of `value`, its gradient, and the products that the gradient is the sum of; none for a score of the loss itself.

    `loss`: for a score, what was said and what is true.
    """

    value: str
    place: Place
    number: float
    gradient: float
    terms: tuple[Terms, ...] = ()
    loss: tuple[float, float] | None = None

    @property
    def sum(self) -> float:
        return float(sum(each.products.sum() for each in self.terms))

    @property
    def size(self) -> float:
        """Σ of the absolute products."""
        return float(sum(np.abs(each.products).sum() for each in self.terms))

    @property
    def count(self) -> int:
        return sum(len(each.slopes.slopes) for each in self.terms)

    @property
    def written_out(self) -> bool:
        """Whether all products are there: not where an operator mixes too many numbers."""
        return all(each.written_out for each in self.terms)

    @property
    def strongest(self) -> tuple[int, int] | None:
        """The number of the terms, and of the product in them, with the largest size; where all are 0 the largest slope. None where there is none."""
        for sizes in ([np.abs(each.products) for each in self.terms], [np.abs(each.slopes.slopes) for each in self.terms]):
            best = [(float(np.nan_to_num(size).max()), -k) for k, size in enumerate(sizes) if len(size)]
            if best and max(best)[0] > 0:
                k = -max(best)[1]
                return k, int(np.nan_to_num(sizes[k]).argmax())
        return None

    def to_json(self) -> dict[str, Any]:
        written: dict[str, Any] = {
            "value": self.value,
            "place": list(without_batch(self.place)) if self.loss else list(self.place),
            "number": plain(self.number),
            "gradient": plain(self.gradient),
            "terms": [_terms_json(each) for each in self.terms],
        }
        return written | ({"said": plain(self.loss[0]), "true": plain(self.loss[1])} if self.loss else {"sum": plain(self.sum)})


class Backwards:
    """The loss of one walk, with the gradient of every value on the way to it from `start`."""

    def __init__(self, walk: Walk, values: Mapping[str, Array], loss: Loss, start: str) -> None:
        self.walk, self.values, self.loss = walk, values, loss
        self.users: dict[str, list[Node]] = {}
        for node in (*walk.folded, *walk.nodes):
            for name in dict.fromkeys(node.inputs):
                self.users.setdefault(name, []).append(node)
        reached = {start}
        for node in (*walk.folded, *walk.nodes):
            if reached.intersection(node.inputs):
                reached.update(name for name in node.outputs if name and name in values and values[name].dtype.kind == "f")
        self.gradients = walk.gradients(values, {loss.scores: loss.gradient}, reached)

    def factor(self, name: str, place: Place) -> Factor:
        """The gradient in the number at `place` (full), written out."""
        number, gradient = float(self.values[name][place]), float(self.gradients[name][place])
        if name == self.loss.scores:
            return Factor(name, place, number, gradient, (), (float(self.loss.probability[place]), float(self.loss.target[place])))
        terms = []
        for node in self.users.get(name, ()):
            for slopes in slopes_of(node, self.values, name, place):
                if slopes.output in self.gradients:
                    terms.append(Terms(slopes, self.gradients[slopes.output][tuple(slopes.places.T)]))
        factor = Factor(name, place, number, gradient, tuple(terms))
        _check(factor)
        return factor

    def follow(self, name: str, place: Place) -> list[Factor]:
        """From the number at `place` (full) to the loss by the strongest product; it ends earlier where no gradient comes through."""
        steps = [self.factor(name, place)]
        while best := steps[-1].strongest:
            slopes = steps[-1].terms[best[0]].slopes
            steps.append(self.factor(slopes.output, tuple(int(k) for k in slopes.places[best[1]])))
        return steps


def strongest_place(gradient: Array) -> Place:
    """Where a gradient is largest."""
    return tuple(int(k) for k in np.unravel_index(int(np.nan_to_num(np.abs(gradient)).argmax()), gradient.shape))


def share_of_way(steps: list[Factor]) -> float:
    """How much of the first gradient the one way carries: the product of its slopes, times the gradient at its end, in shares of it."""
    carried = steps[-1].gradient
    for above, _ in pairwise(steps):
        best = above.strongest
        assert best is not None
        carried *= float(above.terms[best[0]].slopes.slopes[best[1]])
    return carried / steps[0].gradient if steps[0].gradient else 0.0


def _check(factor: Factor) -> None:
    """Our sum is the gradient that the walk computed."""
    if factor.written_out and np.isfinite(factor.gradient):
        assert abs(factor.sum - factor.gradient) <= _TOLERANCE * max(factor.size, 1e-30), (factor.value, factor.sum, factor.gradient)


def _terms_json(each: Terms) -> dict[str, Any]:
    slopes = each.slopes
    written: dict[str, Any] = {
        "into": slopes.output,
        "operator": slopes.kind,
        "rule": slopes.rule or None,
        "places": [list(without_batch(tuple(place))) for place in slopes.places.tolist()],
        "slopes": [plain(number) for number in slopes.slopes.tolist()],
        "gradients": [plain(number) for number in each.gradients.tolist()],
        "products": [plain(number) for number in each.products.tolist()],
    }
    if slopes.met:
        cells = slopes.met.places.tolist()
        written["slopes_of"] = slopes.met.value
        written["slopes_at"] = [None if cell and cell[0] < 0 else cell for cell in cells]
    return written
