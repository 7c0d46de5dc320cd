"""Batches of pictures as tensors: uint8 until they are needed, normalised in fp32, never a float copy of the whole data set.

    x = (picture − mean) / std        mean and std of each channel over the training part, in pixel values

Pictures in memory are one tensor, on the device where it fits; others are read from the memory-mapped pack, in the order in which they are asked for.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vitreous.fit.head import Ints
from vitreous.fit.objective import Target
from vitreous.fit.pictures import Pictures
from vitreous.fit.small.pixels import LUMA
from vitreous.training.augment import Augmentation, augmented

_BLOCK = 4096
_LEAST_DEVIATION = 0.25  # of a pixel value: of pictures that are all alike


@dataclass(frozen=True)
class Standard:
    """Mean and deviation of each channel [C], in pixel values of 0 to 255."""

    mean: NDArray[np.float32]
    std: NDArray[np.float32]


def standard_of(pictures: Pictures, channels: int) -> Standard:
    """Over all pictures and places: counted value by value, so that it is exact where no grey is made of colours."""
    count, total, square = 0, np.zeros(channels), np.zeros(channels)
    for first in range(0, len(pictures), _BLOCK):
        block = pictures.take(slice(first, first + _BLOCK))
        if block.shape[3] == channels:
            counts = [np.bincount(block[..., channel].ravel(), minlength=256) for channel in range(channels)]
            values = np.arange(256.0)
            total += [float(each @ values) for each in counts]
            square += [float(each @ values**2) for each in counts]
        else:
            grey = block.astype(np.float64) @ np.array(LUMA)
            total += grey.sum()
            square += (grey**2).sum()
        count += block.shape[0] * block.shape[1] * block.shape[2]
    mean = total / max(1, count)
    deviation = np.sqrt(np.maximum(square / max(1, count) - mean**2, 0))
    return Standard(mean.astype(np.float32), np.maximum(deviation, _LEAST_DEVIATION).astype(np.float32))


class Batches:
    """`pictures` [N, S, S, C] with class numbers `target` [N], or 0, 1 and NaN of several labels [N, K], as tensors on a device."""

    def __init__(self, pictures: Pictures, target: Target, standard: Standard, device: torch.device, channels_last: bool) -> None:
        self.pictures, self.standard, self.device, self.channels_last = pictures, standard, device, channels_last
        self.target = torch.from_numpy(np.ascontiguousarray(target, np.int64 if target.ndim == 1 else np.float32)).to(device)
        self.mean, self.scale = (torch.from_numpy(each).to(device) for each in (standard.mean, 1 / standard.std))
        self.luma = torch.tensor(LUMA, device=device)[:, None] if pictures.shape[3] != len(standard.mean) else None
        self.source = None if pictures.mapped else torch.from_numpy(pictures.source).to(device)
        self.rows = torch.from_numpy(np.ascontiguousarray(pictures.rows, np.int64)).to(device)

    def __len__(self) -> int:
        return len(self.target)

    def take(self, numbers: Ints) -> tuple[Tensor, Tensor]:
        """uint8 [n, S, S, C], and the classes [n] or labels [n, K]."""
        chosen = torch.from_numpy(np.ascontiguousarray(numbers, np.int64)).to(self.device)
        if self.source is None:
            found = torch.from_numpy(self.pictures.take(numbers)).to(self.device)
        else:
            found = self.source.index_select(0, self.rows.index_select(0, chosen))
        return found, self.target.index_select(0, chosen)

    def augmented(self, numbers: Ints, seed: int, epoch: int, allowed: Augmentation) -> tuple[Tensor, Tensor]:
        """The same, as the epoch `epoch` sees them."""
        pictures, target = self.take(numbers)
        changed = augmented(pictures.cpu().numpy(), numbers, seed, epoch, allowed)
        return torch.from_numpy(changed).to(self.device), target

    def normal(self, pictures: Tensor) -> Tensor:
        """float32 [n, C, S, S] of uint8 [n, S, S, C]."""
        x = pictures.float()
        if self.luma is not None:
            x = x @ self.luma
        x = x.sub_(self.mean).mul_(self.scale).permute(0, 3, 1, 2)
        return x if self.channels_last else x.contiguous()


def parts_of(count: int, batch: int) -> list[slice]:
    """An epoch's batches: of `batch` pictures, the last one of fewer; one picture alone is joined to the batch before it.

    >>> parts_of(7, 3)
    [slice(0, 3, None), slice(3, 7, None)]
    """
    starts = list(range(0, count, batch))
    if batch > 1 and len(starts) > 1 and count - starts[-1] == 1:
        starts.pop()
    return [slice(first, end) for first, end in zip(starts, [*starts[1:], count], strict=True)]


def order_of(count: int, seed: int, epoch: int) -> Any:
    """The order of an epoch, int64 [count]: a function of seed and epoch alone."""
    return np.random.default_rng([seed, epoch]).permutation(count)
