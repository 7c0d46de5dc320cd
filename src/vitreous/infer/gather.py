"""What is known of pictures, and what of it a pack keeps: facts of each one, and the pixels of some views.

Looking at a folder and training on it go through this one door, so that what one of them has decoded the other need not decode again.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitreous.core.item import Item, LeftOut
from vitreous.core.view import View
from vitreous.data.decode import Decoded, Policy, content_key, read_file
from vitreous.data.pack import FACTS, FACTS_ROWS, Pack, Rows, facts_of, fits
from vitreous.errors import StorageError, UnreadableImage
from vitreous.infer.pipeline import Picture, decoded_side_by_side

_AT_ONCE = 32


class Shelf:
    """The `items` of a data folder, each with its `facts` and content `keys` (b"" until they are known, or where it is unreadable).

    `recall` takes from the pack what is there, `decode` does the rest. `errors` by number of the item; `decoded` counts the files
    that were decoded; `remark` says what could not be kept.
    """

    def __init__(self, pack: Pack, items: Sequence[Item]) -> None:
        self.pack, self.items = pack, items
        self.facts = np.zeros(len(items), FACTS)
        self.keys = [b""] * len(items)
        self.errors: dict[int, LeftOut] = {}
        self.decoded = 0
        self.remark = ""
        self._rows = pack.rows(FACTS_ROWS, (), FACTS)
        self._waiting: list[tuple[int, Decoded, tuple[View, ...]]] = []

    def recall(self) -> list[int]:
        """Fill in the facts that the pack holds; the numbers of the items that it does not know, in order."""
        rows = self._rows
        if rows is None or not len(rows):
            return list(range(len(self.items)))
        known = [self.pack.known_key(item.relative, item.path) for item in self.items]
        moved = bool(rows.keys().difference(known))  # pictures that were known by another name, or of a killed training
        missing, facts = [], rows.map()
        for number, (item, seen) in enumerate(zip(self.items, known, strict=True)):
            key = seen or (_content_key(item.path) if moved else None)
            row = whole_row(rows, facts, key)
            if key is None or row is None:
                missing.append(number)
                continue
            self.keys[number], self.facts[number] = key, facts[row]
            if seen is None:
                self.pack.remember(item.relative, item.path, key)
        return missing

    def pixels_of(self, view: View) -> "Pixels":
        """What the pack holds of the pictures in a view."""
        return Pixels(pixel_rows(self.pack, view))

    def forget(self, number: int) -> None:
        """Take an item for unknown: it is to be decoded again."""
        self.keys[number] = b""

    def decode(self, numbers: Sequence[int], views: tuple[View, ...], policy: Policy) -> Iterator[tuple[int, Decoded | None]]:
        """Decode these items on all cores, in order, and keep their facts and views; None with an entry in `errors` for an unreadable one."""
        paths = ((number, self.items[number].path) for number in numbers)
        try:
            for result in decoded_side_by_side(paths, views, policy):
                if result.decoded is None:
                    self.errors[result.index] = LeftOut(self.items[result.index].relative, _reason(result.error))
                else:
                    self._take(result.index, result.decoded, views)
                yield result.index, result.decoded
        finally:
            self._flush()

    def require_room(self, size: int) -> None:
        """Keep nothing more where `size` bytes would take more than half of the free disk."""
        if self.pack.writable and not fits(self.pack, size):
            self.pack.stop_writing()
            self.remark = f"The pack of decoded pictures is not kept: it would take {size / 1e6:,.0f} MB, more than half of what is free."

    def append(self, rows: Rows | None, keys: Sequence[bytes], values: Sequence[Any]) -> None:
        """Add what is new to rows of the pack; a disk that fills up costs the pack, never the work."""
        if rows is None or not keys or not self.pack.writable:
            return
        try:
            rows.append(keys, values)
        except StorageError as error:
            self.pack.stop_writing()
            self.remark = f"The pack of decoded pictures is not complete: {error}."

    def _take(self, number: int, decoded: Decoded, views: tuple[View, ...]) -> None:
        self.decoded += 1
        self.keys[number] = decoded.key
        self.facts[number] = facts_of(decoded)
        if self.pack.writable:
            self.pack.remember(self.items[number].relative, self.items[number].path, decoded.key)
            self._waiting.append((number, decoded, views))
            if len(self._waiting) >= _AT_ONCE:
                self._flush()

    def _flush(self) -> None:
        waiting = {decoded.key: each for each in self._waiting for decoded in (each[1],)}  # copies once
        self._waiting = []
        # pixels first: facts stand for a picture that need not be decoded again
        for view in dict.fromkeys(view for _, _, views in waiting.values() for view in views):
            rows = pixel_rows(self.pack, view)
            if rows is not None:
                cut = [(decoded.key, decoded.views[views.index(view)]) for _, decoded, views in waiting.values() if view in views]
                new = [(key, pixels) for key, pixels in cut if rows.find(key) is None]
                self.append(rows, [key for key, _ in new], [pixels for _, pixels in new])
        if self._rows is not None:
            fresh = [(decoded.key, self.facts[number]) for number, decoded, _ in waiting.values() if self._rows.find(decoded.key) is None]
            self.append(self._rows, [key for key, _ in fresh], [facts for _, facts in fresh])


class Pixels:
    """The pictures of a pack in one view."""

    def __init__(self, rows: Rows | None) -> None:
        self._rows, self._values = rows, rows.map() if rows is not None else None

    def __contains__(self, key: bytes) -> bool:
        return self._rows is not None and self._rows.find(key) is not None

    def get(self, key: bytes) -> Picture | None:
        """uint8 [S, S, 3]; None where there is none, or where it is damaged."""
        if self._rows is None or self._values is None:
            return None
        row = whole_row(self._rows, self._values, key)
        return None if row is None else np.asarray(self._values[row], np.uint8)


def pixel_rows(pack: Pack, view: View) -> Rows | None:
    return pack.rows(f"pixels-{view_name(view)}", (view.size, view.size, 3), np.uint8)


def view_name(view: View) -> str:
    return f"{view.kind}-{view.size}-{view.short_side}"


def whole_row(rows: Rows, values: NDArray[np.generic], key: bytes | None) -> int | None:
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
