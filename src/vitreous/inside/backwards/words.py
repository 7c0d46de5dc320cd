"""The gradient of one number as lines of text: what it is, every product of it or the largest ones, and the way to the loss."""

from collections.abc import Container
from typing import TYPE_CHECKING

import numpy as np

from vitreous.core.text import plural, visible
from vitreous.inside.backwards.chain import Factor, Terms
from vitreous.inside.place import Place, without_batch
from vitreous.inside.telling import NUMBERS, aligned, figure
from vitreous.nets.catalogue import CATALOGUE

if TYPE_CHECKING:
    from vitreous.inside.backwards.gradient import Gradient

# Their batch norm is in the weights of their convolutions, as the export folds it.
_NORMALIZED = {"resnet", "resnet_cifar", "resnet9", "efficientnet_lite"}


def lines(found: "Gradient") -> list[str]:
    """The number and its sum with the largest products of it, then a line for each number on the way to the loss."""
    first = found.steps[0]
    shown = [f"{named(found, first)} = {figure(first.number)}: {what(found)}"]
    if note := folded(found):
        shown.append(f"  {note}")
    shown += [f"loss: {found.loss.words}, {figure(found.loss.amount)}", ""]
    if found.chosen:
        shown.append(f"of its {plural(found.whole.size, 'number')} the one with the largest gradient")
    shown += [f"dL/d {named(found, first)} = {figure(first.gradient)}", *_sum_lines(found, first, NUMBERS)]
    if len(found.steps) > 1:
        shown += ["", "and the strongest of those gradients, in its turn, up to the loss:"]
        rows = [[f"dL/d {named(found, step)}", figure(step.gradient), decisive(found, step)] for step in found.steps[1:]]
        shown += aligned(rows, left=1, text=(2,))
    return [*shown, ending(found)]


def what(found: "Gradient") -> str:
    """What the number is, in words."""
    step = found.steps[0]
    if found.weight:
        return found.weight.words(found.backwards.values[found.weight.name].shape, step.place)
    if step.value in found.backwards.walk.inputs:
        return "a number of the picture, 0 to 255"
    return f"a value of this picture, by {found.backwards.walk.node_of(step.value).kind}"


def folded(found: "Gradient") -> str:
    """What the export made of a weight: the gradient is that of the number in the file."""
    network = CATALOGUE.get(str(found.inside.network.facts.get("network")))
    if not found.weight or found.weight.node.kind != "Conv" or network is None or network.file not in _NORMALIZED:
        return ""
    if found.weight.number == 1:
        return "batch norm is folded into it: γ / √(variance + ε) times the weight that was trained, for which the gradient is so many times this one"
    return "batch norm is folded into it: β − mean · γ / √(variance + ε)"


def decisive(found: "Gradient", step: Factor) -> str:
    """How the gradient comes about, by its strongest product."""
    if step.loss is not None:
        said, true = (f"{each:.4g}" for each in step.loss)
        return f"said of {visible(found.loss.labels[step.place[-1]])}: {said}, true: {true}"
    best = step.strongest
    if best is None:
        return "every slope is 0" if step.terms else "nothing is made of it"
    each, k = step.terms[best[0]], best[1]
    product = f"{figure(float(each.slopes.slopes[k]))} × {figure(float(each.gradients[k]))}"
    if step.count == 1:
        return f"{each.slopes.kind}: {product}, {each.slopes.rule}"
    return f"{each.slopes.kind}: {product} = {figure(float(each.products[k]))}, the largest of {plural(step.count, 'product')}"


def ending(found: "Gradient") -> str:
    """How the way ends, and how much of the gradient came by it."""
    last = found.steps[-1]
    if last.loss is not None:
        if len(found.steps) == 1 or found.share == 1:
            return "all of the gradient came this way"
        carried = figure(found.share * found.amount)
        return f"this way alone carries {carried} of the {figure(found.amount)}; the rest goes by the other products"
    if not last.written_out:
        kinds = ", ".join(dict.fromkeys(each.slopes.kind for each in last.terms if not each.written_out))
        return f"the way ends here: {kinds} mixes too many numbers to write them out"
    if last.terms:
        return f"the way ends here: every slope is 0 ({', '.join(dict.fromkeys(each.slopes.rule for each in last.terms))})"
    return "the way ends here: nothing that the loss depends on is made of it"


def number_text(name: str, place: Place, is_weight: bool) -> str:
    shown = place if is_weight else without_batch(place)
    return f"{visible(name)}[{','.join(map(str, shown))}]" if shown else visible(name)


def product_rows(each: Terms, order: list[int], constants: Container[str]) -> list[list[str]]:
    """slope × gradient = product, with where the slope stands and which number the gradient is of."""
    rows = []
    slopes = each.slopes
    for k in order:
        met = ""
        if slopes.met:
            cell = tuple(slopes.met.places[k].tolist())
            met = "padding" if cell and cell[0] < 0 else number_text(slopes.met.value, cell, slopes.met.value in constants)
        into = f"dL/d {number_text(slopes.output, tuple(slopes.places[k].tolist()), False)}"
        rows.append([met, figure(float(slopes.slopes[k])), "×", into, figure(float(each.gradients[k])), "=", figure(float(each.products[k]))])
    return rows


def largest(each: Terms, count: int) -> list[int]:
    order: list[int] = np.argsort(-np.abs(np.nan_to_num(each.products)), kind="stable")[:count].tolist()
    return order


def named(found: "Gradient", step: Factor) -> str:
    return number_text(step.value, step.place, bool(found.weight) and step.value in found.backwards.walk.constants)


def _sum_lines(found: "Gradient", step: Factor, count: int) -> list[str]:
    if step.loss is not None:
        said, true = step.loss
        mean = f", a mean of {plural(len(found.loss.labels), 'label')}" if found.loss.kind.startswith("binary") else ""
        label = visible(found.loss.labels[step.place[-1]])
        return [f"  what was said of {label}, {figure(said)}, minus what is true, {figure(true)}{mean}: here the loss begins"]
    shown: list[str] = []
    for each in step.terms:
        slopes = each.slopes
        if not each.written_out:
            shown.append(f"  by {slopes.kind} into {visible(slopes.output)}: too many numbers depend on it to write them out")
            continue
        shown.append(f"  by {slopes.kind} into {visible(slopes.output)}, {plural(len(slopes.slopes), 'product')}: slope ({slopes.rule}) × gradient")
        order = largest(each, count)
        shown += [f"    {line}" for line in aligned(product_rows(each, order, found.backwards.walk.constants), left=1, text=(0, 3))]
        if (rest := len(slopes.slopes) - len(order)) > 0:
            shown.append(f"    the other {plural(rest, 'product')} together {figure(float(each.products.sum() - each.products[order].sum()))}")
    if step.count > 1:
        shown.append(f"  sum of {plural(step.count, 'product')} {figure(step.sum)}, of their sizes {figure(step.size)}")
    return shown
