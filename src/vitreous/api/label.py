"""Labelling a folder, and what to label next for a run, from Python."""

import os
import webbrowser
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from vitreous.api.answering import Image, feature_options, network_of
from vitreous.core.reporter import Printed, Quiet, Reporter
from vitreous.core.text import visible
from vitreous.data.decode import policy

if TYPE_CHECKING:
    from vitreous.labelling.further import Next
    from vitreous.labelling.server import Served
    from vitreous.labelling.session import Session


@contextmanager
def label_session(
    folder: Image,
    *,
    labels: Sequence[str] = (),
    out: Image | None = None,
    net: str | None = None,
    engine: str = "openvino-f32",
    max_pixels: int | None = None,
    tolerate_truncated: bool = False,
    reporter: Reporter | None = None,
) -> "Iterator[Session]":
    """The labelling of a folder without a page: `with vt.label_session("unsorted") as session: session.label(session.ask(1), "dress")`.

    Begun, or continued where it was left; every step is saved at once. Raises DataError, RunError, StorageError, UsageError.
    """
    from vitreous.fit.stages import with_more_stages
    from vitreous.labelling.opening import open_session

    options, tell = feature_options(None, "mean", engine, max_pixels, tolerate_truncated, net), reporter or Quiet()
    network = with_more_stages(network_of(options, tell))  # as a training takes it
    with open_session(Path(folder), network, engine, options.policy, tell, Path(out) if out else None, labels) as session:
        yield session


def label(
    folder: Image,
    *,
    port: int = 0,
    labels: Sequence[str] = (),
    out: Image | None = None,
    net: str | None = None,
    browser: bool = True,
    engine: str = "openvino-f32",
    max_pixels: int | None = None,
    tolerate_truncated: bool = False,
    reporter: Reporter | None = None,
    ready: "Callable[[Served], None] | None" = None,
) -> Path:
    """Label the pictures of a folder on a page of this machine's own browser; ends when that says so, or with Ctrl-C, and returns the table.

    `port`: where the page is, 0 for a free one. `labels`: names that are there from the beginning. `out`: the table, else FOLDER.labels.csv beside
    the folder. `net`: whose features are taken, as for `features`. `ready` is told when the page can be opened.
    Raises DataError, RunError, StorageError, UsageError.
    """
    from vitreous.labelling.server import Served, require_port

    require_port(port)
    tell = reporter or Printed()
    with label_session(
        folder, labels=labels, out=out, net=net, engine=engine, max_pixels=max_pixels, tolerate_truncated=tolerate_truncated, reporter=tell
    ) as session:
        served = Served(session, port)
        try:
            if ready:
                ready(served)
            tell.say(f"Label here: {served.url}")
            tell.say("The address is for this machine only, and for you: it holds a token. Ctrl-C ends it; every step is saved at once.")
            if browser and _has_screen():
                webbrowser.open(served.url)
            served.wait()
        finally:
            served.close()
            tell.say(f"{session.progress().sentence} The labels are in {visible(str(session.table))}")
        return Path(str(session.table))


def next_to_label(
    run: Image,
    folder: Image,
    n: int = 50,
    *,
    engine: str = "auto",
    max_pixels: int | None = None,
    tolerate_truncated: bool = False,
    reporter: Reporter | None = None,
) -> "Next":
    """The `n` pictures of a folder from which a run would learn most, in the order in which they should be labelled; without those it knows.

    Raises DataError, ModelError, RunError.
    """
    from vitreous.api import load
    from vitreous.errors import UsageError
    from vitreous.labelling.further import next_to_label as ordered
    from vitreous.labelling.pictures import pictures_of
    from vitreous.runs.tables import ITEMS_CSV, items_from_csv

    if n < 1:
        raise UsageError(f"n = {n}", needed="1 or more")
    opened = load(run)
    rule = policy(max_pixels, tolerate_truncated)
    network = opened.network
    pictures = pictures_of(network, Path(folder), engine, rule, reporter or Quiet())
    known = {row.key for row in items_from_csv(opened._run.read(ITEMS_CSV)) if row.key}
    return ordered(network, pictures, n, known)


def _has_screen() -> bool:
    """Whether a browser with windows can be opened; in a bare terminal `webbrowser` would start one made of text."""
    return os.name == "nt" or os.uname().sysname == "Darwin" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
