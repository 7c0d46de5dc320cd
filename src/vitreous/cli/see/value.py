"""`vitreous see [RUN] IMAGE --value NAME[PLACE]`: how one number came about, down to the pixels and up to the answer; or its gradient."""

import json
from typing import Any

import click

from vitreous.cli.names import NAME
from vitreous.cli.see.view import LABEL, PICTURE, Asked, View, opened, require_pictures, write_picture
from vitreous.cli.see.weight import say_gradient
from vitreous.errors import UsageError

_VALUE = click.Option(["--value"], type=NAME, help="The arithmetic of one number, such as stem[3,10,12] or logits[7].")
_DOWN = click.Option(["--down"], is_flag=True, help="Follow that number down to a pixel.")
_UP = click.Option(["--up"], is_flag=True, help="Follow that number up to the answer.")

_BACKWARDS = click.Option(["--backwards"], is_flag=True, help="The gradient of the loss in that number instead, by the chain rule.")


def _say(asked: Asked) -> None:
    from vitreous.inside.place import parse_number

    down, up = asked.options["down"], asked.options["up"]
    if asked.options["backwards"]:
        if down or up:
            raise UsageError(f"{'--down' if down else '--up'} cannot be given with --backwards", needed="one of the two")
        say_gradient(asked, asked.options["value"])
        return
    if asked.options["label"] is not None:
        raise UsageError("--label of what?", "--value without --backwards", "--backwards: the loss of that label")
    require_pictures(asked, "picture")
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


VIEW = View((_VALUE, _DOWN, _UP, _BACKWARDS, LABEL, PICTURE), "--value stem[3,10,12]", _say)
