"""What goes on where a probe ends: a learner that changes the network itself for as long as the minutes last.

    features once ─ probe ─ state on disk ─┬─ done, where there is nothing to go on with
                                           └─ Improver ─ a better state on disk, and another … ─ test

It is handed in from above, since it needs torch.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from vitreous.core.view import View
from vitreous.fit.classifier import Parts, Progress, Work
from vitreous.fit.pictures import Pictures
from vitreous.fit.probe import Probe
from vitreous.infer.engine import Setting
from vitreous.infer.network import Network

# Of a training that could go on behind the probe, where nobody says how long it may take.
DEFAULT_MINUTES = 5.0
# With fewer training pictures nothing was gained by it, or could not be told from chance (LOG.md, 2026-11-26: 160 and 240).
LEAST_PICTURES = 300


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
