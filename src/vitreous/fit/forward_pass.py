"""Pictures that are there decoded, sent through a network once more: into a store of the caller's, or when a row is asked for.

The next pictures are made ready on all cores while the engine has these, since what is done to them takes about as long as the network.
"""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitreous.fit.features import Wanted
from vitreous.fit.head import Floats, Ints
from vitreous.fit.pictures import Pictures
from vitreous.fit.probe import Probe
from vitreous.infer.engine import Outputs, Setting, start_engine
from vitreous.infer.machine import this_machine
from vitreous.infer.network import Network
from vitreous.infer.pipeline import Forward

_AT_ONCE = 32
Changed = Callable[[NDArray[np.uint8], Ints], NDArray[np.uint8]]


def through(
    network: Network,
    setting: Setting,
    pictures: Pictures,
    outputs: tuple[str, ...],
    store: Callable[[list[int], Outputs], None],
    progress: Callable[[int], None] | None = None,
    changed: Changed | None = None,
) -> None:
    """Send all pictures through the network and `store` what it gives, by rows; `changed(pictures, rows)` makes others of them first. `progress`
    is told how many more are under way."""
    size = pictures.shape[1]
    forward = Forward(start_engine(network, setting, outputs, size, keep=False), size, store)
    for rows, block in _ahead(pictures, changed):
        for row, picture in zip(rows.tolist(), block, strict=True):
            forward.add(row, picture)
        if progress:
            progress(len(rows))
    forward.finish()


@dataclass(frozen=True)
class OnDemand:
    """The standardized features of a network that came about late: a row is worked out when it is asked for. Only test pictures are, once."""

    network: Network
    setting: Setting
    pictures: Pictures
    probe: Probe

    def __len__(self) -> int:
        return len(self.pictures)

    def __getitem__(self, rows: Any) -> Floats:
        pictures = self.pictures[rows]
        features = np.zeros((len(pictures), len(self.probe.mean)), np.float32)
        wanted = Wanted(width=features.shape[1])

        def store(indices: list[int], outputs: Outputs) -> None:
            features[indices] = wanted.rows(outputs)

        if len(pictures):
            setting = self.setting if len(pictures) >= self.setting.batch else replace(self.setting, batch=1)
            through(self.network, setting, pictures, ("features",), store)
        return self.probe.standardize(features)


def _ahead(pictures: Pictures, changed: Changed | None) -> Iterator[tuple[Ints, NDArray[np.uint8]]]:
    """Some pictures after the other, in order; the next ones are made ready on all cores while the engine has these."""
    cores = this_machine().cores

    def made(rows: Ints) -> NDArray[np.uint8]:
        block = pictures.take(rows)
        return changed(block, rows) if changed else block

    waiting: deque[tuple[Ints, Future[NDArray[np.uint8]]]] = deque()
    with ThreadPoolExecutor(cores, "views") as pool:
        for first in range(0, len(pictures), _AT_ONCE):
            rows = np.arange(first, min(first + _AT_ONCE, len(pictures)))
            waiting.append((rows, pool.submit(made, rows)))
            if len(waiting) > 2 * cores:
                rows, ready = waiting.popleft()
                yield rows, ready.result()
        for rows, ready in waiting:
            yield rows, ready.result()
