"""What a frozen part of a network gives: for every picture in every view once, kept as bf16 in a file that goes when the tuning ends.

A training then reads [n, C, H, W] of a batch from the memory-mapped file; the engine never runs in its loop.
"""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vitreous.fit.forward_pass import through
from vitreous.fit.head import Ints
from vitreous.fit.pictures import Pictures
from vitreous.infer.engine import Outputs, Setting
from vitreous.infer.network import Network
from vitreous.storage.cache import cache_folder, free_bytes
from vitreous.training.augment import Augmentation, augmented

_NUMBER = 2  # bytes


@dataclass
class Frozen:
    """`bits` uint16 [V, N, C, H, W], bf16: the first view is the plain one; in the others the pictures are augmented. `made`: views so far."""

    network: Network
    setting: Setting
    cut: str
    bits: NDArray[np.uint16]
    pictures: Pictures
    allowed: Augmentation
    seed: int
    made: int = 0

    def add(self, progress: Callable[[int], None], rows: Ints | None = None) -> None:
        """Send the pictures, those of `rows` where not all are wanted, through the frozen part in one more view."""
        view, rows = self.made, np.arange(len(self.pictures)) if rows is None else rows
        into, pictures = self.bits[view], self.pictures[rows]

        def store(indices: list[int], outputs: Outputs) -> None:
            values = torch.from_numpy(np.ascontiguousarray(outputs[self.cut])).to(torch.bfloat16)
            into[rows[indices]] = values.view(torch.int16).numpy().view(np.uint16)

        def changed(block: NDArray[np.uint8], places: Ints) -> NDArray[np.uint8]:
            return augmented(block, rows[places], self.seed, view, self.allowed)

        through(self.network, self.setting, pictures, (self.cut,), store, progress, changed if view else None)
        self.made += 1

    def take(self, rows: Ints, views: Ints | int = 0) -> Tensor:
        """bfloat16 [n, C, H, W] of these rows, each in its view."""
        return torch.from_numpy(np.ascontiguousarray(self.bits[views, rows]).view(np.int16)).view(torch.bfloat16)


def bytes_of_a_view(pictures: int, shape: Sequence[int]) -> int:
    """Of so many pictures with [C, H, W] at the cut."""
    return pictures * int(np.prod(shape)) * _NUMBER


def room() -> int:
    """Bytes that may be used at most: half of what is free where the file lies."""
    return free_bytes(_folder()) // 2


@contextmanager
def frozen(
    network: Network, setting: Setting, cut: str, shape: Sequence[int], pictures: Pictures, views: int, allowed: Augmentation, seed: int
) -> Iterator[Frozen]:
    """Room for so many views of all pictures, none of them made; given back at the end."""
    with tempfile.TemporaryFile(dir=_folder()) as file:  # without a name, so that a kill leaves nothing
        bits = np.memmap(file, np.uint16, "w+", shape=(views, len(pictures), *shape))
        yield Frozen(network, setting, cut, bits, pictures, allowed, seed)


def _folder() -> Path:
    return cache_folder("views") or Path(tempfile.gettempdir())
