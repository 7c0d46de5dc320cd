"""`vitreous watch RUN`"""

import json

import click

from vitreous.cli.names import PATH
from vitreous.core.text import visible


@click.command("watch", short_help="Follow a training from another terminal.")
@click.argument("run", type=PATH)
@click.option("--json", "as_json", is_flag=True, help="One JSON object for each epoch.")
def command(run: str, as_json: bool) -> None:
    """Follow the training of RUN: a line for each epoch, those that are over at first. Ends when the training ends."""
    from vitreous import api

    last = None
    for last in api.watch(run):
        told = {key: value for key, value in last.items() if key != "line"}
        click.echo(json.dumps(told) if as_json else visible(str(last.get("line") or _short(last))))
    if last is None and not as_json:
        click.echo("No epoch is over: the training is not one by epochs, or it has just begun and nobody is at work on it.", err=True)


def _short(epoch: dict[str, object]) -> str:
    figures = [f"{name.replace('_', ' ')} {value:.4g}" for name, value in epoch.items() if isinstance(value, float)]
    return f"Epoch {epoch.get('epoch', epoch.get('number'))}: {', '.join(figures)}"
