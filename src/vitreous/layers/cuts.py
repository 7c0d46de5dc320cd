"""Where a network can be cut in two: a value through which everything goes that reaches the features.

places_to_cut(walk, values)       # one place for each size of the maps, the deepest first
"""

from collections.abc import Mapping

from vitreous.layers.operators import Node
from vitreous.layers.walk import Walk
from vitreous.layers.window import Array

FEATURES = "features"
_LEAST_SIDE = 4  # places along the side of a map from which on there is something to cut
_NARROW = 2


def behind(walk: Walk, cut: str) -> list[Node]:
    """The nodes from the value `cut` to the features, in order."""
    wanted, found = {FEATURES}, []
    for node in reversed(walk.nodes):
        if wanted.intersection(node.outputs) and cut not in node.outputs:
            found.append(node)
            wanted.update(name for name in node.inputs if name not in walk.constants)
    return found[::-1]


def cuts(walk: Walk, values: Mapping[str, Array]) -> list[str]:
    """The values [N, C, H, W] through which everything that reaches the features goes, the deepest first. `values`: of a walk, for their shapes."""
    found = []
    nodes = behind(walk, "")
    for place, node in enumerate(nodes):
        value = node.outputs[0]
        later = {name for each in nodes[place + 1 :] for name in each.inputs}
        earlier = {name for each in nodes[:place] for name in each.outputs}
        if values[value].ndim == 4 and not (later & (earlier | walk.inputs.keys())):
            found.append(value)
    return found[::-1]


def narrow_places(walk: Walk, values: Mapping[str, Array]) -> list[str]:
    """Of every size of the maps the deepest place where the network can be cut that is nearly as narrow as the narrowest, the deepest first: what
    is widened within a block takes many times the room."""
    sizes: dict[tuple[int, ...], list[str]] = {}
    for value in cuts(walk, values):
        if min(values[value].shape[2:]) >= _LEAST_SIDE:
            sizes.setdefault(values[value].shape[2:], []).append(value)
    narrowest = {size: min(values[value].shape[1] for value in places) for size, places in sizes.items()}
    return [next(value for value in places if values[value].shape[1] <= _NARROW * narrowest[size]) for size, places in sizes.items()]


def places_to_cut(walk: Walk, values: Mapping[str, Array]) -> list[str]:
    """The narrow places before the smallest maps, so that all that works on these lies behind each of them."""
    made = [values[node.outputs[0]] for node in behind(walk, "")]
    areas = [value.shape[2] * value.shape[3] for value in made if value.ndim == 4 and min(value.shape[2:]) >= _LEAST_SIDE]
    return [value for value in narrow_places(walk, values) if values[value].shape[2] * values[value].shape[3] > min(areas)]
