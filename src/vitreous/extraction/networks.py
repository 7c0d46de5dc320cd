"""Which network makes the features, and which of its values they are."""

from pathlib import Path
from typing import get_args

from vitreous.core.text import visible
from vitreous.errors import ModelError, UsageError, nearest
from vitreous.export.published import published_network
from vitreous.export.timm_backbone import timm_network
from vitreous.fit.features import Pool, Wanted
from vitreous.fit.foreign import foreign_network, remarks
from vitreous.fit.foreign.options import ForeignOptions
from vitreous.fit.methods import NETS, SHIPPED
from vitreous.infer.network import Network, load_network
from vitreous.inside.stages import stage_called
from vitreous.inside.strongest.points import blank
from vitreous.layers.walk import read_walk
from vitreous.nets.catalogue import CATALOGUE, PUBLISHED, full_name

POOLS = get_args(Pool)


def network_named(name: str | None, size: int | None = None) -> tuple[Network, list[str]]:
    """The shipped network (None), lite1 or lite2, a file FILE.onnx of ours or from elsewhere, or timm:NAME; with what there is to remark of it.
    `size`: the side of its pictures, for a file from elsewhere that leaves it open.

    Raises UsageError for a name that has no weights here and for a size that a network does not take, ModelError for what cannot be used.
    """
    if name and name.lower().endswith(".onnx"):
        try:
            network = load_network(Path(name))
        except ModelError:  # from elsewhere, or broken: then this says so
            network = foreign_network(Path(name), ForeignOptions(size=size))
            return network, remarks(network)
        _require_no(size, visible(name))
        return network, []
    _require_no(size, visible(name or SHIPPED))
    name = full_name(name) if name else SHIPPED
    if name == SHIPPED:
        return load_network(), []
    if name in PUBLISHED:
        return published_network(name), []
    if name.startswith("timm:"):
        return timm_network(name.removeprefix("timm:")), []
    if name in NETS or name in CATALOGUE:
        remedy = f"vitreous train FOLDER --net {name}, then vitreous features RUN FOLDER"
        raise UsageError(f"--net {visible(name)}", "it has no weights before it is trained", "a trained network", remedy)
    raise UsageError(
        f"unknown network {visible(name)!r}", "--net takes these, a file FILE.onnx or timm:NAME", remedy=nearest(name, [SHIPPED, *PUBLISHED])
    )


def _require_no(size: int | None, named: str) -> None:
    if size is not None:
        raise UsageError("--size", f"{named} has its own", "a FILE.onnx from elsewhere that leaves it open", "leave it away")


def wanted_of(network: Network, stage: str | None, pool: Pool = "mean") -> Wanted:
    """A stage's value, at whatever depth; without one the network's features.

    Raises UsageError with the nearest names for a stage that there is not.
    """
    if pool not in POOLS:
        raise UsageError(f"--pool {visible(str(pool))}", needed="one of " + ", ".join(POOLS))
    walk = read_walk(network.data)
    values = walk.values(blank(walk, network))
    if stage is None:
        if "features" not in values:
            raise ModelError(f"{visible(network.path.name)} has no features", "no value of that name", "a stage: vitreous see shows which there are")
        value, maps, channels = "features", values["features"][0], 1
    else:
        found = stage_called(walk, values, stage)
        value, maps = found.value, found.maps
        channels = 3 if found.field and found.field.axes == (1, 2) else 1
    width = maps.size if maps.ndim == 1 or pool == "all" else maps.shape[0]
    return Wanted(value, int(width), pool, channels)
