"""Features of all pictures of a data folder, each picture decoded and sent through the network at most once, ever.

What the pack already holds, features or only the decoded picture, is taken from there; the rest goes through the pipeline and into the pack.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from vitreous.core.item import Item, LeftOut
from vitreous.core.view import View
from vitreous.data.decode import Policy
from vitreous.data.pack import FACTS, Pack, Rows
from vitreous.fit.head import Floats, Ints
from vitreous.infer.engine import Engine, Outputs, Setting, start_engine
from vitreous.infer.gather import Shelf, view_name, whole_row
from vitreous.infer.network import Network
from vitreous.infer.pipeline import Forward

# Called with what is being done, how many pictures are done, and how many there are.
Progress = Callable[[str, int, int], None]
Pool = Literal["mean", "max", "all"]
_FLUSH = 256
_COLUMNS = 64


@dataclass(frozen=True)
class Wanted:
    """What of a network is asked for, as a row of `width` numbers for each picture: its value `value`, [N, D] or maps [N, C, H, W].

    `pool`: what is taken of maps: their "mean", their "max", or "all" of their numbers. `channels`: the axis that counts them.
    """

    value: str = "features"
    width: int = 1280
    pool: Pool = "mean"
    channels: int = 1

    @property
    def name(self) -> str:
        """For rows of a pack."""
        return "features" if self.value == "features" else f"features-{blake2b(repr((self.value, self.pool)).encode(), digest_size=6).hexdigest()}"

    def rows(self, outputs: Outputs) -> Floats:
        """float32 [N, width] of what an engine gives."""
        value = outputs[self.value]
        if value.ndim > 2 and self.pool != "all":
            places = tuple(axis for axis in range(1, value.ndim) if axis != self.channels)
            value = value.mean(places, dtype=np.float32) if self.pool == "mean" else value.max(places)
        return np.asarray(value.reshape(len(value), -1), np.float32)


@dataclass(frozen=True)
class Known:
    """How many pictures need not be `decoded` any more, and how many of these need not go through the network either (`done`)."""

    decoded: int
    done: int


@dataclass
class Gathered:
    """`features` [N, D] and `facts` [N] of all items; rows of items in `errors` hold nothing. `keys`: b"" where unreadable.

    For what learns from pixels `features` are `vitreous.fit.pictures.Pictures`.
    """

    features: Any
    facts: NDArray[np.void]
    keys: list[bytes]
    errors: dict[int, LeftOut] = field(default_factory=dict)
    decoded: int = 0
    remark: str = ""

    @property
    def readable(self) -> list[int]:
        return [number for number, key in enumerate(self.keys) if key]


class Extractor:
    """Features by one network in one setting, in any view; engines are started when they are needed, one for each size."""

    def __init__(self, network: Network, setting: Setting, pack: Pack, policy: Policy, progress: Progress, wanted: Wanted | None = None) -> None:
        self.network, self.setting, self.pack, self.policy, self.progress = network, setting, pack, policy, progress
        self.wanted = wanted or Wanted(width=int(network.facts.get("features", 1280)))
        self.width = self.wanted.width
        self._engines: dict[int, Engine] = {}

    def gather(self, items: Sequence[Item], view: View, stage: str, also: tuple[View, ...] = ()) -> Gathered:
        """Facts and features of every item in `view`, with the errors of those that cannot be read.

        `also`: views that will be asked for next; the pictures are cut for them too, so that no file is decoded again.
        """
        return _Pass(self, items, view, stage, also).run()

    def rows(self, view: View) -> Rows | None:
        """The features of the pack in a view, by this network as it is run here."""
        # where there is no AMX or AVX-512, another batch is another kernel, and the last bits differ
        how = f"{self.setting.library}-{self.setting.number_format}-{self.setting.batch}"
        return self.pack.rows(f"{self.wanted.name}-{self.network.fingerprint}-{view_name(view)}-{how}", (self.width,), np.float32)

    def stored(self, view: View) -> Callable[[bytes], Floats | None]:
        """What gives the stored features [D] of a picture by the key of its content; None where there are none."""
        rows = self.rows(view)
        values = rows.map() if rows is not None else np.empty(0)

        def of(key: bytes) -> Floats | None:
            row = whole_row(rows, values, key) if rows is not None else None
            return None if row is None else np.asarray(values[row])

        return of

    def known(self, items: Sequence[Item], view: View) -> "Known":
        """How much of these pictures the pack holds. A file that is not as it was counts as unknown."""
        shelf = Shelf(self.pack, items)
        missing, pixels, rows = set(shelf.recall()), shelf.pixels_of(view), self.rows(view)
        keys = [key for number, key in enumerate(shelf.keys) if number not in missing]
        done = sum(rows is not None and rows.find(key) is not None for key in keys)
        return Known(done + sum(key in pixels and (rows is None or rows.find(key) is None) for key in keys), done)

    def engine(self, size: int) -> Engine:
        if size not in self._engines:
            self._engines[size] = start_engine(self.network, self.setting, (self.wanted.value,), size)
        return self._engines[size]


def arrange(features: Floats, order: Ints) -> Floats:
    """`features[order]` without a second copy: some columns at a time, in place. The array given is used up."""
    for first in range(0, features.shape[1], _COLUMNS):
        part = slice(first, first + _COLUMNS)
        features[: len(order), part] = features[order, part]
    return features[: len(order)]


class _Pass:
    """One pass over the items: first what is known, then what was only decoded, then the rest; writing to the pack as it goes."""

    def __init__(self, extractor: Extractor, items: Sequence[Item], view: View, stage: str, also: tuple[View, ...]) -> None:
        self.extractor, self.items, self.view, self.stage, self.pack = extractor, items, view, stage, extractor.pack
        self.views = (view, *(other for other in also if other != view))
        self.shelf = Shelf(self.pack, items)
        self.features_out = np.zeros((len(items), extractor.width), np.float32)
        self.features = extractor.rows(view)
        self.stored: list[int] = []  # went through the network, features not yet in the pack
        self.done = 0

    def run(self) -> Gathered:
        shelf = self.shelf
        cut, missing = self._take_known()
        self._tell(len(self.items) - len(cut) - len(missing))
        if cut or missing:
            self._require_room(len(missing))
            forward = Forward(self.extractor.engine(self.view.size), self.view.size, self._store)
            try:
                missing += self._forward_known(forward, cut)
                for number, decoded in shelf.decode(missing, self.views, self.extractor.policy):
                    if decoded is not None:
                        forward.add(number, decoded.views[0])
                    if len(self.stored) >= _FLUSH:
                        self._flush()
                    self._tell(1)
                forward.finish()
            finally:
                self._flush()
        return Gathered(self.features_out, shelf.facts, shelf.keys, shelf.errors, shelf.decoded, shelf.remark)

    def _tell(self, more: int) -> None:
        self.done += more
        self.extractor.progress(self.stage, self.done, len(self.items))

    def _take_known(self) -> tuple[list[int], list[int]]:
        """Fill in what the pack holds; the numbers of the pictures that it holds without their features, and of those that it does not hold."""
        missing, cut, pixels = self.shelf.recall(), [], self.shelf.pixels_of(self.view)
        values = self.features.map() if self.features is not None else np.empty(0)
        unknown = set(missing)
        for number in range(len(self.items)):
            if number in unknown:
                continue
            key = self.shelf.keys[number]
            row = whole_row(self.features, values, key) if self.features is not None else None
            if row is not None:
                self.features_out[number] = values[row]
            elif key in pixels:
                cut.append(number)
            else:
                self.shelf.forget(number)
                missing.append(number)
        return cut, sorted(missing)

    def _forward_known(self, forward: Forward, cut: list[int]) -> list[int]:
        """Send pictures of the pack through the network; the numbers of those that are damaged there."""
        damaged, pixels = [], self.shelf.pixels_of(self.view)
        for number in cut:
            picture = pixels.get(self.shelf.keys[number])
            if picture is None:
                self.shelf.forget(number)
                damaged.append(number)
                continue
            forward.add(number, picture)
            self._tell(1)
        return damaged

    def _require_room(self, missing: int) -> None:
        size = missing * (sum(each.size**2 * 3 for each in self.views) + self.extractor.width * 4 + FACTS.itemsize)
        if size:
            self.shelf.require_room(size)

    def _store(self, indices: list[int], outputs: Outputs) -> None:
        # called from the engine's threads: every row is written once, and `extend` is atomic
        self.features_out[indices] = self.extractor.wanted.rows(outputs)
        self.stored.extend(indices)

    def _flush(self) -> None:
        count = len(self.stored)
        ready, self.stored[:count] = self.stored[:count], []
        if self.features is not None:
            new = {key: i for i in ready if self.features.find(key := self.shelf.keys[i]) is None}
            self.shelf.append(self.features, list(new), [self.features_out[i] for i in new.values()])
