"""The network of a run at other moments of its training, for what is looked at before and after it.

Before training is made again, not stored: the same network of the same seed, by the recipe of the run. With torch that is the catalogue's, exported
like the run; without it the small network's own graph. A run on the features of a frozen network has no such moment: its kernels were never
trained. Needs torch where the run was trained with it; without it there is no moment before.

Between are some of the epochs that `train --keep-path` has kept. Of a network with batch norm there are none: the path holds what is learned, not the
means and variances by which a norm goes into its kernels.
"""

from importlib.util import find_spec
from typing import Any

import numpy as np

from vitreous.fit.small.graphs import MEAN, SCALE, SMALL_NETS, small_graph
from vitreous.infer.network import Network
from vitreous.inside.filters.filters import Moment
from vitreous.layers.walk import Walk, read_walk
from vitreous.runs.contents import PATH
from vitreous.runs.folder import RunFolder

BEFORE = "before"
_EPOCHS = 3  # between before and after


def moments_of(run: RunFolder, network: Network) -> list[Moment]:
    """The moments before the end, in their order; none where nothing below the last layer was trained, or where it cannot be made again here."""
    recipe = (run.facts.get("classifier") or {}).get("recipe")
    if recipe:
        return [Moment(BEFORE, read_walk(_of_recipe(recipe, network).data))] if find_spec("torch") else []
    small = _small(network, run.settings.get("seed"))
    return [Moment(BEFORE, small)] if small else []


def epochs_of(run: RunFolder, network: Network) -> list[Moment]:
    """Up to three epochs on the way from before training to the weights that the run kept, as evenly as its path has them."""
    if PATH not in run.document.files:
        return []
    from vitreous.inside.landscape.learned import kept_weights, learned, path_of

    if kept_weights(run).has_norms:
        return []
    found = learned(run, network)
    epochs, weights = path_of(run, found)
    end = run.facts["classifier"]["best_epoch"]
    between = [place for place, epoch in enumerate(epochs) if 0 < epoch < end]
    chosen = np.unique(np.linspace(0, len(between) - 1, min(_EPOCHS, len(between))).round().astype(int))
    moments = []
    for place in (between[each] for each in chosen):
        walk = read_walk(network.data)
        walk.constants.update(weights[place])
        moments.append(Moment(f"epoch {epochs[place]}", walk))
    return moments


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
