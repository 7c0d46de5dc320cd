"""The search for what excites the channels most, as `--strongest` and `--over` ask for it; and channels as they are typed."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from vitreous.cli.names import NAME, is_lone_file, is_network, quoted
from vitreous.cli.see.view import Asked
from vitreous.core.text import visible
from vitreous.errors import UsageError

if TYPE_CHECKING:
    from vitreous.core.reporter import Reporter
    from vitreous.inside.strongest import Strongest

_MOST = 100_000
CHANNELS = click.Option(
    ["--channels"], type=NAME, metavar="0-7,12", help="With --strongest STAGE, or with --stage and --atlas: the channels to show."
)


def searched(names: Sequence[str], stage: str | None, channels: Sequence[int] | None, depth: int, asked: Asked, tell: "Reporter") -> "Strongest":
    """A search over what [RUN] [FOLDER] names. Raises UsageError where there are no pictures among it."""
    from vitreous import api

    def of_network(model: str | None, data: str) -> "Strongest":
        rule = asked.max_pixels, asked.tolerate_truncated
        return api.strongest(data, stage, channels, depth=depth, model=model, max_pixels=rule[0], tolerate_truncated=rule[1], reporter=tell)

    if len(names) == 1 and not is_network(names[0]):
        return of_network(None, names[0])
    first, data = names[0], names[1] if len(names) == 2 else None
    if is_lone_file(first):
        if data is None:
            remedy = f"vitreous see {quoted(first)} FOLDER --strongest"
            raise UsageError("no pictures were named", f"only {visible(first)}", "a folder of pictures behind it", remedy)
        return of_network(first, data)
    return api.load(first).strongest(stage, data, channels, depth=depth, reporter=tell)


def parse_channels(text: str) -> list[int]:
    """Channels in the order in which they are named, each once. Raises UsageError.

    >>> parse_channels("4-6, 2")
    [4, 5, 6, 2]
    """
    found: dict[int, None] = {}
    for part in text.split(","):
        match = re.fullmatch(r"\s*([0-9]{1,9})\s*(?:-\s*([0-9]{1,9})\s*)?", part)
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
        if not first <= last < first + _MOST:
            raise UsageError(
                f"--channels {visible(text)[:80]!r} names no channels", f"the part {visible(part)[:80]!r}", "numbers and ranges", "0-7,12"
            )
        found |= dict.fromkeys(range(first, last + 1))
    return list(found)
