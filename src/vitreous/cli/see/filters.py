"""`vitreous see [RUN] --filters [STAGE]`: what a layer has learned, before and after training. It needs no picture."""

import json
import os
from typing import TYPE_CHECKING

import click

from vitreous.cli.names import NAME, is_lone_file, is_network
from vitreous.cli.see.view import PICTURE, Asked, View, require_pictures, write_picture
from vitreous.errors import UsageError

if TYPE_CHECKING:
    from vitreous.inside.filters import Filters

_FIRST_LAYER = "the first layer"
_FILTERS = click.Option(
    ["--filters"],
    is_flag=False,
    flag_value=_FIRST_LAYER,
    type=NAME,
    metavar="[STAGE]",
    help="The kernels that a stage has learned, of the first layer without a name, before and after training; no picture is needed.",
)
_FIRST = click.Option(["--first"], type=click.IntRange(0), help="With --filters: the number of the kernel with which the page begins (0).")


def _say(asked: Asked) -> None:
    require_pictures(asked, "picture")
    stage = asked.options["filters"]
    found = _found(asked, None if stage == _FIRST_LAYER else stage, asked.options["first"] or 0)
    click.echo(json.dumps(found.to_json()) if asked.as_json else repr(found))
    if asked.picture:
        write_picture(asked.picture, found.picture, asked)
    elif not asked.as_json:
        click.echo("--picture FILE draws them", err=True)


def _found(asked: Asked, stage: str | None, first: int) -> "Filters":
    """Of a run with those before training; of a network file, or the one that comes along, as they are."""
    from vitreous import api
    from vitreous.infer.network import load_network
    from vitreous.inside.filters import filters

    if len(asked.names) > 2:
        raise UsageError("one network at a time", f"{len(asked.names)} names", "[RUN] --filters [STAGE]")
    name = asked.names[0] if asked.names else None
    if name is None or (len(asked.names) == 1 and os.path.isfile(name) and not is_network(name)):
        return filters(load_network(), stage, first)
    if is_lone_file(name):
        from pathlib import Path

        return filters(load_network(Path(name)), stage, first)
    return api.load(name).filters(stage, first=first)


VIEW = View((_FILTERS, _FIRST, PICTURE), "--filters stem", _say)
