"""Names on the command line: of files, folders, runs, columns. An empty one is a mistake, nearly always a shell variable that is not set.

Taken as a path it would mean the current folder: `vitreous train "$PHOTOS"` would train on whatever lies there.
"""

import shlex
from typing import Any

import click

from vitreous.core.text import visible


class _Name(click.ParamType):  # type: ignore[type-arg, unused-ignore]  # generic from click 8.5 on, not before
    """Any text but the empty one."""

    def __init__(self, name: str) -> None:
        self.name = name

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not str(value).strip():
            self.fail("an empty name; is a variable of your shell not set?", param, ctx)
        return str(value)


class _NumberOrWord(_Name):
    """A number where it is one; which words there are, the settings know."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        text = super().convert(value, param, ctx)
        try:
            return float(text)
        except ValueError:
            return text


NAME, PATH, NUMBER_OR_WORD = _Name("text"), _Name("path"), _NumberOrWord("number or word")


def quoted(path: object) -> str:
    """A path to be copied into a shell: quoted where that is needed, control codes as escapes."""
    text = visible(str(path))
    return shlex.quote(f"./{text}" if text.startswith("-") else text)
