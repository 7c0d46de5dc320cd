"""The network of a run at other moments of its training, for what is looked at before and after it.

Before training is made again, not stored: the same network of the same seed, by the recipe of the run. With torch that is the catalogue's, exported
like the run; without it the small network's own graph. A run on the features of a frozen network has no such moment: its kernels were never
trained. Needs torch where the run was trained with it; without it there is no moment before.
"""

from importlib.util import find_spec
from typing import Any

from vitreous.fit.small.graphs import MEAN, SCALE, SMALL_NETS, small_graph
from vitreous.infer.network import Network
from vitreous.inside.filters.filters import Moment
from vitreous.layers.walk import Walk, read_walk
from vitreous.runs.folder import RunFolder

BEFORE = "before"


def moments_of(run: RunFolder, network: Network) -> list[Moment]:
    """The moments before the end, in their order; none where nothing below the last layer was trained, or where it cannot be made again here."""
    recipe = (run.facts.get("classifier") or {}).get("recipe")
    if recipe:
        return [Moment(BEFORE, read_walk(_of_recipe(recipe, network).data))] if find_spec("torch") else []
    small = _small(network, run.settings.get("seed"))
    return [Moment(BEFORE, small)] if small else []


def _of_recipe(recipe: dict[str, Any], network: Network) -> Network:
    from vitreous.export.onnx_file import to_network
    from vitreous.nets import build

    net = build(recipe["net"], recipe["classes"], recipe["channels"], recipe["size"], recipe["seed"])
    facts = {"task": network.facts.get("task", "classify"), "network": recipe["net"]}
    return to_network(net.eval(), network.labels, network.view, network.facts["mean"], network.facts["std"], facts)


def _small(network: Network, seed: Any) -> Walk | None:
    """The run's network with the weights that a small one of this seed begins with."""
    kind = network.facts.get("network")
    if kind not in SMALL_NETS or not isinstance(seed, int):
        return None
    walk = read_walk(network.data)
    channels = 1 if "pixels.luma" in walk.constants else 3
    begun = read_walk(small_graph(str(kind), len(network.labels), channels, network.view.size, seed))
    for name, value in begun.constants.items():
        if name not in (MEAN, SCALE) and name in walk.constants and walk.constants[name].shape == value.shape:
            walk.constants[name] = value
    return walk
