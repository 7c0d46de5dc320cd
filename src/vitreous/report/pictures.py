"""Small pictures inside a page, as data URIs, decoded from the files that the run was trained and tested on.

A file that has changed since, cannot be read or has gone with its folder is a name and a reason in its place.
"""

import base64
import io
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from PIL import Image

from vitreous.data.decode import Policy, content_key, open_upright, read_file
from vitreous.errors import UnreadableImage

SIDE = 160  # pixels of the longer side
_QUALITY = 78
_AT_ONCE = 4


@dataclass(frozen=True)
class Thumbnail:
    """`uri` is a JPEG as a data URI, or empty; then `missing` says why."""

    path: str
    uri: str
    missing: str = ""


def thumbnails(folders: Sequence[str], paths: Sequence[str], keys: Mapping[str, str], policy: Policy, side: int = SIDE) -> list[Thumbnail]:
    """One for each path, which is relative to one of the `folders`; `keys` are the hashes (hex) that their contents had:
    nothing else is shown, wherever a path may lead. `side`: of the longer side, in pixels."""
    with ThreadPoolExecutor(min(_AT_ONCE, os.cpu_count() or 1)) as pool:
        return list(pool.map(partial(_thumbnail, folders, keys, policy, side), paths))


def _thumbnail(folders: Sequence[str], keys: Mapping[str, str], policy: Policy, side: int, path: str) -> Thumbnail:
    why = "the folder of the data is not there"
    for folder in folders:
        try:
            if not os.path.isdir(folder):
                continue
            data = read_file(os.path.join(folder, path))
            if keys.get(path) != content_key(data).hex():
                why = "the file has changed since"
                continue
            return Thumbnail(path, _uri(open_upright(data, side, policy), side))
        except UnreadableImage as error:
            why = error.arrived
        except OSError as error:
            why = (error.strerror or str(error)).lower()
    return Thumbnail(path, "", why)


def _uri(image: Image.Image, side: int) -> str:
    image.thumbnail((side, side), Image.Resampling.BICUBIC, reducing_gap=2.0)
    file = io.BytesIO()
    image.save(file, "JPEG", quality=_QUALITY, optimize=True)
    return "data:image/jpeg;base64," + base64.b64encode(file.getvalue()).decode("ascii")
