"""`vitreous see [RUN] IMAGE --value NAME[PLACE]`: how one number came about, down to the pixels and up to the answer."""

import json
from typing import Any

import click

from vitreous.cli.names import NAME
from vitreous.cli.see.view import PICTURE, Asked, View, opened, require_pictures, write_picture

_VALUE = click.Option(["--value"], type=NAME, help="The arithmetic of one number, such as stem[3,10,12] or logits[7].")
_DOWN = click.Option(["--down"], is_flag=True, help="Follow that number down to a pixel.")
_UP = click.Option(["--up"], is_flag=True, help="Follow that number up to the answer.")


def _say(asked: Asked) -> None:
    from vitreous.inside.place import parse_number

    require_pictures(asked, "picture")
    down, up = asked.options["down"], asked.options["up"]
    account = opened(asked).value(*parse_number(asked.options["value"]))
    if asked.as_json:
        written: dict[str, Any] = account.to_json()
        written |= account.down_json() if down else {}
        written |= account.up_json() if up else {}
        click.echo(json.dumps(written))
    else:
        lines = account.lines()
        lines += ["", "down, by what decides:", *account.down_lines()] if down else []
        lines += ["", "up, by influence on the answer:", *account.up_lines()] if up else []
        click.echo("\n".join(lines))
    if asked.picture:
        write_picture(asked.picture, account.picture, asked)


VIEW = View((_VALUE, _DOWN, _UP, PICTURE), "--value stem[3,10,12]", _say)
