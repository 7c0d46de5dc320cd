"""The features of all pictures of a folder or table."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from vitreous.core.item import LeftOut, Source
from vitreous.core.reporter import Reporter
from vitreous.core.text import plural, visible
from vitreous.data.decode import Policy
from vitreous.data.pack import open_pack
from vitreous.data.sources import is_missed
from vitreous.errors import DataError, UnreadableImage
from vitreous.extraction.tables import write_table
from vitreous.fit.features import Extractor, Progress, Wanted
from vitreous.fit.head import Floats
from vitreous.infer.engine import Setting, start_engine
from vitreous.infer.network import Network
from vitreous.infer.pipeline import Forward, decoded_side_by_side


@dataclass(frozen=True, eq=False, repr=False)
class Features:
    """`values` float32 [N, D] of N pictures. `paths` [N] are relative to the folder, `labels` [N] what they are labelled with there ("" where
    that is not known; several with ";"), `splits` [N] the part that the folder puts them in, or "". `about`: network, stage, what was taken
    of maps, and the rule by which pictures were cut. `left_out`: files that could not be read."""

    values: Floats
    paths: list[str]
    labels: list[str]
    splits: list[str]
    about: dict[str, Any]
    left_out: list[LeftOut] = field(default_factory=list)

    def save(self, file: str | os.PathLike[str]) -> Path:
        """Write them to a file that ends with .npz, .csv or .parquet. Raises UsageError, StorageError."""
        write_table(Path(file), self.values, {"path": self.paths, "label": self.labels, "split": self.splits}, self.about)
        return Path(file)

    def __len__(self) -> int:
        return len(self.values)

    @property
    def sentence(self) -> str:
        """What this is.

        >>> Features(np.zeros((2, 3), np.float32), ["a", "b"], ["", ""], ["", ""], {"network": "net", "stage": "features"}).sentence
        '3 features of 2 pictures: features of net'
        """
        count = len({label for label in self.labels if label})
        labelled = f", {plural(count, 'label')}" if count else ""
        stage, pool = self.about["stage"], self.about.get("pool", "")
        what = f"{visible(stage)} of {visible(self.about['network'])}" + (f", {pool}" if pool else "")
        return f"{plural(self.values.shape[1], 'feature')} of {plural(len(self), 'picture')}{labelled}: {what}"

    def to_json(self) -> dict[str, Any]:
        left_out = [{"path": each.relative, "reason": each.reason} for each in self.left_out]
        return {"pictures": len(self), "features": self.values.shape[1], **self.about, "left_out": left_out}

    def __repr__(self) -> str:
        return f"Features [{len(self)}, {self.values.shape[1]}]: {self.sentence}"

    def _repr_html_(self) -> str:
        return f"<p><b>{escape(self.sentence)}</b></p>"


def extract(network: Network, source: Source, stage: str | None, wanted: Wanted, setting: Setting, policy: Policy, reporter: Reporter) -> Features:
    """What `network` makes of the pictures of `source`; what is known of them from before is taken from the pack.

    Raises DataError where not one can be read.
    """
    with open_pack(source.root, policy.key) as pack:
        if pack.remark:
            reporter.say(pack.remark)
        gathered = Extractor(network, setting, pack, policy, reporter.progress, wanted).gather(source.items, network.view, "features")
    if gathered.remark:
        reporter.say(gathered.remark)
    kept = gathered.readable
    left_out = [*(each for each in source.left_out if is_missed(each)), *gathered.errors.values()]
    if not kept:
        first = left_out[0]
        arrived = f"{plural(len(left_out), 'file')} that cannot be read, such as {visible(first.relative)}: {first.reason}"
        raise DataError("no picture is left to make features of", arrived)
    items = [source.items[number] for number in kept]
    values = gathered.features[kept] if len(kept) < len(source.items) else gathered.features
    return Features(
        values, [each.relative for each in items], [each.label for each in items], [str(each.split or "") for each in items],
        about(network, stage, wanted), left_out,
    )  # fmt: skip


def about(network: Network, stage: str | None, wanted: Wanted) -> dict[str, Any]:
    """What features are of."""
    pool = {"pool": wanted.pool} if stage else {}
    name = str(network.facts.get("network") or network.path.name)
    return {"network": name, "fingerprint": network.fingerprint, "stage": stage or "features", **pool, "view": network.view.to_json()}


def rows_of_files(network: Network, wanted: Wanted, paths: Sequence[str], setting: Setting, policy: Policy, progress: Progress) -> "Rows":
    """The rows of files that no folder holds together: nothing of them is kept."""
    values = np.full((len(paths), wanted.width), np.nan, np.float32)
    found = Rows(values)

    def store(indices: list[int], outputs: Any) -> None:
        values[indices] = wanted.rows(outputs)

    forward = Forward(start_engine(network, setting, (wanted.value,)), network.view.size, store)
    for result in decoded_side_by_side(enumerate(paths), (network.view,), policy):
        if result.decoded is None:
            found.errors[result.index] = result.error or UnreadableImage(f"cannot read {visible(paths[result.index])}")
        else:
            found.keys[result.index], found.thumbnails[result.index] = result.decoded.key, result.decoded.thumbnail
            forward.add(result.index, result.decoded.views[0])
        progress("features", result.index + 1, len(paths))
    forward.finish()
    return found


@dataclass
class Rows:
    """`values` float32 [N, D], not a number where a file could not be read; then `errors` has its number. `keys` and `thumbnails` of the others
    tell copies."""

    values: Floats
    errors: dict[int, UnreadableImage] = field(default_factory=dict)
    keys: dict[int, bytes] = field(default_factory=dict)
    thumbnails: dict[int, Any] = field(default_factory=dict)
