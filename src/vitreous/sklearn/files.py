"""What both take: names of picture files, and the network that reads them."""

import os
from collections.abc import Iterable
from typing import Any

import numpy as np

from vitreous.api import engine_for
from vitreous.core.reporter import Quiet
from vitreous.core.text import plural, visible
from vitreous.data.decode import policy
from vitreous.errors import UnreadableImage, UsageError
from vitreous.extraction import Rows, network_named, rows_of_files
from vitreous.fit.features import Wanted
from vitreous.infer.network import Network


def names_in(X: Any) -> list[str]:
    """The names in `X`: a sequence of texts or paths, or an array or data frame with one column of them. Raises UsageError."""
    names = X.to_numpy() if hasattr(X, "to_numpy") else X
    if isinstance(names, str | bytes | os.PathLike):
        raise UsageError("X is one name", visible(os.fsdecode(names)), "a sequence of names of picture files", "put it into a list")
    if isinstance(names, np.ndarray):
        if names.ndim == 2 and names.shape[1] == 1:
            names = names[:, 0]
        if names.ndim != 1 or names.dtype.kind not in "OUS":
            raise UsageError("X is no column of names", f"an array {list(names.shape)} of {names.dtype}", "names of picture files, one for each row")
    if not isinstance(names, Iterable):
        raise UsageError("X is no column of names", type(X).__name__, "names of picture files, one for each row")
    found = list(names)
    for number, name in enumerate(found):
        if not isinstance(name, str | bytes | os.PathLike):
            raise UsageError(f"X[{number}] is no name", type(name).__name__, "the name of a picture file")
    return [os.fsdecode(name) for name in found]


def network_for(net: str | None) -> Network:
    """The network of a name, a file or timm's; a run's by its folder. Raises ModelError, RunError, UsageError."""
    if net and os.path.isdir(net):
        from vitreous.api import load

        return load(net).network
    return network_named(net)[0]


def read_rows(network: Network, wanted: Wanted, files: list[str], engine: str, max_pixels: int | None, tolerate_truncated: bool) -> Rows:
    """The features of files. Raises UnreadableImage where one cannot be read, as a row cannot be left out here."""
    rule, setting = policy(max_pixels, tolerate_truncated), engine_for(network, len(files), engine)
    rows = rows_of_files(network, wanted, files, setting, rule, Quiet().progress)
    if rows.errors:
        first = min(rows.errors)
        reason = rows.errors[first].arrived or str(rows.errors[first])
        remedy = "leave them out: vitreous look FOLDER names all of them"
        failed = f"{plural(len(rows.errors), 'file')} of X cannot be read"
        raise UnreadableImage(failed, f"X[{first}] {visible(files[first])}: {reason}", remedy=remedy)
    return rows
