"""What goes on where a probe ends: a learner that changes the network itself for as long as the minutes last.

    features once ─ probe ─ state on disk ─┬─ done, where there is nothing to go on with
                                           └─ Improver ─ a better state on disk, and another … ─ test

It is handed in from above, since it needs torch.
"""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from vitreous.core.view import View
from vitreous.fit.classifier import Parts, Progress, Work
from vitreous.fit.features import Wanted
from vitreous.fit.head import Floats, Ints
from vitreous.fit.pictures import Pictures
from vitreous.fit.probe import Probe
from vitreous.infer.engine import Outputs, Setting, start_engine
from vitreous.infer.machine import this_machine
from vitreous.infer.network import Network
from vitreous.infer.pipeline import Forward

# Of a training that could go on behind the probe, where nobody says how long it may take.
DEFAULT_MINUTES = 5.0
# With fewer training pictures nothing was gained by it, or could not be told from chance (LOG.md, 2026-11-26: 160 and 240).
LEAST_PICTURES = 300
_AT_ONCE = 32
Changed = Callable[[NDArray[np.uint8], Ints], NDArray[np.uint8]]


@dataclass(frozen=True)
class Start:
    """What an improver begins with. `parts` holds the standardized features that `probe` was fitted to; `pictures` makes the pictures of its rows,
    as `view` shows them; `seconds`: what may be used from now on; `ending`: what is still to do then takes so many."""

    probe: Probe
    parts: Parts
    network: Network
    view: View
    setting: Setting
    pictures: Callable[[], Pictures]
    seconds: float
    ending: float
    work: Work
    progress: Progress


@dataclass(frozen=True)
class Forecast:
    """What was expected before the work: the share of right answers on test pictures with the ends of its interval, and the seconds of all of it."""

    accuracy: float
    low: float
    high: float
    seconds: float

    @property
    def sentence(self) -> str:
        """
        >>> Forecast(0.88, 0.83, 0.93, 290).sentence
        'Expected: 88.0 % of the test pictures right (83 to 93 %), after about 290 s.'
        """
        interval = f"{100 * self.low:.0f} to {100 * self.high:.0f} %"
        return f"Expected: {100 * self.accuracy:.1f} % of the test pictures right ({interval}), after about {self.seconds:.0f} s."

    def beside(self, seconds: float, accuracy: float) -> str:
        """What came, beside what was expected.

        >>> Forecast(0.88, 0.83, 0.93, 290).beside(281.2, 0.8974)
        'Expected were 88.0 % right (83 to 93 %) after 290 s; it came to 89.7 % after 281 s.'
        """
        expected = f"{100 * self.accuracy:.1f} % right ({100 * self.low:.0f} to {100 * self.high:.0f} %) after {self.seconds:.0f} s"
        return f"Expected were {expected}; it came to {100 * accuracy:.1f} % after {seconds:.0f} s."


@dataclass(frozen=True)
class Improved:
    """The best that was found, by held-out pictures: a classifier of the features that `network` gives; the probe itself where nothing is better."""

    classifier: Probe
    network: Network
    forecast: Forecast | None = None


class Improver(Protocol):
    def improve(self, start: Start) -> Improved:
        """Each state on the way is kept with `start.work`."""
        ...


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
