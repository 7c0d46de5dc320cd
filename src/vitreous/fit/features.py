"""Features of all pictures of a data folder, each picture decoded and sent through the network at most once, ever.

What the pack already holds, features or only the decoded picture, is taken from there; the rest goes through the pipeline and into the pack.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitreous.core.item import Item, LeftOut
from vitreous.core.view import View
from vitreous.data.decode import Decoded, Policy, content_key, read_file
from vitreous.data.pack import FACTS, Pack, Rows, fits
from vitreous.errors import StorageError, UnreadableImage
from vitreous.fit.softmax import Floats, Ints
from vitreous.infer.engine import Engine, Outputs, Setting, start_engine
from vitreous.infer.network import Network
from vitreous.infer.pipeline import Forward, Picture, decoded_side_by_side

# Called with what is being done, how many pictures are done, and how many there are.
Progress = Callable[[str, int, int], None]
_FLUSH = 256
_COLUMNS = 64


@dataclass
class Gathered:
    """`features` [N, D] and `facts` [N] of all items; rows of items in `errors` hold nothing. `keys`: b"" where unreadable."""

    features: Floats
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

    def __init__(self, network: Network, setting: Setting, pack: Pack, policy: Policy, progress: Progress) -> None:
        self.network, self.setting, self.pack, self.policy, self.progress = network, setting, pack, policy, progress
        self.width = int(network.facts.get("features", 1280))
        self._engines: dict[int, Engine] = {}

    def gather(self, items: Sequence[Item], view: View, stage: str, also: tuple[View, ...] = ()) -> Gathered:
        """Facts and features of every item in `view`, with the errors of those that cannot be read.

        `also`: views that will be asked for next; the pictures are cut for them too, so that no file is decoded again.
        """
        return _Pass(self, items, view, stage, also).run()

    def engine(self, size: int) -> Engine:
        if size not in self._engines:
            self._engines[size] = start_engine(self.network, self.setting, ("features",), size)
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
        width, network, setting = extractor.width, extractor.network, extractor.setting
        self.out = Gathered(np.zeros((len(items), width), np.float32), np.zeros(len(items), FACTS), [b""] * len(items))
        self.facts = self.pack.rows("facts", (), FACTS)
        self.pixels = [self.pack.rows(f"pixels-{_name(each)}", (each.size, each.size, 3), np.uint8) for each in self.views]
        # where there is no AMX or AVX-512, another batch is another kernel, and the last bits differ
        how = f"{setting.library}-{setting.number_format}-{setting.batch}"
        self.features = self.pack.rows(f"features-{network.fingerprint}-{_name(view)}-{how}", (width,), np.float32)
        self.waiting: list[tuple[int, Decoded]] = []  # decoded, not yet in the pack
        self.stored: list[int] = []  # went through the network, features not yet in the pack
        self.done = 0

    def run(self) -> Gathered:
        pictures, missing = self._take_known()
        self._tell(len(self.items) - len(pictures) - len(missing))
        if not pictures and not missing:
            return self.out
        needed = len(missing) * (sum(each.size**2 * 3 for each in self.views) + self.extractor.width * 4 + FACTS.itemsize)
        if missing and self.pack.writable and not fits(self.pack, needed):
            self.pack.stop_writing()
            self.out.remark = f"The pack of decoded pictures is not kept: it would take {needed / 1e6:,.0f} MB, more than half of what is free."
        forward = Forward(self.extractor.engine(self.view.size), self.view.size, self._store)
        try:
            for number, picture in pictures.items():
                forward.add(number, picture)
                self._tell(1)
            paths = ((number, self.items[number].path) for number in missing)
            for result in decoded_side_by_side(paths, self.views, self.extractor.policy):
                if result.decoded is None:
                    self.out.errors[result.index] = LeftOut(self.items[result.index].relative, _reason(result.error))
                else:
                    self._take(result.index, result.decoded)
                    forward.add(result.index, result.decoded.views[0])
                self._tell(1)
            forward.finish()
        finally:
            self._flush_pixels()
            self._flush_features()
        return self.out

    def _tell(self, more: int) -> None:
        self.done += more
        self.extractor.progress(self.stage, self.done, len(self.items))

    def _take_known(self) -> tuple[dict[int, Picture], list[int]]:
        """Fill in what the pack holds; the pictures that it holds without their features, and the numbers of what it does not hold."""
        pictures: dict[int, Picture] = {}
        if self.facts is None or self.features is None or self.pixels[0] is None or not len(self.facts):
            return pictures, list(range(len(self.items)))
        missing, facts, features, pixels = [], self.facts.map(), self.features.map(), self.pixels[0].map()
        keys = [self.pack.known_key(item.relative, item.path) for item in self.items]
        moved = bool(self.facts.keys().difference(keys))  # pictures that were known by another name, or of a killed training
        for number, (item, key) in enumerate(zip(self.items, keys, strict=True)):
            key = key or (_content_key(item.path) if moved else None)
            fact = _whole_row(self.facts, facts, key)
            row = _whole_row(self.features, features, key)
            picture = None if row is not None else _whole_row(self.pixels[0], pixels, key)
            if key is None or fact is None or (row is None and picture is None):
                missing.append(number)
                continue
            self.pack.remember(item.relative, item.path, key)
            self.out.keys[number], self.out.facts[number] = key, facts[fact]
            if row is not None:
                self.out.features[number] = features[row]
            else:
                pictures[number] = np.asarray(pixels[picture], np.uint8)
        return pictures, missing

    def _take(self, index: int, decoded: Decoded) -> None:
        self.out.decoded += 1
        self.out.keys[index] = decoded.key
        self.out.facts[index] = (decoded.width, decoded.height, decoded.thumbnail)
        if self.pack.writable:
            self.pack.remember(self.items[index].relative, self.items[index].path, decoded.key)
            self.waiting.append((index, decoded))
            if len(self.waiting) >= 32:
                self._flush_pixels()
            if len(self.stored) >= _FLUSH:
                self._flush_features()

    def _store(self, indices: list[int], outputs: Outputs) -> None:
        # called from the engine's threads: every row is written once, and `extend` is atomic
        self.out.features[indices] = outputs["features"]
        self.stored.extend(indices)

    def _flush_pixels(self) -> None:
        waiting = {decoded.key: (number, decoded) for number, decoded in self.waiting}  # copies once
        self.waiting = []
        for place, pixels in enumerate(self.pixels):
            if pixels is not None:
                new = [decoded for _, decoded in waiting.values() if pixels.find(decoded.key) is None]
                self._append(pixels, [decoded.key for decoded in new], [decoded.views[place] for decoded in new])
        if self.facts is not None:
            fresh = [(number, decoded.key) for number, decoded in waiting.values() if self.facts.find(decoded.key) is None]
            self._append(self.facts, [key for _, key in fresh], [self.out.facts[number] for number, _ in fresh])

    def _flush_features(self) -> None:
        count = len(self.stored)
        ready, self.stored[:count] = self.stored[:count], []
        if self.features is not None:
            new = {key: i for i in ready if self.features.find(key := self.out.keys[i]) is None}
            self._append(self.features, list(new), [self.out.features[i] for i in new.values()])

    def _append(self, rows: Rows, keys: list[bytes], values: Sequence[Any]) -> None:
        if not keys or not self.pack.writable:
            return
        try:
            rows.append(keys, np.stack(values))
        except StorageError as error:
            self.pack.stop_writing()
            self.out.remark = f"The pack of decoded pictures is not complete: {error}."


def _name(view: View) -> str:
    return f"{view.kind}-{view.size}-{view.short_side}"


def _whole_row(rows: Rows, values: NDArray[np.generic], key: bytes | None) -> int | None:
    """The row of a key; None where there is none, or where it is damaged and will be written again."""
    row = rows.find(key) if key else None
    if key is None or row is None or row >= len(values):
        return None
    if rows.whole(row, values[row]):
        return row
    rows.forget(key)
    return None


def _content_key(path: str) -> bytes | None:
    """The key of a file that was not seen before: its picture may be known all the same, from a copy or a killed training."""
    try:
        return content_key(read_file(path))
    except UnreadableImage:
        return None


def _reason(error: UnreadableImage | None) -> str:
    if error is None:
        return "not decoded"
    return f"{error.arrived}; {error.remedy}" if error.remedy else error.arrived
