"""`vitreous see [RUN] [FOLDER] --strongest [STAGE]`: what excites the channels most, and which say nothing."""

import json

import click

from vitreous.cli.names import NAME
from vitreous.cli.see.searching import CHANNELS, parse_channels, searched
from vitreous.cli.see.stages import DEPTH
from vitreous.cli.see.view import PICTURE, Asked, View, require_pictures, write_picture
from vitreous.errors import UsageError

_ALL = "all"
_STRONGEST = click.Option(
    ["--strongest"],
    is_flag=False,
    flag_value=_ALL,
    type=NAME,
    metavar="[STAGE]",
    help="The nine pictures of many that excite each channel of STAGE most, and its dead and saturated channels; of every stage where none is named.",
)


def _say(asked: Asked) -> None:
    from vitreous.cli.terminal import reporter

    require_pictures(asked, "picture")
    with reporter(asked.as_json) as tell:
        names, stage, channels = asked.names, asked.options["strongest"], asked.options["channels"]
        if len(names) > 2:
            raise UsageError("one folder at a time", f"{len(names)} names", "[RUN] [FOLDER]")
        if channels and stage == _ALL:
            raise UsageError("--channels of which stage?", "no stage", "the stage that they belong to", "--strongest STAGE --channels 0-7")
        chosen = parse_channels(channels) if channels else None
        found = searched(names, None if stage == _ALL else stage, chosen, int(asked.options["depth"]), asked, tell)
    # the picture first: where it cannot be made, nothing is said of it
    if asked.picture:
        write_picture(asked.picture, found.picture, asked)
    click.echo(json.dumps(found.to_json()) if asked.as_json else "\n".join(found.lines()))
    if not asked.picture and not asked.as_json:
        click.echo("--picture FILE draws the nine of each, beside what in them did it", err=True)


VIEW = View((_STRONGEST, CHANNELS, DEPTH, PICTURE), "--strongest stage2", _say)
