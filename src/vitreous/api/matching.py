"""Where in one picture is what another shows, and which pictures of a folder show it."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from vitreous.api.answering import Image, engine_for
from vitreous.core.reporter import Quiet, Reporter
from vitreous.core.text import visible
from vitreous.data.decode import policy
from vitreous.errors import UsageError
from vitreous.infer.network import Network

if TYPE_CHECKING:
    from vitreous.retrieval.matching import Match, Matches


def match(
    a: Image,
    b: Image,
    *,
    model: Image | None = None,
    net: str | None = None,
    stage: str | None = None,
    max_pixels: int | None = None,
    tolerate_truncated: bool = False,
) -> "Match":
    """Where in picture `a` is what picture `b` shows, and whether both show the same object or place, with a calibrated score.

    By the maps of a middle stage of the shipped network, of `net` (FILE.onnx or "timm:NAME"), or of `model`, a run's folder or its model.onnx;
    `stage`: which one. Raises UnreadableImage, DataError for a picture in which there is nothing to match, UsageError.
    """
    from vitreous.retrieval.matching import mapper, matched, open_picture, query

    rule = policy(max_pixels, tolerate_truncated)
    for each in (a, b):
        if os.path.isdir(each):
            raise UsageError("vt.match compares two pictures", f"{visible(os.fspath(each))} is a folder", remedy="vt.match_in(PICTURE, FOLDER)")
    maps = mapper(_network(model, net), stage)
    A, B = (open_picture(os.fspath(each), rule) for each in (a, b))
    return matched(A, query(B, maps))


def match_in(
    image: Image,
    folder: Image,
    *,
    model: Image | None = None,
    net: str | None = None,
    stage: str | None = None,
    most: int | None = None,
    max_pixels: int | None = None,
    tolerate_truncated: bool = False,
    reporter: Reporter | None = None,
) -> "Matches":
    """The pictures of a folder or table that show the same object or place as `image`, the surest first: turned, scaled, cropped and mirrored
    copies too.

    `most`: how many of them, the nearest by the features of whole pictures, are compared (50). The rest is as
    for `match`; raises as it does.
    """
    from vitreous.data.sources import read_any
    from vitreous.retrieval.matching import CANDIDATES, mapper, matched_in, open_picture, query

    rule = policy(max_pixels, tolerate_truncated)
    network = _network(model, net)
    maps = mapper(network, stage)
    asked = query(open_picture(os.fspath(image), rule), maps)
    source = read_any(Path(folder))
    setting = engine_for(network, len(source.items), "openvino-f32")
    return matched_in(source, asked, setting, rule, reporter or Quiet(), most or CANDIDATES)


def _network(model: Image | None, net: str | None) -> Network:
    from vitreous.api import load
    from vitreous.extraction import network_named
    from vitreous.infer.network import load_network

    if model is None:
        return network_named(net)[0]
    if net:
        raise UsageError("net beside a model", f"{visible(os.fspath(model))} has its own network", "one of both")
    path = Path(model)
    if path.suffix.lower() == ".onnx" and not (path.parent / "run.json").is_file():
        return load_network(path)
    return load(path).network
