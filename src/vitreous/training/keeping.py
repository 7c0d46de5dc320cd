"""When a training is stored: soon after it began, then as often as costs two hundredths of the time, but once a minute where that is more often."""

import time
from collections.abc import Callable

_LEAST_SECONDS, _MOST_SECONDS = 10.0, 50.0
_SHARE = 0.02
_FIRST_SECONDS = 5.0


class Clock:
    """Says when the next state is due. Time is that of a clock that nobody sets back."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self.begun = now()
        self.spent, self.saves = 0.0, 0
        self._next = self.begun + _FIRST_SECONDS

    def due(self) -> bool:
        return self._now() >= self._next

    def save(self, store: Callable[[], object]) -> None:
        """Store, measure what that takes, and put the next time so far off that it is a fiftieth of the time at most: about a minute where a
        state takes a second, and longer where it takes longer."""
        before = self._now()
        store()
        took = self._now() - before
        self.spent, self.saves = self.spent + took, self.saves + 1
        self._next = self._now() + max(_LEAST_SECONDS, min(_MOST_SECONDS, 2 * took / _SHARE), took / _SHARE)

    @property
    def share(self) -> float:
        """Of the time so far that went into storing."""
        return self.spent / max(1e-9, self._now() - self.begun)
