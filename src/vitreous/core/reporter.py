"""How long work tells what it does: sentences, and counts of pictures."""

from typing import Protocol


class Reporter(Protocol):
    """`say` gets whole sentences; `progress` what is being done, how many pictures are done, how many there are."""

    def say(self, sentence: str) -> None: ...

    def progress(self, stage: str, done: int, total: int) -> None: ...


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
