"""Decode and forward side by side: files go in, one result a file comes out, in the order of the files.

Threads decode (Pillow releases the interpreter's lock), a batch is handed to the engine as soon as it is full, and the
engine works while the next one is decoded. At most a few batches are in memory, however many files there are.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vitreous.core.view import View
from vitreous.data.decode import Decoded, Policy, decode
from vitreous.errors import UnreadableImage
from vitreous.infer.engine import Engine, Outputs, padded
from vitreous.infer.machine import this_machine

Picture = NDArray[np.uint8]


@dataclass(frozen=True)
class Result:
    """What became of file number `index`: the decoded picture, or the error that says why there is none."""

    index: int
    decoded: Decoded | None
    error: UnreadableImage | None


def decoded_side_by_side(paths: Iterable[tuple[int, str]], views: tuple[View, ...], policy: Policy) -> Iterator[Result]:
    """Decode (index, path) pairs on all cores, in order, a bounded number ahead."""
    threads = this_machine().cores
    waiting: deque[tuple[int, Future[Decoded]]] = deque()
    pool = ThreadPoolExecutor(threads, "decode")
    try:
        for index, path in paths:
            waiting.append((index, pool.submit(decode, path, views, policy)))
            if len(waiting) > 8 * threads:
                yield _result(*waiting.popleft())
        while waiting:
            yield _result(*waiting.popleft())
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


class Forward:
    """Collects pictures into batches for an engine and gives each picture's outputs to `store(index, outputs)`."""

    def __init__(self, engine: Engine, size: int, store: Callable[[list[int], Outputs], None]) -> None:
        self._engine, self._store = engine, store
        self._batch = np.empty((engine.setting.batch, size, size, 3), np.uint8)
        self._indices: list[int] = []

    def add(self, index: int, picture: Picture) -> None:
        self._batch[len(self._indices)] = picture
        self._indices.append(index)
        if len(self._indices) == len(self._batch):
            self._flush()

    def finish(self) -> None:
        if self._indices:
            self._flush()
        self._engine.finish()

    def _flush(self) -> None:
        indices, self._indices = self._indices, []
        count = len(indices)

        def done(outputs: Outputs) -> None:
            self._store(indices, {name: value[:count] for name, value in outputs.items()})

        self._engine.submit(padded(self._batch[:count], len(self._batch)), done)
        # the engine may still be reading: the next pictures go into a new array
        self._batch = np.empty_like(self._batch)


def _result(index: int, future: "Future[Decoded]") -> Result:
    try:
        return Result(index, future.result(), None)
    except UnreadableImage as error:
        return Result(index, None, error)
