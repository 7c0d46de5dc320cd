"""The part of a network behind its first learned weight: what has to be worked out again at every point of a plane.

    image ─ fixed nodes ─ seam ─ first layer ─ the rest ─ logits

What comes before the seam is the same at every point. The first layer is linear in its weights, so at W* + α D₁ + β D₂ it gives
Y* + α Y₁ + β Y₂: its answers at all points follow from three.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np

from vitreous.core.text import visible
from vitreous.errors import ModelError
from vitreous.inside.landscape.losses import Floats, losses
from vitreous.inside.landscape.plane import Array, Plane, Weights
from vitreous.layers.operators import OPERATORS, Node
from vitreous.layers.walk import Walk

LOGITS = "logits"
_LINEAR = ("Conv", "Gemm", "MatMul")
BLOCK = 128  # pictures at once


@dataclass(frozen=True)
class Program:
    """`nodes` from `seam` to logits; `constants` that are not learned; `weights` that are, as they were trained."""

    nodes: list[Node]
    constants: dict[str, Array]
    weights: dict[str, Array]
    seam: str
    fixed: list[Node]

    @property
    def first(self) -> Node | None:
        """The node that is the first layer: its other inputs are all learned, its answer is linear in them. None where there is no such node."""
        node = self.nodes[0]
        learned = [name in self.weights for name in node.inputs[1:] if name]
        return node if node.kind in _LINEAR and node.inputs[0] == self.seam and all(learned) else None


def program_of(walk: Walk, weights: dict[str, Array], named: str) -> Program:
    """Cut a network at its learned `weights`. Raises ModelError where it has no logits, or where it cannot be cut at one value."""
    if LOGITS not in walk.names:
        raise ModelError(f"{visible(named)} has no landscape", "it gives no logits", "a network as vitreous train writes it")
    reached: set[str] = set(weights)
    moved, fixed = [], []
    for node in walk.nodes:
        if reached.intersection(node.inputs):
            reached.update(node.outputs)
            moved.append(node)
        else:
            fixed.append(node)
    moved = _needed(moved, {LOGITS})
    made = {name for node in moved for name in node.outputs}
    seams = {name for node in moved for name in node.inputs if name and name not in made | walk.constants.keys() | weights.keys()}
    if len(seams) != 1:
        raise ModelError(f"{visible(named)} has no landscape", f"its learned part begins at {len(seams)} values", "one")
    seam = seams.pop()
    used = {name for node in moved for name in node.inputs}
    constants = {name: value for name, value in walk.constants.items() if name in used and name not in weights}
    return Program(moved, constants, {name: value for name, value in weights.items() if name in used}, seam, _needed(fixed, {seam}))


def logits(program: Program, weights: Weights, X: Array) -> Array:
    """[N, K] of values X [N, …] at the seam."""
    return np.concatenate([_run(program.nodes, {**program.constants, **weights, program.seam: X[rows]}) for rows in blocks(len(X))])


def at_points(program: Program, plane: Plane, alphas: Floats, betas: Floats, X: Array) -> Iterator[tuple[int, int, Array]]:
    """Row, column and logits [N, K] of a block of pictures at all points: the network at each, with the first layer's work done once."""
    first = program.first
    nodes = program.nodes[1:] if first else program.nodes
    three = [_run([first], {program.seam: X, **part}, first.outputs[0]) for part in (plane.centre, plane.first, plane.second)] if first else []
    for row, beta in enumerate(betas):
        for column, alpha in enumerate(alphas):
            values = program.constants | (plane.at(alpha, beta) if nodes else {}) | {program.seam: X}
            if first:
                values[first.outputs[0]] = three[0] + np.float32(beta) * three[2] + np.float32(alpha) * three[1]
            yield row, column, _run(nodes, values)


def summed(program: Program, plane: Plane, alphas: Floats, betas: Floats, X: Array, target: Array) -> Floats:
    """The sums of the losses of a block of pictures at all points, [B, A]."""
    total = np.zeros((len(betas), len(alphas)))
    for row, column, found in at_points(program, plane, alphas, betas, X):
        total[row, column] = losses(found, target).sum()
    return total


def blocks(count: int, size: int = BLOCK) -> list[slice]:
    return [slice(start, min(start + size, count)) for start in range(0, count, size)]


def run_fixed(program: Program, values: dict[str, Array]) -> Array:
    """The seam from values before it."""
    return _run(_needed(program.fixed, {program.seam}, values), values, program.seam)


def _run(nodes: list[Node], values: dict[str, Array], wanted: str = LOGITS) -> Array:
    values = dict(values)
    for node in nodes:
        made = OPERATORS[node.kind].forward(node, [values[name] if name else None for name in node.inputs])
        values.update(zip(node.outputs, made, strict=False))
    return values[wanted]


def _needed(nodes: list[Node], wanted: Collection[str], known: Collection[str] = ()) -> list[Node]:
    """Those of `nodes` that the wanted values come from, in order, as far as these are not known."""
    wanted, kept = set(wanted), []
    for node in reversed(nodes):
        if wanted.intersection(node.outputs) and not set(known).intersection(node.outputs):
            kept.append(node)
            wanted.update(node.inputs)
    return kept[::-1]
