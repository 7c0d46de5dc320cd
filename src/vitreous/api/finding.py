"""Similar pictures, from Python: an index of a folder, and what in it is most like a picture."""

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from vitreous.api.answering import Image, engine_for, feature_options, named, network_of
from vitreous.core.reporter import Quiet, Reporter
from vitreous.core.text import visible
from vitreous.errors import UsageError

if TYPE_CHECKING:
    from vitreous.fit.feature_options import FeatureOptions
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
    options, tell = feature_options(stage, pool, engine, max_pixels, tolerate_truncated, net, size), reporter or Quiet()
    return index_by(network_of(options, tell), data, path, options, tell)


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
    options = feature_options(stage, pool, engine, max_pixels, tolerate_truncated, net, size)
    return find_in(data, Question(named(query), named(unlike), box, n, by, exact), path, options, reporter or Quiet())


@dataclass(frozen=True)
class Question:
    """What `find` is asked beside where to look: `query` and `unlike` are files; the rest as there."""

    query: Sequence[str]
    unlike: Sequence[str]
    box: "Box | None"
    n: int | None
    by: str
    exact: bool

    def require_files(self) -> None:
        """Raises UnreadableImage before a folder is indexed for a picture that is not there."""
        from vitreous.data.decode import read_file
        from vitreous.errors import UnreadableImage

        for name in (*self.query, *self.unlike):
            try:
                read_file(name)
            except UnreadableImage as error:
                raise UnreadableImage(f"cannot read {visible(name)}", error.arrived, error.needed, error.remedy) from None

    def asked_of(self, opened: "Index", reporter: Reporter) -> "Found":
        from vitreous.retrieval import COUNT
        from vitreous.retrieval import find as search

        if self.n is not None and self.n < 1:
            raise UsageError(f"n is {self.n}", needed="1 or more")
        return search(opened, self.query, reporter, unlike=self.unlike, box=self.box, count=self.n or COUNT, by=self.by, exact=self.exact)


def find_in(data: "Image | Index", question: Question, path: Image | None, options: "FeatureOptions", reporter: Reporter) -> "Found":
    """In an index, as it is, or in a folder by the network of the options."""
    from vitreous.retrieval import Index, is_index, open_index

    if isinstance(data, Index):
        return question.asked_of(data, reporter)
    if path is None and is_index(Path(data)):
        chosen = {"net": options.net, "size": options.size, "stage": options.stage}
        if given := [name for name, value in chosen.items() if value is not None]:
            said, was = f"--{given[0]} with an index", f"{visible(os.fspath(data))} was made with its own"
            raise UsageError(said, was, remedy="leave it away, or name the folder of the pictures")
        return question.asked_of(open_index(Path(data)), reporter)
    return find_by(lambda: network_of(options, reporter), data, question, path, options, reporter)


def find_by(
    network: "Callable[[], Network]", data: Image, question: Question, path: Image | None, options: "FeatureOptions", reporter: Reporter
) -> "Found":
    """In a folder, which is indexed first. `network` is called when the files of the question are known to be there."""
    from vitreous.retrieval.updating import UNCHANGED

    question.require_files()
    opened = index_by(network(), data, path, options, reporter)
    for remark in opened.remarks:
        if remark != UNCHANGED:
            reporter.say(f"{opened.folder.name}: {remark}.")
    return question.asked_of(opened, reporter)


def index_by(network: "Network", data: Image, path: Image | None, options: "FeatureOptions", reporter: Reporter) -> "Index":
    """The index of a folder by a network that is there already."""
    from vitreous.data.sources import read_any
    from vitreous.retrieval.maker import maker_of
    from vitreous.retrieval.places import place_of
    from vitreous.retrieval.updating import update

    source = read_any(Path(data))
    maker = maker_of(network, options, engine_for(network, len(source.items), options.engine))
    return update(Path(path) if path is not None else place_of(maker.about(source)), source, maker, reporter)
