"""What excites the channels of a page most, cut small: for the maps that a stage shows first, the patches of nine pictures."""

import io
from functools import lru_cache
from typing import TYPE_CHECKING

from PIL import Image

from vitreous.data.decode import decode
from vitreous.inside.page.assembling import Examples
from vitreous.inside.telling import figure
from vitreous.layers.window import Array

if TYPE_CHECKING:
    from vitreous.inside.inside import Inside
    from vitreous.inside.strongest import Strongest

# So many channels of each stage, those with the strongest maps on the page's own picture.
CHANNELS = 16
_SIDE, _QUALITY = 40, 75


def examples_of(found: "Inside", strongest: "Strongest") -> Examples:
    """For `page_of`; `strongest` is of the same network, over whatever pictures. Raises UnreadableImage where one has gone meanwhile."""

    @lru_cache(64)
    def picture(number: int) -> Array:
        return decode(strongest.pictures.items[number].path, (strongest.network.view,), strongest.rule).views[0]

    shown: dict[str, dict[int, list[tuple[bytes, str]]]] = {}
    orders = {stage.value: stage.strongest(CHANNELS) for stage in found.stages}
    for each in strongest.found:
        value = each.point.value
        for channel in orders.get(value, ()):
            patches = strongest.channel(each.point.stage, channel).patches
            shown.setdefault(value, {})[channel] = [
                (_jpeg(picture(patch.picture), patch.box), f"{', '.join(patch.labels) or patch.image}: {figure(patch.value)}") for patch in patches
            ]
    return shown


def _jpeg(picture: Array, box: tuple[int, int, int, int]) -> bytes:
    top, left, bottom, right = box
    image = Image.fromarray(picture[top:bottom, left:right])
    image.thumbnail((_SIDE, _SIDE), Image.Resampling.BICUBIC)
    file = io.BytesIO()
    image.save(file, "JPEG", quality=_QUALITY)
    return file.getvalue()
