"""Similar pictures, from Python: an index of a folder, and what in it is most like a picture."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from vitreous.api.answering import Image, engine_for
from vitreous.core.reporter import Quiet, Reporter
from vitreous.core.text import visible
from vitreous.errors import UsageError
from vitreous.fit.settings import policy

if TYPE_CHECKING:
    from vitreous.data.decode import Policy
    from vitreous.fit.features import Pool
    from vitreous.infer.network import Network
    from vitreous.retrieval import Found, Index
    from vitreous.retrieval.regions import Box


def index(
    data: Image,
    *,
    path: Image | None = None,
    net: str | None = None,
    size: int | None = None,
    stage: str | None = None,
    pool: "Pool" = "mean",
    engine: str = "openvino-f32",
    max_pixels: int | None = None,
    tolerate_truncated: bool = False,
    reporter: Reporter | None = None,
) -> "Index":
    """The index of a folder or table of pictures, made or brought up to date: new and changed pictures go through the network, no others.

    `path`: the folder in which it is kept, else one in the user's cache. The other options as for `vt.features`.
    Raises DataError, ModelError, RunError, StorageError, UsageError.
    """
    from vitreous.extraction import network_named

    tell = reporter or Quiet()
    network, remarks = network_named(net, size)
    for remark in remarks:
        tell.say(remark)
    return index_by(network, data, path, net, size, stage, pool, engine, policy(max_pixels, tolerate_truncated), tell)


def find(
    data: "Image | Index",
    query: Image | Iterable[Image],
    *,
    n: int | None = None,
    unlike: Image | Iterable[Image] = (),
    box: "Box | None" = None,
    by: str = "auto",
    exact: bool = False,
    path: Image | None = None,
    net: str | None = None,
    size: int | None = None,
    stage: str | None = None,
    pool: "Pool" = "mean",
    engine: str = "openvino-f32",
    max_pixels: int | None = None,
    tolerate_truncated: bool = False,
    reporter: Reporter | None = None,
) -> "Found":
    """The `n` pictures (20) of a folder, which is indexed first, or of an index, as it is, that are most like `query`: a file or several.

    `unlike`: files that the answers shall not be like. `box`: x0, y0, x1, y1 in pixels, the part of the query that counts. `by`: "looks", or
    "labels" of the folder beside them, or "auto": with them where they were found to help. `exact`: also beyond a million pictures.
    The other options as for `vt.index`.
    Raises DataError, ModelError, RunError, StorageError, UnreadableImage, UsageError.
    """
    from vitreous.retrieval import Index, is_index, open_index

    tell = reporter or Quiet()
    if isinstance(data, Index):
        return ask(data, query, unlike, box, n, by, exact, tell)
    if path is None and is_index(Path(data)):
        named = {"net": net, "size": size, "stage": stage}
        if given := [name for name, value in named.items() if value is not None]:
            said, was = f"--{given[0]} with an index", f"{visible(os.fspath(data))} was made with its own"
            raise UsageError(said, was, remedy="leave it away, or name the folder of the pictures")
        return ask(open_index(Path(data)), query, unlike, box, n, by, exact, tell)
    require_files(query, unlike)
    options = {"path": path, "net": net, "size": size, "stage": stage, "pool": pool, "engine": engine, "max_pixels": max_pixels}
    opened = index(data, tolerate_truncated=tolerate_truncated, reporter=tell, **options)  # type: ignore[arg-type]  # as they came
    say_changes(opened, tell)
    return ask(opened, query, unlike, box, n, by, exact, tell)


def say_changes(opened: "Index", reporter: Reporter) -> None:
    """What was done to bring an index up to date, where anything was."""
    from vitreous.retrieval.updating import UNCHANGED

    for remark in opened.remarks:
        if remark != UNCHANGED:
            reporter.say(f"{opened.folder.name}: {remark}.")


def index_by(
    network: "Network", data: Image, path: Image | None, net: str | None, size: int | None, stage: str | None, pool: "Pool", engine: str,
    rule: "Policy", reporter: Reporter,
) -> "Index":  # fmt: skip
    """The index of a folder by a network that is there already."""
    from vitreous.data.sources import read_any
    from vitreous.retrieval.maker import maker_of
    from vitreous.retrieval.places import place_of
    from vitreous.retrieval.updating import update

    source = read_any(Path(data))
    maker = maker_of(network, net, size, stage, pool, engine_for(network, len(source.items), engine), rule)
    return update(Path(path) if path is not None else place_of(maker.about(source)), source, maker, reporter)


def ask(
    opened: "Index",
    query: Image | Iterable[Image],
    unlike: Image | Iterable[Image],
    box: "Box | None",
    n: int | None,
    by: str,
    exact: bool,
    reporter: Reporter,
) -> "Found":
    from vitreous.retrieval import COUNT
    from vitreous.retrieval import find as search

    if n is not None and n < 1:
        raise UsageError(f"n is {n}", needed="1 or more")
    return search(opened, _named(query), reporter, unlike=_named(unlike), box=box, count=n or COUNT, by=by, exact=exact)


def require_files(query: Image | Iterable[Image], unlike: Image | Iterable[Image]) -> None:
    """Raises UnreadableImage before a folder is indexed for a picture that is not there."""
    from vitreous.data.decode import read_file
    from vitreous.errors import UnreadableImage

    for name in (*_named(query), *_named(unlike)):
        try:
            read_file(name)
        except UnreadableImage as error:
            raise UnreadableImage(f"cannot read {visible(name)}", error.arrived, error.needed, error.remedy) from None


def _named(images: Image | Iterable[Image]) -> list[str]:
    return [os.fspath(images)] if isinstance(images, str | os.PathLike) else [os.fspath(each) for each in images]
