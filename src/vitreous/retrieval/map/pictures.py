"""What a map is made of: the features of all pictures of a folder, who is a copy of whom, and a small picture of each."""

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from vitreous.core.item import Item, LeftOut, Source
from vitreous.core.reporter import Reporter
from vitreous.core.text import plural, visible
from vitreous.data.decode import Policy
from vitreous.data.pack import Pack, open_pack
from vitreous.data.sources import is_missed
from vitreous.errors import DataError
from vitreous.extraction.extracting import about
from vitreous.fit.features import Extractor, Gathered, Wanted
from vitreous.infer.engine import Setting
from vitreous.infer.gather import Shelf
from vitreous.infer.network import Network
from vitreous.infer.pipeline import decoded_side_by_side
from vitreous.retrieval.map.copies import Copies, groups_of_copies
from vitreous.retrieval.map.neighbours import Floats
from vitreous.survey.copies import copies_of

Tiles = npt.NDArray[np.uint8]

# Up to so many pictures, this side of a small one in pixels: multiples of 16, of which JPEG makes its blocks. A page then stays below 60 MB.
SIDES = ((2_000, 96), (8_000, 64), (30_000, 48), (120_000, 32))
_SMALLEST = 16
_GREY = 128


@dataclass(frozen=True, eq=False)
class Pictures:
    """N pictures that could be read. `paths` are relative to the folder, `labels` "" where there is none; `tiles` uint8 [N, S, S, 3]; `facts` as
    the pack has them. `left_out`: files that could not be read, or of which the network made no numbers."""

    features: Floats
    paths: list[str]
    labels: list[str]
    splits: list[str]
    facts: npt.NDArray[np.void]
    copies: list[Copies]
    tiles: Tiles
    about: dict[str, Any]
    left_out: list[LeftOut] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.paths)


def read_pictures(
    network: Network, source: Source, stage: str | None, wanted: Wanted, setting: Setting, policy: Policy, reporter: Reporter
) -> Pictures:
    """Everything a map needs of the pictures of `source`; what is known from before is taken from the pack.

    Raises DataError where not one is left.
    """
    with open_pack(source.root, policy.key) as pack:
        if pack.remark:
            reporter.say(pack.remark)
        gathered = Extractor(network, setting, pack, policy, reporter.progress, wanted).gather(source.items, network.view, "features")
        if gathered.remark:
            reporter.say(gathered.remark)
        kept, left_out = _kept(source, gathered)
        items = [source.items[number] for number in kept]
        keys, facts = [gathered.keys[number] for number in kept], gathered.facts[kept]
        group = copies_of(pack, keys, np.ascontiguousarray(facts["thumbnail"]))
        tiles = _tiles(pack, items, keys, network, policy, reporter)
    paths = [item.relative for item in items]
    features = gathered.features[kept] if len(kept) < len(source.items) else gathered.features
    return Pictures(
        features, paths, [item.label for item in items], [str(item.split or "") for item in items], facts,
        groups_of_copies(group, keys, facts, paths), tiles, about(network, stage, wanted), left_out,
    )  # fmt: skip


def _kept(source: Source, gathered: Gathered) -> tuple[list[int], list[LeftOut]]:
    finite = np.isfinite(gathered.features).all(axis=1)
    kept = [number for number in gathered.readable if finite[number]]
    no_numbers = [LeftOut(source.items[number].relative, "the network makes no numbers of it") for number in gathered.readable if not finite[number]]
    left_out = [*(each for each in source.left_out if is_missed(each)), *gathered.errors.values(), *no_numbers]
    if not kept:
        first = left_out[0]
        arrived = f"{plural(len(left_out), 'file')} that cannot be used, such as {visible(first.relative)}: {first.reason}"
        raise DataError("no picture is left to make a map of", arrived)
    return kept, left_out


def side_for(count: int) -> int:
    """The side of a small picture where there are so many: as large as a page has room for.

    >>> side_for(100), side_for(20_000), side_for(1_000_000)
    (96, 48, 16)
    """
    return next((side for most, side in SIDES if count <= most), _SMALLEST)


def _tiles(pack: Pack, items: Sequence[Item], keys: Sequence[bytes], network: Network, policy: Policy, reporter: Reporter) -> Tiles:
    """From the pixels that the network saw, where the pack holds them, else from the files; grey where one has gone meanwhile."""
    side = side_for(len(items))
    tiles = np.full((len(items), side, side, 3), _GREY, np.uint8)
    pixels = Shelf(pack, items).pixels_of(network.view)
    missing, done = [], 0
    for number, key in enumerate(keys):
        picture = pixels.get(key)
        if picture is None:
            missing.append(number)
            continue
        tiles[number] = small(picture, side)
        done += 1
        reporter.progress("small pictures", done, len(items))
    for result in decoded_side_by_side(((number, items[number].path) for number in missing), (network.view,), policy):
        if result.decoded is not None:
            tiles[result.index] = small(result.decoded.views[0], side)
        done += 1
        reporter.progress("small pictures", done, len(items))
    return tiles


def small(picture: npt.NDArray[np.uint8], side: int) -> npt.NDArray[np.uint8]:
    """uint8 [S, S, 3] at another side."""
    image = Image.fromarray(np.ascontiguousarray(picture))
    return np.asarray(image.resize((side, side), Image.Resampling.BICUBIC, reducing_gap=2.0))


def jpeg(pixels: npt.NDArray[np.uint8], quality: int) -> bytes:
    """uint8 [H, W, 3] as the bytes of a JPEG file."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality, optimize=True)
    return file.getvalue()
