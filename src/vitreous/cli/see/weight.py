"""`vitreous see [RUN] IMAGE --weight NAME[PLACE]`: the gradient of the loss in one weight, every factor of it."""

import json

import click

from vitreous.cli.names import NAME
from vitreous.cli.see.view import LABEL, PICTURE, Asked, View, opened, require_pictures, write_picture

_WEIGHT = click.Option(
    ["--weight"],
    type=NAME,
    help="The gradient of the loss in one weight, by the chain rule: stem.weight[3,0,1,1], or stem.weight for the one with the largest.",
)


def _say(asked: Asked) -> None:
    say_gradient(asked, asked.options["weight"])


def say_gradient(asked: Asked, text: str) -> None:
    from vitreous.inside.place import parse_number

    require_pictures(asked, "picture")
    name, place = parse_number(text)
    found = opened(asked).gradient(name, place, asked.options["label"])
    click.echo(json.dumps(found.to_json()) if asked.as_json else repr(found))
    if asked.picture:
        write_picture(asked.picture, found.picture, asked)


VIEW = View((_WEIGHT, LABEL, PICTURE), "--weight stem.weight[3,0,1,1]", _say)
