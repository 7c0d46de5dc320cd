"""How many pixels may be in memory at once over all threads, so that eight threads do not hold eight of the largest pictures."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition, Lock

SMALL = 1_000_000


class PixelBudget:
    """Pictures whose sizes add up to at most `limit` pixels are held at once; one that is larger than `limit` is held alone.

    They are served in the order of their coming, so that a large one is not overtaken for ever. Pictures under a megapixel pass.
    """

    def __init__(self, limit: int) -> None:
        self._limit, self._held = limit, 0
        self._first, self._changed = Lock(), Condition()

    @contextmanager
    def hold(self, pixels: int) -> Iterator[None]:
        """Waits until there is room, then sets `pixels` aside until the block ends."""
        if pixels < SMALL:
            yield
            return
        with self._first, self._changed:
            self._changed.wait_for(lambda: self._held == 0 or self._held + pixels <= self._limit)
            self._held += pixels
        try:
            yield
        finally:
            with self._changed:
                self._held -= pixels
                self._changed.notify_all()
