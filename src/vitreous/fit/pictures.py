"""The pictures themselves, for what learns from pixels: uint8, in memory where they are small, else read from the pack when they are needed.

    pictures = gather_pictures(…).features       # [N, S, S, C]
    pictures[rows]                               # other rows of the same array, which is not copied
    pictures.take(rows)                          # uint8 [n, S, S, C], an array of its own

Grey ones have one channel where red, green and blue are alike in every picture; else three, of which `planes` makes grey.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitreous.core.item import Item
from vitreous.core.view import View
from vitreous.data.decode import Policy
from vitreous.data.pack import Pack
from vitreous.errors import StorageError
from vitreous.fit.features import Gathered
from vitreous.fit.head import Floats, Ints
from vitreous.fit.small.pixels import LUMA
from vitreous.infer.gather import Shelf, pixel_rows
from vitreous.infer.pipeline import Picture

Progress = Callable[[str, int, int], None]
IN_MEMORY = 1_500_000_000  # bytes; more stay in the pack


@dataclass(frozen=True)
class Pictures:
    """`rows` [N] of `source` uint8 [M, S, S, C], an array or a memory-mapped file."""

    source: NDArray[np.uint8]
    rows: Ints

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def shape(self) -> tuple[int, ...]:
        return (len(self.rows), *self.source.shape[1:])

    @property
    def mapped(self) -> bool:
        """Whether they are read from a file."""
        return isinstance(self.source, np.memmap)

    def __getitem__(self, chosen: "slice | Sequence[int] | Ints") -> "Pictures":
        return Pictures(self.source, self.rows[chosen])

    def take(self, chosen: "slice | Sequence[int] | Ints") -> NDArray[np.uint8]:
        return np.asarray(self.source[self.rows[chosen]])


def planes(pictures: Any, channels: int) -> Floats:
    """The same as the network "pixels" gives them: float32 [N, channels · S · S] in 0..1, plane after plane. Features pass as they are."""
    if not isinstance(pictures, Pictures):
        return np.asarray(pictures, np.float32)
    unit = pictures.take(slice(None)) * np.float32(1 / 255)
    if channels == 1 and unit.shape[3] == 3:
        unit = unit @ np.array(LUMA, np.float32)[:, None]
    flat: Floats = np.ascontiguousarray(unit.transpose(0, 3, 1, 2)).reshape(len(unit), -1)
    return flat


def gather_pictures(
    pack: Pack, items: Sequence[Item], view: View, channels: int, policy: Policy, progress: Progress, keys: Sequence[bytes] = ()
) -> Gathered:
    """Facts and pictures of every item in `view`, with the errors of those that cannot be read. Each is decoded at most once, ever. `keys`: of
    their contents, where these are known: what the pack holds of them is taken, whatever became of the file.

    Raises StorageError where they fit neither into memory nor into the pack.
    """
    shelf = Shelf(pack, items)
    stored = shelf.pixels_of(view)
    missing = set(shelf.recall())
    for number, key in enumerate(keys):
        if key and shelf.keys[number] != key and key in stored:
            shelf.keys[number] = key
            missing.discard(number)
    size = len(items) * view.size**2 * 3
    here = _InMemory(len(items), view.size, channels) if size * min(channels, 3) // 3 <= IN_MEMORY else None
    for number in [each for each in range(len(items)) if each not in missing]:
        picture = stored.get(shelf.keys[number])
        if picture is None:
            shelf.forget(number)
            missing.add(number)
        elif here:
            here.put(number, picture)
    if missing:
        shelf.require_room(len(missing) * view.size**2 * 3)
    done = len(items) - len(missing)
    for number, decoded in shelf.decode(sorted(missing), (view,), policy):
        if decoded is not None and here:
            here.put(number, decoded.views[0])
        done += 1
        progress("pictures", done, len(items))
    pictures = here.pictures() if here else _mapped(pack, shelf, view, size)
    return Gathered(pictures, shelf.facts, shelf.keys, shelf.errors, shelf.decoded, shelf.remark)


class _InMemory:
    """An array that fills up: with one channel, until a picture comes that has colours though grey ones were expected."""

    def __init__(self, count: int, size: int, channels: int) -> None:
        self.array = np.zeros((count, size, size, channels), np.uint8)

    def put(self, number: int, picture: Picture) -> None:
        if self.array.shape[3] == 1:
            if (picture == picture[..., :1]).all():
                self.array[number] = picture[..., :1]
                return
            self.array = np.repeat(self.array, 3, axis=3)
        self.array[number] = picture

    def pictures(self) -> Pictures:
        return Pictures(self.array, np.arange(len(self.array)))


def _mapped(pack: Pack, shelf: Shelf, view: View, size: int) -> Pictures:
    """What the pack holds by now; a picture that could not be read has the row 0, which nobody asks for."""
    rows = pixel_rows(pack, view)
    found = [rows.find(key) if rows is not None and key else None for key in shelf.keys]
    if rows is None or any(row is None and key for row, key in zip(found, shelf.keys, strict=True)):
        raise StorageError(
            "the pictures fit neither into memory nor into the cache folder",
            f"{size / 1e9:.1f} GB",
            remedy="make room there, or take a smaller --size",
        )
    return Pictures(rows.map(), np.array([row or 0 for row in found]))  # type: ignore[arg-type]  # of uint8
