"""Pictures, a little different in every epoch: mirrored, cropped, in other colours, by numbers that are a function of seed, epoch and picture.

The order is fixed: mirror, crop and turn, brightness, contrast, colour, sharpness. A picture comes out the same, bit for bit, in any
batch, order and thread, because nothing is drawn from a generator and every sum is one of whole numbers.

    augmented(pictures, numbers, seed=0, epoch=3, allowed=Augmentation.usual(32))      # uint8 [N, H, W, C]
    augmented_boxes(boxes, owners, (H, W), 0, 3, allowed)                              # what became of boxes in them
    augmented_masks(masks, numbers, 0, 3, allowed)                                     # and of masks
"""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from vitreous.core.text import visible
from vitreous.errors import UsageError
from vitreous.training.augment.augmentation import Augmentation
from vitreous.training.augment.colours import UNIT, brighten, colour, contrast, sharpen
from vitreous.training.augment.draws import below, draws
from vitreous.training.augment.places import Places, folded, places, source_lines

Pictures = NDArray[np.uint8]
Numbers = NDArray[np.integer]
Kind = TypeVar("Kind", bound=np.generic)

# Values that are worked on at a time: as 16-bit numbers they stay in a processor's second cache.
_CHUNK = 100_000
_ROUNDING = 1e-9  # pixels
_MOST_SEED = 2**63 - 1


def augmented(pictures: Pictures, numbers: Numbers, seed: int, epoch: int, allowed: Augmentation) -> Pictures:
    """Pictures uint8 [N, H, W, C], C 1 or 3, as epoch `epoch` sees them; `numbers` [N] are their places in the whole data set.

    Raises UsageError for arrays of another kind.
    """
    _check(pictures, numbers, seed, epoch)
    if pictures.ndim != 4 or pictures.shape[3] not in (1, 3) or pictures.dtype != np.uint8 or 0 in pictures.shape[1:]:
        arrived = f"{pictures.dtype} {list(pictures.shape)}"
        raise UsageError("these pictures cannot be augmented", arrived, "uint8 [N, height, width, channels] with 1 or 3 channels")
    moved = pictures
    if allowed.moves:
        where = places(pictures.shape[1], pictures.shape[2], numbers, seed, epoch, allowed)
        moved = _gathered(pictures, where) if where.exact else _resampled(pictures, where)
    return _coloured(moved, numbers, seed, epoch, allowed)


def augmented_masks(masks: NDArray[Kind], numbers: Numbers, seed: int, epoch: int, allowed: Augmentation) -> NDArray[Kind]:
    """Masks [N, H, W] of any whole numbers, moved as `augmented` moves their pictures; each pixel takes the value that it lies in."""
    _check(masks, numbers, seed, epoch)
    if masks.ndim != 3 or 0 in masks.shape[1:]:
        raise UsageError("these masks cannot be augmented", f"an array {list(masks.shape)}", "[N, height, width]")
    if not allowed.moves:
        return masks.copy()
    where = places(masks.shape[1], masks.shape[2], numbers, seed, epoch, allowed)
    if not where.angle.any():
        return _gathered(masks, where)
    return np.stack([_nearest(mask, where, k) for k, mask in enumerate(masks)]) if len(masks) else masks.copy()


def _gathered(pictures: NDArray[Kind], where: Places) -> NDArray[Kind]:
    """Whole pixels, by their numbers: one gather does mirror, crop and what lies beyond the edge."""
    rows = source_lines(where.top, where.scale, where.vertical_flip, where.height)
    columns = source_lines(where.left, where.scale, where.flip, where.width)
    rows += np.arange(len(rows))[:, None] * where.height
    index = rows[:, :, None] * where.width + columns[:, None, :]  # [N, H, W] into all pixels
    pixel = pictures.dtype if pictures.ndim == 3 else np.dtype((np.void, pictures.shape[3]))
    pixels = np.ascontiguousarray(pictures).view(pixel).reshape(-1)
    return np.take(pixels, index).view(pictures.dtype).reshape(pictures.shape)


def _resampled(pictures: Pictures, where: Places) -> Pictures:
    """A window of each, enlarged; bilinear."""
    return np.stack([_window(picture, where, k) for k, picture in enumerate(pictures)])


