"""`vitreous see FOLDER --augment`: what training would do to the pictures of a folder."""

import json

import click

from vitreous.cli.names import NAME
from vitreous.cli.see.view import PICTURE, SEED, Asked, View, require_pictures, write_picture

_AUGMENT = click.Option(
    ["--augment"],
    is_flag=False,
    flag_value="auto",
    type=NAME,
    metavar="[WHAT]",
    help="What augmentation does to pictures of a folder: auto, or a list such as flip,crop=4,brightness=0.2 or auto,no-flip.",
)


def _say(asked: Asked) -> None:
    from vitreous import api

    require_pictures(asked, "picture")
    found = api.augmentations(
        asked.names,
        asked.options["augment"],
        seed=asked.options["seed"] or 0,
        max_pixels=asked.max_pixels,
        tolerate_truncated=asked.tolerate_truncated,
    )
    click.echo(json.dumps(found.to_json()) if asked.as_json else "\n".join(found.lines()))
    if asked.picture:
        write_picture(asked.picture, found.picture, asked)
    elif not asked.as_json:
        click.echo("--picture FILE draws them", err=True)


VIEW = View((_AUGMENT, SEED, PICTURE), "--augment", _say)
