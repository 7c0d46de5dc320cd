"""`vitreous see [RUN] [FOLDER] --strongest [STAGE]`: what excites the channels most, and which say nothing."""

import json
import os
import re
from typing import TYPE_CHECKING

import click

from vitreous.cli.names import NAME, quoted
from vitreous.cli.see.stages import DEPTH
from vitreous.cli.see.view import PICTURE, Asked, View, is_network, require_pictures, write_picture
from vitreous.core.text import visible
from vitreous.errors import UsageError

if TYPE_CHECKING:
    from vitreous.core.reporter import Reporter
    from vitreous.inside.strongest import Strongest

_ALL = "all"
_MOST = 100_000
_STRONGEST = click.Option(
    ["--strongest"],
    is_flag=False,
    flag_value=_ALL,
    type=NAME,
    metavar="[STAGE]",
    help="The nine pictures of many that excite each channel of STAGE most, and its dead and saturated channels; of every stage where none is named.",
)
_CHANNELS = click.Option(["--channels"], type=NAME, metavar="0-7,12", help="With --strongest STAGE: the channels to show, not the eight strongest.")


def _say(asked: Asked) -> None:
    from vitreous.cli.terminal import reporter

    require_pictures(asked, "picture")
    with reporter(asked.as_json) as tell:
        found = _searched(asked, tell)
    # the picture first: where it cannot be made, nothing is said of it
    if asked.picture:
        write_picture(asked.picture, found.picture, asked)
    click.echo(json.dumps(found.to_json()) if asked.as_json else "\n".join(found.lines()))
    if not asked.picture and not asked.as_json:
        click.echo("--picture FILE draws the nine of each, beside what in them did it", err=True)


def _searched(asked: Asked, tell: "Reporter") -> "Strongest":
    from vitreous import api

    names, depth = asked.names, int(asked.options["depth"])
    stage = None if asked.options["strongest"] == _ALL else str(asked.options["strongest"])
    channels = parse_channels(asked.options["channels"]) if asked.options["channels"] else None
    if len(names) > 2:
        raise UsageError("one folder at a time", f"{len(names)} names", "[RUN] [FOLDER]")
    if channels is not None and stage is None:
        raise UsageError("--channels of which stage?", "no stage", "the stage that they belong to", "--strongest STAGE --channels 0-7")

    def of_network(model: str | None, data: str) -> "Strongest":
        rule = asked.max_pixels, asked.tolerate_truncated
        return api.strongest(data, stage, channels, depth=depth, model=model, max_pixels=rule[0], tolerate_truncated=rule[1], reporter=tell)

    if not is_network(names[0]) and len(names) == 1:
        return of_network(None, names[0])
    first, data = names[0], names[1] if len(names) == 2 else None
    if first.lower().endswith(".onnx") and not os.path.isfile(os.path.join(os.path.dirname(first), "run.json")):
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


VIEW = View((_STRONGEST, _CHANNELS, DEPTH, PICTURE), "--strongest stage2", _say)
