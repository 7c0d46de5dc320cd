"""What people see while work goes on: sentences, and on a terminal a bar with rate and time left for work over two seconds, below the curves of a
training by epochs."""

import os
import shutil
import sys
import textwrap
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from types import TracebackType
from typing import Any

import click

from vitreous.core.reporter import Quiet, Reporter
from vitreous.core.text import visible

_AFTER_SECONDS = 2.0


_COLOURS = {"held": "cyan", "learned": "dim", "": ""}


class Terminal:
    """Sentences on standard error, so that standard output holds results only; a bar and curves where that is a terminal."""

    def __init__(self) -> None:
        self._live: Any = None
        self._bar: Any = None
        self._stage, self._task, self._since, self._before = "", None, 0.0, 0
        self._history: Sequence[Mapping[str, Any]] = ()

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._leave_curves()

    def say(self, sentence: str) -> None:
        self._stop()
        text = visible(sentence)
        if sys.stderr.isatty():
            width = max(40, shutil.get_terminal_size().columns)
            text = textwrap.fill(text, width, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)
        click.echo(text, err=True)

    def epoch(self, line: str, history: Sequence[Mapping[str, Any]]) -> None:
        """Say the line; on a terminal the curves stand below the last one, until the training is over and they stay."""
        self.say(line)
        if _draws():
            self._history = history
            self._show()

    def progress(self, stage: str, done: int, total: int) -> None:
        if stage != self._stage:
            self._leave_curves()
            self._stage, self._since, self._before = stage, time.monotonic(), done
        if done >= total:
            self._leave_curves()
        elif self._bar is not None:
            self._bar.update(self._task, completed=done)
        elif sys.stderr.isatty() and time.monotonic() - self._since > _AFTER_SECONDS:
            self._stop()
            self._start(done, total)

    def _start(self, done: int, total: int) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, TextColumn, TimeRemainingColumn
        from rich.text import Text

        class Rate(ProgressColumn):
            def render(self, task: Any) -> Text:
                return Text(f"{task.speed:,.0f}/s" if task.speed else "")

        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), Rate(), TimeRemainingColumn(compact=True), TextColumn("left"))
        self._bar = Progress(*columns)
        self._task = self._bar.add_task(self._stage, total=total, completed=done)
        self._show()

    def _show(self) -> None:
        """Curves and bar, whichever there are, below what was said."""
        from rich.console import Console, Group
        from rich.live import Live

        parts = [part for part in (_drawn(self._history), self._bar) if part is not None]
        if parts:
            self._live = Live(Group(*parts), console=Console(stderr=True), transient=True, refresh_per_second=4)
            self._live.start()

    def _stop(self) -> None:
        if self._live is not None:
            self._live.stop()
        self._live = self._bar = None

    def _leave_curves(self) -> None:
        """What follows comes below them."""
        self._stop()
        drawn, self._history = _drawn(self._history), ()
        if drawn is not None:
            from rich.console import Console

            Console(stderr=True).print(drawn)


def _draws() -> bool:
    """Whether curves can stand there: on a terminal that can go back to lines above."""
    return sys.stderr.isatty() and os.environ.get("TERM", "dumb") not in ("dumb", "unknown")


def _drawn(history: Sequence[Mapping[str, Any]]) -> Any:
    """The curves as rich draws them; None where there are none, or no room."""
    from vitreous.cli.curves import curves

    size = shutil.get_terminal_size()
    lines = curves(history, size.columns - 1, "utf" in (sys.stderr.encoding or "").lower())
    if not lines or len(lines) + 3 > size.lines:
        return None
    from rich.text import Text

    return Text("\n").join(Text.assemble(*((text, _COLOURS[what]) for text, what in line)) for line in lines)


def reporter(json: bool) -> AbstractContextManager[Reporter]:
    """Sentences for people; nothing where a program reads."""
    return nullcontext(Quiet()) if json else Terminal()
