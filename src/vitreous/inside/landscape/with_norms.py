"""The network of a run with each batch norm as a layer of its own.

model.onnx has them in the weights of the convolutions before them, where what was learned cannot be told any more. So the catalogue's network is
built again by the recipe of the run, takes its weights, and is written with its norms apart. Both must give the same features.
"""

from importlib.util import find_spec

import numpy as np

from vitreous.core.text import visible
from vitreous.errors import RunError
from vitreous.infer.network import Network
from vitreous.inside.landscape.plane import Array
from vitreous.layers.walk import Walk, read_walk
from vitreous.runs.folder import RunFolder

WEIGHTS = "weights.safetensors"
_ROUNDING = 1e-3  # of the largest feature: what fp32 leaves through dozens of layers, far below what another network would give


def walk_with_norms(run: RunFolder, network: Network, walk: Walk) -> Walk:
    """As `walk`, that of model.onnx. Raises RunError where torch is missing, or where the run's files do not belong together."""
    name, recipe = visible(str(run.path)), (run.facts.get("classifier") or {}).get("recipe")
    if find_spec("torch") is None:
        arrived = "its norms stand in other layers' weights, and the network must be built again"
        raise RunError(f"the landscape of {name} needs torch", arrived, remedy='pip install "vitreous[train]"')
    if not recipe:
        raise RunError(f"{name} has no landscape", "it says no recipe, by which its network could be built again", remedy="train again")
    from vitreous.export.onnx_file import to_network_as_trained
    from vitreous.nets import build, load_weights

    net = build(recipe["net"], recipe["classes"], recipe["channels"], recipe["size"], recipe["seed"])
    load_weights(net, run.file(WEIGHTS))
    made = to_network_as_trained(net.eval(), network.labels, network.view, network.facts["mean"], network.facts["std"], {"network": recipe["net"]})
    again = read_walk(made.data)
    require_same(walk, again, network.view.size, name)
    return again


def require_same(walk: Walk, again: Walk, size: int, name: str) -> None:
    """Raises RunError where two networks give different features for a picture of noise."""
    image = np.random.default_rng(0).integers(0, 256, (1, size, size, 3)).astype(np.uint8)
    ours, theirs = (_features(each, image) for each in (again, walk))
    if ours.shape != theirs.shape or not np.abs(ours - theirs).max() <= _ROUNDING * np.abs(theirs).max():
        arrived = f"the network of {WEIGHTS} gives other features than model.onnx"
        raise RunError(f"the files of {name} do not belong together", arrived, remedy="train again")


def _features(walk: Walk, image: Array) -> Array:
    (given,) = walk.inputs
    return next(outputs[0] for node, outputs in walk.steps({given: image}) if "features" in node.outputs)
