"""Names on the command line: of files, folders, runs, columns. An empty one is a mistake, nearly always a shell variable that is not set.

Taken as a path it would mean the current folder: `vitreous train "$PHOTOS"` would train on whatever lies there.
"""

import os
import shlex
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from vitreous.core.text import visible
from vitreous.errors import UsageError

if TYPE_CHECKING:
    from vitreous.fit.feature_options import FeatureOptions


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


def is_network(name: str) -> bool:
    """Whether a name is that of a network file or of a run's folder."""
    return name.lower().endswith(".onnx") or os.path.isfile(os.path.join(name, "run.json"))


def is_lone_file(name: str) -> bool:
    """Whether it is that of a network file which belongs to no run."""
    return name.lower().endswith(".onnx") and not os.path.isfile(os.path.join(os.path.dirname(name), "run.json"))


def run_in_front(names: Sequence[str], options: "FeatureOptions") -> "tuple[str | None, FeatureOptions, list[str]]":
    """The run in front of `names`, where one is named, the options, with a network file in front that belongs to no run, and the rest."""
    first, rest = names[0], list(names[1:])
    if not is_network(first):
        return None, options, list(names)
    if options.net:
        raise UsageError("--net beside a run", f"{visible(first)} has its own network", "one of both")
    if is_lone_file(first):
        return None, replace(options, net=first), rest
    if options.size:
        raise UsageError("--size beside a run", f"{visible(first)} has its own", "one of both")
    return first, options, rest
