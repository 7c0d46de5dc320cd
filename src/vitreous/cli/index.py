"""`vitreous index [RUN] FOLDER`"""

import json
from typing import TYPE_CHECKING

import click

from vitreous.cli.names import NAME, PATH, quoted, run_in_front
from vitreous.cli.options import feature_options, json_option
from vitreous.core.text import visible
from vitreous.errors import UsageError

if TYPE_CHECKING:
    from vitreous.fit.feature_options import FeatureOptions


@click.command("index", short_help="Index a folder of photos, to find similar ones.")
@click.argument("names", nargs=-1, required=True, type=NAME, metavar="[RUN] FOLDER")
@click.option("--index", "path", type=PATH, help="The folder for the index (else one in the cache).")
@feature_options
@json_option
def command(names: tuple[str, ...], path: str | None, options: "FeatureOptions", as_json: bool) -> None:
    """Make the index of all pictures of FOLDER (or of a CSV table), or bring it up to date: new and changed ones go through the network, what
    has gone is dropped. Cut off at any moment, the same command goes on.

    With RUN (a run folder or a model.onnx) by the network of that run. `vitreous find FOLDER PHOTO` does it too, before it answers.
    """
    from vitreous import api
    from vitreous.cli.terminal import reporter

    run, options, rest = run_in_front(names, options)
    if len(rest) != 1:
        raise UsageError("vitreous index", f"{len(rest)} folders" if rest else "no folder", "one folder or table of pictures")
    with reporter(as_json) as tell:
        made = api.index_by(api.network_for("index", run, options, tell), rest[0], path, options, tell)
    if as_json:
        click.echo(json.dumps(made.to_json() | {"remarks": list(made.remarks)}))
        return
    click.echo(made.sentence)
    for remark in (*made.remarks, made.facts["labels_help"]["said"]):
        click.echo(visible(remark[:1].upper() + remark[1:]) + ".")
    click.echo(f"Index: {quoted(made.path)}")
    click.echo(f"Try: vitreous find {quoted(path or rest[0])} PHOTO")
