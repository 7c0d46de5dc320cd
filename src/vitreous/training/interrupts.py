"""Ctrl-C and requests to stop, heard between two steps: weights half-updated are never stored."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

_HEARD = ("SIGINT", "SIGTERM", "SIGHUP")


class Asked:
    """Whether somebody asked to stop, and what would have happened then."""

    def __init__(self) -> None:
        self.number: int | None = None
        self.frame: FrameType | None = None
        self.before: dict[int, Any] = {}

    def __bool__(self) -> bool:
        return self.number is not None

    def heed(self) -> None:
        """Do what was asked for: raises what the handler that was there before raises."""
        if self.number is not None:
            handler = self.before[self.number]
            if callable(handler):
                handler(self.number, self.frame)
            raise KeyboardInterrupt


@contextmanager
def put_off() -> Iterator[Asked]:
    """In this context the first request to stop only sets the value to true; a second one is obeyed at once. Elsewhere than in the main thread
    nothing changes, since Python hears signals only there."""
    asked = Asked()
    if threading.current_thread() is not threading.main_thread():
        yield asked
        return

    def hear(number: int, frame: FrameType | None) -> None:
        if asked:
            asked.heed()
        asked.number, asked.frame = number, frame

    for name in _HEARD:
        number = getattr(signal, name, None)
        handler = signal.getsignal(number) if number else None
        # what is ignored or left to the system stays so
        if number and callable(handler):
            asked.before[number] = handler
            signal.signal(number, hear)
    try:
        yield asked
    finally:
        for number, handler in asked.before.items():
            signal.signal(number, handler)
