"""How long work tells what it does: sentences, and counts of pictures."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable


class Reporter(Protocol):
    """`say` gets whole sentences; `progress` what is being done, how many pictures are done, how many there are."""

    def say(self, sentence: str) -> None: ...

    def progress(self, stage: str, done: int, total: int) -> None: ...


@runtime_checkable
class Curves(Reporter, Protocol):
    """A reporter that can draw: told of each epoch in a line, and with what was recorded of all epochs so far."""

    def epoch(self, line: str, history: Sequence[Mapping[str, Any]]) -> None: ...


class Quiet:
    """Tells nothing."""

    def say(self, sentence: str) -> None:
        pass

    def progress(self, stage: str, done: int, total: int) -> None:
        pass


class Printed:
    """Sentences on standard output, no progress: for notebooks and logs."""

    def say(self, sentence: str) -> None:
        print(sentence, flush=True)

    def progress(self, stage: str, done: int, total: int) -> None:
        pass
