"""The gradient of one number as a picture: it picks what is shown, `draw.chain` draws it."""

from collections.abc import Container
from typing import TYPE_CHECKING

import numpy as np

from vitreous.core.text import plural, visible
from vitreous.draw.arithmetic import short
from vitreous.draw.chain import Link, Plane, Product, chain
from vitreous.draw.lettering import drawable, within_a_sentence
from vitreous.draw.theme import Theme
from vitreous.inside.backwards import words
from vitreous.inside.backwards.chain import Factor, Terms
from vitreous.inside.telling import figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from vitreous.inside.backwards.gradient import Gradient

_PRODUCTS = 12
# Products on a map are told apart from this many places on.
_LEAST_OF_A_MAP = 9


def chain_of(found: "Gradient", theme: Theme) -> "Figure":
    """The products at the number itself, and the way from it to the loss."""
    first = found.steps[0]
    planes = _planes(first)
    products = [] if planes else _products(first, found.backwards.walk.constants)
    name = words.named(found, first)
    title = f"dL/d {name} is {_signed(first.gradient)}: {_sum(first)}"
    image = within_a_sentence(found.inside.image.replace("\\", "/").rsplit("/", 1)[-1], 40)
    lines = [f"{name} = {_signed(first.number)}: {words.what(found)}", f"The loss of {image}: {found.loss.words}, {figure(found.loss.amount)}"]
    links = [Link(words.named(found, step), step.gradient, _decisive(found, step)) for step in found.steps]
    return chain(title, "\n".join([*lines, words.ending(found).replace(" -", " −")]), planes, products, links, theme)


def _sum(step: Factor) -> str:
    if step.loss is not None or not step.terms:
        return "here the loss begins" if step.loss else "nothing that the loss depends on is made of it"
    return f"the sum of {plural(step.count, 'product')} of slope and gradient" if step.count > 1 else "one product of slope and gradient"


def _decisive(found: "Gradient", step: Factor) -> str:
    """As in the lines, with three figures."""
    if step.loss is not None:
        said, true = (short(each) for each in step.loss)
        return f"said of {drawable(found.loss.labels[step.place[-1]], 24)}: {said}, true: {true}"
    best = step.strongest
    if best is None:
        return words.decisive(found, step)
    each, k = step.terms[best[0]], best[1]
    product = f"{each.slopes.kind}: {short(float(each.slopes.slopes[k]))} × {short(float(each.gradients[k]))}"
    return f"{product}, largest of {step.count:,}" if step.count > 1 else product


def _planes(step: Factor) -> list[Plane]:
    """Slopes, gradients and products as maps, where they lie on rows and columns of one map."""
    if len(step.terms) != 1:
        return []
    (each,) = step.terms
    places = each.slopes.places
    if places.shape[-1] != 4 or len(places) < _LEAST_OF_A_MAP or len(np.unique(places[:, :2], axis=0)) > 1:
        return []
    (top, left), (bottom, right) = places[:, 2:].min(0), places[:, 2:].max(0)
    at = places[:, 2] - top, places[:, 3] - left
    planes = []
    into = words.number_text(each.slopes.output, tuple(places[0, :2].tolist()), False)
    for heading, numbers in ((_slope_heading(each), each.slopes.slopes), (f"gradient in {into}", each.gradients), ("products", each.products)):
        plane = np.full((bottom - top + 1, right - left + 1), np.nan)
        plane[at] = numbers
        planes.append(Plane(heading, plane))
    return planes


def _slope_heading(each: Terms) -> str:
    met = each.slopes.met
    if met is None:
        return "slope"
    cells = met.places[met.places[:, 0] >= 0]
    return (
        f"what it meets of {words.number_text(met.value, tuple(cells[0, :2].tolist()), False)}"
        if len(cells)
        else f"what it meets of {visible(met.value)}"
    )


def _products(step: Factor, constants: Container[str]) -> list[Product]:
    found = []
    for each in step.terms:
        order = words.largest(each, _PRODUCTS)
        for row, k in zip(words.product_rows(each, order, constants), order, strict=True):
            found.append(Product(" ".join(cell for cell in row[:-2] if cell).replace(" -", " −"), float(each.products[k])))
    found.sort(key=lambda product: -abs(product.amount))
    if (rest := step.count - min(_PRODUCTS, len(found))) > 0:
        amount = step.sum - sum(product.amount for product in found[:_PRODUCTS])
        return [*found[:_PRODUCTS], Product(f"the other {plural(rest, 'product')}", amount)]
    return found


def _signed(number: float) -> str:
    """Five figures, with a true minus."""
    return figure(number).replace("-", "−", 1) if number < 0 else figure(number)
