"""`vitreous see [RUN] IMAGE --why [METHOD]`: what of the picture speaks for an answer; `--flip`: the smallest change that turns it."""

import json

import click

from vitreous.cli.names import NAME
from vitreous.cli.see.view import LABEL, PICTURE, Asked, View, opened, require_pictures, write_picture

_WHY = click.Option(
    ["--why"],
    is_flag=False,
    flag_value="grad-cam",
    type=NAME,
    metavar="[METHOD]",
    help="What of the picture speaks for the answer, checked: cam, grad-cam, integrated-gradients, occlusion, or all (grad-cam).",
)
_FLIP = click.Option(["--flip"], is_flag=True, help="The smallest change of the picture after which the network answers otherwise.")


def _say_why(asked: Asked) -> None:
    from vitreous.inside.why.why import require_method, why

    require_pictures(asked, "picture")
    require_method(asked.options["why"])
    found = why(opened(asked), asked.options["why"], asked.options["label"])
    click.echo(json.dumps(found.to_json()) if asked.as_json else "\n".join(found.lines()))
    if asked.picture:
        write_picture(asked.picture, found.picture, asked)


def _say_flip(asked: Asked) -> None:
    from vitreous.inside.why import flip

    require_pictures(asked, "picture")
    found = flip(opened(asked), asked.options["label"])
    click.echo(json.dumps(found.to_json()) if asked.as_json else "\n".join(found.lines()))
    if asked.picture and found.changed is not None:
        write_picture(asked.picture, found.picture, asked)


WHY = View((_WHY, LABEL, PICTURE), "--why", _say_why)
FLIP = View((_FLIP, LABEL, PICTURE), "--flip", _say_flip)
