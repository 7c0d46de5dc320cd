"""What people see while work goes on: sentences, and on a terminal a bar with rate and time left for work over two seconds."""

import shutil
import sys
import textwrap
import time
from contextlib import AbstractContextManager, nullcontext
from types import TracebackType
from typing import Any

import click

from vitreous.core.reporter import Quiet, Reporter
from vitreous.core.text import visible

_AFTER_SECONDS = 2.0


class Terminal:
    """Sentences on standard error, so that standard output holds results only; a bar where that is a terminal."""

    def __init__(self) -> None:
        self._bar: Any = None
        self._stage, self._task, self._since, self._before = "", None, 0.0, 0

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stop()

    def say(self, sentence: str) -> None:
        self._stop()
        text = visible(sentence)
        if sys.stderr.isatty():
            width = max(40, shutil.get_terminal_size().columns)
            text = textwrap.fill(text, width, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)
        click.echo(text, err=True)

    def progress(self, stage: str, done: int, total: int) -> None:
        if stage != self._stage:
            self._stop()
            self._stage, self._since, self._before = stage, time.monotonic(), done
        if done >= total:
            self._stop()
        elif self._bar is not None:
            self._bar.update(self._task, completed=done)
        elif sys.stderr.isatty() and time.monotonic() - self._since > _AFTER_SECONDS:
            self._start(done, total)

    def _start(self, done: int, total: int) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, TextColumn, TimeRemainingColumn
        from rich.text import Text

        class Rate(ProgressColumn):
            def render(self, task: Any) -> Text:
                return Text(f"{task.speed:,.0f}/s" if task.speed else "")

        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), Rate(), TimeRemainingColumn(compact=True), TextColumn("left"))
        self._bar = Progress(*columns, console=Console(stderr=True), transient=True, refresh_per_second=4)
        self._bar.start()
        self._task = self._bar.add_task(self._stage, total=total, completed=done)

    def _stop(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None


def reporter(json: bool) -> AbstractContextManager[Reporter]:
    """Sentences for people; nothing where a program reads."""
    return nullcontext(Quiet()) if json else Terminal()