def _window(picture: Pictures, where: Places, k: int) -> Pictures:
    size = where.width, where.height
    matrix = where.matrix(k)
    seen = matrix @ [[0, size[0], 0, size[0]], [0, 0, size[1], size[1]], [1, 1, 1, 1]]  # the window's corners
    beyond = [-seen[0].min(), seen[0].max() - size[0], -seen[1].min(), seen[1].max() - size[1]]
    margin = int(np.ceil(max(0.0, *beyond) - _ROUNDING)) if max(beyond) > _ROUNDING else 0
    mirrored = picture[:: -1 if where.vertical_flip[k] else 1, :: -1 if where.flip[k] else 1]
    source = np.pad(mirrored, ((margin, margin), (margin, margin), (0, 0)), mode="reflect" if min(size) > 1 else "edge") if margin else mirrored
    image = Image.fromarray(np.ascontiguousarray(source if source.shape[2] == 3 else source[:, :, 0]))
    if where.angle[k]:
        a, b, x, c, d, y = matrix.ravel().tolist()
        turned = image.transform(size, Image.Transform.AFFINE, (a, b, x + margin, c, d, y + margin), Image.Resampling.BILINEAR)
        return np.asarray(turned).reshape(picture.shape)
    x0, y0, x1, y1 = (float(value) + margin for value in (seen[0, 0], seen[1, 0], seen[0, 3], seen[1, 3]))
    box = max(0.0, x0), max(0.0, y0), min(x1, float(image.width)), min(y1, float(image.height))
    return np.asarray(image.resize(size, Image.Resampling.BILINEAR, box=box)).reshape(picture.shape)


def _nearest(mask: NDArray[Kind], where: Places, k: int) -> NDArray[Kind]:
    middles = np.stack([*np.meshgrid(np.arange(where.width) + 0.5, np.arange(where.height) + 0.5), np.ones(mask.shape)])  # [3, H, W]
    x, y = np.floor(np.einsum("ij,jhw->ihw", where.matrix(k), middles)).astype(np.int64)
    x, y = folded(x, where.width), folded(y, where.height)
    return mask[where.height - 1 - y if where.vertical_flip[k] else y, where.width - 1 - x if where.flip[k] else x]


def _coloured(pictures: Pictures, numbers: Numbers, seed: int, epoch: int, allowed: Augmentation) -> Pictures:
    count, channels = len(pictures), pictures.shape[3]

    def factors(purpose: str, amount: float) -> NDArray[np.int16]:
        steps = max(1, round(UNIT * amount))
        return (UNIT - steps + below(draws(seed, epoch, purpose, numbers), 2 * steps + 1)).astype(np.int16)

    todo = [
        (change, factors(purpose, amount))
        for purpose, amount, change in (
            ("brightness", allowed.brightness, brighten),
            ("contrast", allowed.contrast, contrast),
            ("colour", allowed.colour if channels == 3 else 0, colour),
            ("sharpness", allowed.sharpness, sharpen),
        )
        if amount
    ]
    result = np.empty(pictures.shape, np.uint8)
    step = max(1, _CHUNK // pictures[:1].size) if count else 1
    for first in range(0, count, step):
        chunk = slice(first, first + step)
        x = pictures[chunk].astype(np.int16)
        for change, each in todo:
            change(x, each[chunk])
        result[chunk] = x
    return result


def _check(given: NDArray[Kind], numbers: Numbers, seed: int, epoch: int) -> None:
    if numbers.shape != given.shape[:1] or numbers.dtype.kind not in "iu":
        arrived = f"{numbers.dtype} {list(numbers.shape)} for {len(given):,} of them"
        raise UsageError("each picture needs its number", arrived, "whole numbers [N]")
    if numbers.size and numbers.min() < 0:
        raise UsageError("each picture needs its number", f"{numbers.min()}", "0 or more")
    for name, value in (("seed", seed), ("epoch", epoch)):
        if not 0 <= value <= _MOST_SEED:
            raise UsageError(f"augmentation: {name} {visible(str(value))}", needed=f"a whole number from 0 to {_MOST_SEED}")
