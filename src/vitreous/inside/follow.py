"""Follow a number down to the pixels and up to the answer, one number after the other.

Down: at each step to the number that decides: the largest product of a sum, the largest number of a pooling.
Up: at each step to the number that carries the most influence: its gradient in the answer times what would change in it were our
number 0. The gradient comes from walking the whole network backwards once; the change from working out one node a second time.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from vitreous.core.view import View
from vitreous.inside.number import Arithmetic, explain_full, plain
from vitreous.inside.place import Place, without_batch
from vitreous.layers.operators import OPERATORS, Node
from vitreous.layers.walk import Walk
from vitreous.layers.window import Array

Values = Mapping[str, Array]


@dataclass(frozen=True)
class Reached:
    """A number on the way up: what it is, how much of it comes from the number before it, and what that means for the answer:
    `influence` = gradient · change."""

    value: str
    place: Place
    result: float
    kind: str
    change: float
    influence: float

    def to_json(self) -> dict[str, Any]:
        return {
            "value": self.value,
            "place": list(without_batch(self.place)),
            "result": plain(self.result),
            "operator": self.kind,
            "change": plain(self.change),
            "influence": plain(self.influence),
        }


def account(walk: Walk, values: Values, made: Arithmetic) -> list[Arithmetic]:
    """`made` preceded by what it was made of, back to the first sum of several numbers: convolution first, its activation last."""
    steps = [made]
    while steps[0].form in ("function", "copied", "weighted sum") and steps[0].count == 1 and (below := _below(walk, values, steps[0])):
        steps.insert(0, below)
    return steps


def down(walk: Walk, values: Values, made: Arithmetic) -> list[Arithmetic]:
    """From `made` by the number that decides, to a pixel; it ends earlier where nothing but padding goes in."""
    steps = [made]
    while below := _below(walk, values, steps[-1]):
        steps.append(below)
    return steps


def up(walk: Walk, values: Values, made: Arithmetic, answer: str, place: Place) -> list[Reached]:
    """From `made` to the number at `place` (full) of the value `answer`, by the strongest influence; empty where nothing depends on it."""
    seed = np.zeros(values[answer].shape, np.float32)
    seed[place] = 1
    wanted = [name for name in walk.names if values[name].dtype.kind == "f"]
    gradients = walk.gradients(values, {answer: seed}, wanted)
    last = walk.node_of(answer)
    if last.kind == "Softmax" and not gradients[last.inputs[0]].any():  # so sure that nothing changes it: its score instead
        gradients = walk.gradients(values, {last.inputs[0]: seed}, wanted) | {answer: seed}
    users: dict[str, list[Node]] = {}
    for node in walk.nodes:
        for name in dict.fromkeys(node.inputs):
            users.setdefault(name, []).append(node)
    steps: list[Reached] = []
    name, at = made.value, made.place
    while name != answer:
        best: Reached | None = None
        for node in users.get(name, ()):
            found = _strongest(node, values, name, at, gradients)
            if found and (best is None or abs(found.influence) > abs(best.influence)):
                best = found
        if best is None:
            break
        steps.append(best)
        name, at = best.value, best.place
    return steps


def pixel_of_file(place: Place, view: View, width: int, height: int) -> tuple[float, float, float, float]:
    """The part of a file's upright picture, `width` × `height` pixels, that row and column of the network's picture stand for: x0, y0, x1, y1."""
    x0, y0, x1, y1 = view.box(width, height)
    row, column = without_batch(place)[:2]
    across, down_ = (x1 - x0) / view.size, (y1 - y0) / view.size
    return x0 + column * across, y0 + row * down_, x0 + (column + 1) * across, y0 + (row + 1) * down_


def _below(walk: Walk, values: Values, made: Arithmetic) -> Arithmetic | None:
    if made.strongest is None:
        return None
    operand, index = made.strongest
    place = tuple(int(k) for k in operand.places[index])
    return None if not place or place[0] < 0 else explain_full(walk, values, operand.value, place)


def _strongest(node: Node, values: Values, name: str, at: Place, gradients: Mapping[str, Array]) -> Reached | None:
    """The number of a node's output that carries the most influence of one number of its input."""
    without = values[name].copy()
    without[at] = 0
    inputs = [without if each == name else values[each] if each else None for each in node.inputs]
    best: Reached | None = None
    for output, changed in zip(node.outputs, OPERATORS[node.kind].forward(node, inputs), strict=False):
        if output not in gradients or changed.shape != values[output].shape:
            continue
        change = values[output] - changed
        influence = gradients[output] * change
        place = tuple(int(k) for k in np.unravel_index(int(np.abs(influence).argmax()), influence.shape))
        if influence[place] != 0 and (best is None or abs(influence[place]) > abs(best.influence)):
            best = Reached(output, place, float(values[output][place]), node.kind, float(change[place]), float(influence[place]))
    return best
