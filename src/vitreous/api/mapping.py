"""The map of a folder, from Python."""

from pathlib import Path
from typing import TYPE_CHECKING

from vitreous.api.answering import Image, engine_for, feature_options, network_of
from vitreous.api.run import Run
from vitreous.core.reporter import Quiet, Reporter
from vitreous.core.text import visible
from vitreous.errors import UsageError

if TYPE_CHECKING:
    from vitreous.fit.feature_options import FeatureOptions
    from vitreous.fit.features import Pool
    from vitreous.retrieval.map import Map


def map(  # noqa: A001  # as `vitreous map` and vt.map are called; nothing here needs the other one
    data: Image,
    run: "Run | Image | None" = None,
    *,
    net: str | None = None,
    size: int | None = None,
    stage: str | None = None,
    pool: "Pool" = "mean",
    seed: int = 0,
    engine: str = "openvino-f32",
    max_pixels: int | None = None,
    tolerate_truncated: bool = False,
    reporter: Reporter | None = None,
) -> "Map":
    """All pictures of a folder or table in two dimensions: those that a network takes for alike lie together.

    With a `run` (its folder, its model.onnx, or a `Run`) the network is that run's, and what it answers is shown; else it is the shipped
    one, or `net`, FILE.onnx or "timm:NAME". `stage` and `pool` as for `vt.features`. The same `seed` gives the same map on one machine.
    Raises DataError, ModelError, RunError, UsageError.
    """
    options = feature_options(stage, pool, engine, max_pixels, tolerate_truncated, net, size)
    return map_by(data, run, options, seed, reporter or Quiet())


def map_by(data: Image, run: "Run | Image | None", options: "FeatureOptions", seed: int, reporter: Reporter) -> "Map":
    from vitreous.data.sources import read_any
    from vitreous.extraction import wanted_of
    from vitreous.retrieval.map import answers_from, make_map, read_pictures

    opened = _opened(run)
    if opened is not None:
        if options.net or options.size:
            raise UsageError("a network beside a run", f"{visible(str(opened.folder))} has its own", "one of both")
        if options.stage:
            raise UsageError("a stage beside a run", "its answers follow from its features", "one of both", "name its model.onnx as the network")
        network = opened.network
    else:
        network = network_of(options, reporter)
    wanted = wanted_of(network, options.stage, options.pool)  # what cannot be meant is said before the pictures are read
    source = read_any(Path(data))
    setting = engine_for(network, len(source.items), options.engine)
    pictures = read_pictures(network, source, options.stage, wanted, setting, options.policy, reporter)
    said, remarks = None, list(source.remarks)
    if opened is not None and network.facts.get("task") == "multilabel":
        remarks.append("what the run answers is not shown: a picture can have several labels")
    elif opened is not None:
        said = answers_from(network, pictures.features)
    return make_map(source.root, pictures, seed, reporter, said, remarks)


def _opened(run: "Run | Image | None") -> Run | None:
    if run is None or isinstance(run, Run):
        return run
    from vitreous.runs.folder import open_run

    return Run(open_run(Path(run)))
