"""Which weight somebody means, and what it is.

A weight has the name that the file gives it, such as `conv2.0.conv1.weight`; besides, a stage or a step that learns in one place only can be
named in its place, `conv1.weight`, and torch's own names are understood where they lead to one weight: `stages.conv1.0.weight`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from vitreous.core.text import visible
from vitreous.errors import UsageError, nearest
from vitreous.inside.place import FORM, Place
from vitreous.inside.stages import learned, stage_called, stage_names
from vitreous.layers.operators import Node
from vitreous.layers.walk import Walk
from vitreous.layers.window import Array

# The inputs of a node that are learned, by the names that torch gives them.
_ROLES = {"weight": 1, "bias": 2}
_LONGEST = 80
# Layers that do nothing of their own in the file.
_FOLDED = ("norm", "bn", "batchnorm")


@dataclass(frozen=True)
class Weight:
    """`name`: the constant; `node`: the first that uses it; `number`: which of its inputs it is."""

    name: str
    node: Node
    number: int

    def words(self, shape: tuple[int, ...], place: Place) -> str:
        """What the number at this place is."""
        kind, name = self.node.kind, visible(self.node.outputs[0])
        if kind == "Conv" and self.number == 1:
            groups = self.node.attributes.get("group", 1)
            m, c, u, v = place
            channel = m // (shape[0] // groups) * shape[1] + c
            kernel = f"output channel {m}, input channel {channel}, row {u}, column {v} of kernels {shape[2]} × {shape[3]}"
            return f"a weight of the convolution {name}: {kernel}{f', in {groups:,} groups' if groups > 1 else ''}"
        if self.number == 2 and kind in ("Conv", "Gemm"):
            return f"the bias of {'channel' if kind == 'Conv' else 'output'} {place[-1]} of {name}"
        if kind in ("Gemm", "MatMul") and len(place) == 2:
            output, source = place if self.node.attributes.get("transB") else place[::-1]
            return f"a weight of the fully connected layer {name}: to output {output}, from input {source}"
        if kind == "BatchNormalization":
            return f"{('', 'γ', 'β', 'the running mean', 'the running variance')[self.number]} of channel {place[0]} of the batch norm {name}"
        return f"a constant of {name} ({kind})"


def weight_called(walk: Walk, values: Mapping[str, Array], name: str) -> str | None:
    """The constant of this name, by any of the ways above; None where it is none."""
    if name in walk.constants and walk.constants[name].dtype.kind == "f":
        return name
    short = name.removeprefix("stages.")
    if short in walk.constants:
        return short
    stem, _, role = short.rpartition(".")
    if role not in _ROLES or not stem:
        return None
    known = [each for each in stage_names(walk, values) if each == stem or stem == f"{each}.0"]
    found = {each for stage in known for each in _learned_in(walk, values, stage, _ROLES[role])}
    return found.pop() if len(found) == 1 else None


def require_known(walk: Walk, values: Mapping[str, Array], name: str) -> UsageError:
    """What to say where there is neither a weight nor a value of this name."""
    shown = visible(name if len(name) <= _LONGEST else name[:_LONGEST] + "…")
    if any(part.startswith(_FOLDED) for part in name.lower().split(".")) and not any(node.kind == "BatchNormalization" for node in walk.nodes):
        remedy = "batch norm is folded into the weights of the convolution before it; " + nearest(name[:_LONGEST], learned_names(walk))
        return UsageError(f"the network has no weight {shown!r}", remedy=remedy)
    known = {*learned_names(walk), *walk.inputs, *walk.names, *stage_names(walk, values)}
    needed = FORM if any(c in name for c in "[](),;") or not name else ""
    return UsageError(f"the network has no weight or value {shown!r}", "", needed, nearest(name[:_LONGEST], known))


def learned_names(walk: Walk) -> list[str]:
    """The weights that are learned, in working order."""
    return list(dict.fromkeys(name for node in walk.nodes for name in learned(node, walk)))


def weight_of(walk: Walk, name: str) -> Weight | None:
    """What uses a constant: by way of constants that are made of it alone (a cast, a transposition), where there are such."""
    for node in walk.nodes:
        if name in node.inputs:
            return Weight(name, node, node.inputs.index(name))
    for node in walk.folded:
        if name in node.inputs and (found := weight_of(walk, node.outputs[0])):
            return found
    return None


def _learned_in(walk: Walk, values: Mapping[str, Array], stage: str, number: int) -> list[str]:
    """The weights of this role in the nodes of a stage."""
    own = set(stage_called(walk, values, stage).nodes)
    nodes = [node for node in walk.nodes if node.name in own]
    return [node.inputs[number] for node in nodes if len(node.inputs) > number and node.inputs[number] in learned(node, walk)]
