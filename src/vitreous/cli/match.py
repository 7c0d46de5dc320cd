"""`vitreous match A.jpg B.jpg|FOLDER [RUN]`"""

import json
import os
from typing import TYPE_CHECKING

import click

from vitreous.cli.names import NAME, PATH, quoted
from vitreous.cli.options import json_option, net_option, reading_options
from vitreous.cli.outputs import require_outputs
from vitreous.core.text import visible
from vitreous.errors import UsageError

if TYPE_CHECKING:
    from vitreous.retrieval.matching import Match, Matches


@click.command("match", short_help="Where in one picture is what another shows.")
@click.argument("a", type=PATH, metavar="A.jpg")
@click.argument("b", type=PATH, metavar="B.jpg|FOLDER")
@click.argument("run", type=PATH, required=False)
@net_option
@click.option("--stage", type=NAME, help="The stage whose maps are compared; else the last one with a cell every 8 pixels.")
@click.option("--most", type=click.IntRange(1), help="FOLDER: how many of the nearest pictures are compared (50).")
@click.option("--out", type=PATH, help="Draw what was found to this file, .png or .svg.")
@click.option("--appearance", type=click.Choice(["light", "dark"]), default="light", show_default=True, help="Colours of --out.")
@reading_options
@json_option
def command(
    a: str,
    b: str,
    run: str | None,
    net: str | None,
    stage: str | None,
    most: int | None,
    out: str | None,
    appearance: str,
    max_pixels: int | None,
    tolerate_truncated: bool,
    as_json: bool,
) -> None:
    """Where in picture A is what picture B shows: turned, scaled, cropped, tilted or mirrored; and whether both show the same object or place.

    With a FOLDER: which of its pictures show what A shows, the surest first. RUN: by the network of a run instead of the shipped one.
    """
    from vitreous import api
    from vitreous.cli.terminal import reporter
    from vitreous.draw.theme import picture_format

    if os.path.isdir(a):
        raise UsageError("vitreous match", f"{visible(a)} is a folder", "a picture, and behind it a picture or a folder", _turned_round(a, b))
    in_folder = os.path.isdir(b)
    if most and not in_folder:
        raise UsageError("--most without a folder", f"{visible(b)} is no folder", "a folder of pictures", "leave it away")
    if run and net:
        raise UsageError("--net beside a run", f"{visible(run)} has its own network", "one of both")
    if out:
        picture_format(out)
    require_outputs({"--out": out}, [a, b])
    found: Match | Matches
    with reporter(as_json) as tell:
        if in_folder:
            found = api.match_in(
                a, b, model=run, net=net, stage=stage, most=most, max_pixels=max_pixels, tolerate_truncated=tolerate_truncated, reporter=tell
            )
        else:
            found = api.match(a, b, model=run, net=net, stage=stage, max_pixels=max_pixels, tolerate_truncated=tolerate_truncated)
    # the picture first: where it cannot be made, nothing is said of it
    drawn = bool(out) and _write(found, out, appearance)
    click.echo(json.dumps(found.to_json()) if as_json else "\n".join(found.lines()))
    if drawn:
        click.echo(f"picture in {visible(str(out))}", err=True)


def _write(found: "Match | Matches", out: str | None, appearance: str) -> bool:
    from pathlib import Path

    from vitreous.draw.theme import DARK, LIGHT, picture_format
    from vitreous.retrieval.matching import Matches
    from vitreous.storage.atomic import write_atomically

    if out is None:
        return False
    if isinstance(found, Matches) and not found.found:
        click.echo(f"no picture was written to {visible(out)}: there is nothing to draw", err=True)
        return False
    write_atomically(Path(out), found.picture(picture_format(out), DARK if appearance == "dark" else LIGHT))
    return True


def _turned_round(a: str, b: str) -> str:
    return f"vitreous match {quoted(b)} {quoted(a)}" if os.path.isfile(b) else ""
