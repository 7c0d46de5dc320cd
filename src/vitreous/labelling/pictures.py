"""The pictures of a folder, each content once, with its features and a small picture of it, through the pack: none is decoded twice."""

import io
import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from PIL import Image

from vitreous.core.item import Item, LeftOut, Source
from vitreous.core.reporter import Reporter
from vitreous.core.text import plural, visible
from vitreous.data.decode import Policy, content_key, open_upright, read_file
from vitreous.data.duplicates import find_duplicates
from vitreous.data.pack import open_pack
from vitreous.data.sources import is_missed
from vitreous.data.sources.unlabelled import read_unlabelled
from vitreous.errors import DataError, UnreadableImage
from vitreous.extraction import wanted_of
from vitreous.fit.features import Extractor
from vitreous.fit.head import Floats, Ints
from vitreous.infer.choose import setting_for_answers
from vitreous.infer.gather import Pixels, pixel_rows
from vitreous.infer.network import Network

SMALL, LARGE = 224, 1024  # pixels of the longer side
_QUALITY = 82


@dataclass(frozen=True, eq=False)
class Pictures:
    """`keys` [N]: hashes of the contents, hex; `paths` [N]: where each lies below `folder`, copies too; `features` float32 [N, D]; `copies` [N]: the
    same number for what is nearly the same picture; `splits` [N]: the part of the data that the folder names, or ""."""

    folder: Path
    keys: list[str]
    paths: list[list[str]]
    features: Floats
    copies: Ints
    splits: list[list[str]]
    left_out: list[LeftOut] = field(default_factory=list)
    policy: Policy = field(default_factory=Policy)
    pixels: Pixels | None = None

    def __len__(self) -> int:
        return len(self.keys)

    def small(self, number: int) -> bytes:
        """A JPEG of what the network sees, from the pack, or of the whole picture where the pack does not hold it. Raises UnreadableImage."""
        kept = self.pixels.get(bytes.fromhex(self.keys[number])) if self.pixels is not None else None
        return _jpeg(Image.fromarray(kept), SMALL) if kept is not None else self.whole(number, SMALL)

    def whole(self, number: int, side: int = LARGE) -> bytes:
        """A JPEG of the whole picture, the right way up, from its file. Raises UnreadableImage where that has gone or is another now."""
        path = os.path.join(self.folder, self.paths[number][0])
        try:
            data = read_file(path)
            if content_key(data).hex() == self.keys[number]:
                return _jpeg(open_upright(data, side, self.policy), side)
        except UnreadableImage as error:
            raise UnreadableImage(f"cannot show {visible(path)}", error.arrived) from None
        raise UnreadableImage(f"cannot show {visible(path)}", "the file has changed since")


def pictures_of(network: Network, folder: Path, engine: str, policy: Policy, reporter: Reporter) -> Pictures:
    """Raises DataError where the folder is none, or holds no picture that can be read."""
    source = _source(folder)
    setting = setting_for_answers(network, len(source.items), engine)
    with open_pack(source.root, policy.key) as pack:
        if pack.remark:
            reporter.say(pack.remark)
        gathered = Extractor(network, setting, pack, policy, reporter.progress, wanted_of(network, None)).gather(
            source.items, network.view, "features"
        )
        pixels = Pixels(pixel_rows(pack, network.view)) if pack.folder else None
    if gathered.remark:
        reporter.say(gathered.remark)
    left_out = [*(each for each in source.left_out if is_missed(each)), *gathered.errors.values()]
    if not gathered.readable:
        first = left_out[0]
        arrived = f"{plural(len(left_out), 'file')} that cannot be read, such as {visible(first.relative)}: {first.reason}"
        raise DataError(f"no picture is left to label in {visible(str(folder))}", arrived)
    firsts, paths, splits = _each_content(source.items, gathered.keys)
    keys = [gathered.keys[number] for number in firsts]
    copies = find_duplicates(keys, gathered.facts["thumbnail"][firsts]).group
    features = gathered.features[firsts]
    return Pictures(source.root, [key.hex() for key in keys], paths, features, copies, splits, left_out, policy, pixels)


def _source(folder: Path) -> Source:
    failed = f"cannot label {visible(str(folder))}"
    if not os.path.exists(folder):
        raise DataError(failed, "there is no such folder")
    if not os.path.isdir(folder):
        raise DataError(failed, "it is a file", "a folder of pictures")
    if os.path.isfile(folder / "run.json"):
        raise DataError(failed, "it is a run folder, the result of a training", "the folder with the pictures")
    source = read_unlabelled(folder)
    if not source.items:
        missed = [each for each in source.left_out if is_missed(each)]
        arrived = f"{visible(missed[0].relative)}: {missed[0].reason}" if missed else "there is no picture in it"
        raise DataError(failed, arrived, "a folder of pictures")
    return replace(source, root=Path(os.path.abspath(folder)))


def _each_content(items: Sequence[Item], keys: Sequence[bytes]) -> tuple[list[int], list[list[str]], list[list[str]]]:
    """For each content the number of its first item, all its paths, and the parts that these lie in."""
    place: dict[bytes, int] = {}
    firsts: list[int] = []
    paths: list[list[str]] = []
    splits: list[list[str]] = []
    for number, (item, key) in enumerate(zip(items, keys, strict=True)):
        if not key:
            continue
        if key not in place:
            place[key] = len(firsts)
            firsts.append(number)
            paths.append([])
            splits.append([])
        paths[place[key]].append(item.relative)
        splits[place[key]].append(str(item.split or ""))
    return firsts, paths, splits


def _jpeg(image: Image.Image, side: int) -> bytes:
    image = image.copy()
    image.thumbnail((side, side), Image.Resampling.BICUBIC, reducing_gap=2.0)
    file = io.BytesIO()
    image.save(file, "JPEG", quality=_QUALITY)
    return file.getvalue()


def labels_by_number(keys: Sequence[str], of: dict[str, str]) -> tuple[Ints, list[str]]:
    """Of labels by key the numbers of the pictures that are here, ascending, and their labels."""
    numbers = np.array([number for number, key in enumerate(keys) if key in of], np.intp)
    return numbers, [of[keys[number]] for number in numbers]
