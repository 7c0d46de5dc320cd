"""`vitreous watch RUN`"""

import json
import sys
from typing import Any

import click

from vitreous.cli.names import PATH
from vitreous.cli.terminal import Terminal
from vitreous.core.text import visible


@click.command("watch", short_help="Follow a training from another terminal.")
@click.argument("run", type=PATH)
@click.option("--json", "as_json", is_flag=True, help="One JSON object for each epoch.")
def command(run: str, as_json: bool) -> None:
    """Follow the training of RUN: a line for each epoch, those that are over at first, and on a terminal the curves. Ends when the training ends."""
    from vitreous import api

    history: list[dict[str, Any]] = []
    with Terminal() as terminal:
        for last in api.watch(run):
            history.append({key: value for key, value in last.items() if key != "line"})
            line = str(last.get("line") or _short(last))
            if as_json:
                click.echo(json.dumps(history[-1]))
            elif sys.stdout.isatty() and sys.stderr.isatty():
                terminal.epoch(line, history)
            else:
                click.echo(visible(line))
    if not history and not as_json:
        click.echo("No epoch is over: the training is not one by epochs, or it has just begun and nobody is at work on it.", err=True)


def _short(epoch: dict[str, Any]) -> str:
    """Of an epoch of a finished training, whose lines are gone: as the training said it, less what passes with the moment."""
    if "train_loss" in epoch:
        line = f"Epoch {epoch['epoch']}: loss {epoch['train_loss']:.3f}, accuracy {epoch['train_accuracy']:.1%}"
        return line + (f"; held out {epoch['held_loss']:.3f}, {epoch['held_accuracy']:.1%}." if epoch.get("held_accuracy") is not None else ".")
    figures = [f"{name.replace('_', ' ')} {value:.4g}" for name, value in epoch.items() if isinstance(value, float)]
    return f"Epoch {epoch.get('epoch', epoch.get('number'))}: {', '.join(figures)}"
