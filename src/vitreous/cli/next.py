"""`vitreous next RUN FOLDER`"""

import json
import sys

import click

from vitreous.cli.names import PATH
from vitreous.cli.options import engine_option, reading_options
from vitreous.cli.terminal import reporter
from vitreous.core.text import plural, visible


@click.command("next", short_help="Which new photos to label next for a run.")
@click.argument("run", type=PATH)
@click.argument("folder", type=PATH)
@click.option("--n", type=click.IntRange(1), default=50, show_default=True, help="How many.")
@click.option("--csv", "form", flag_value="csv", help="A CSV table to be filled in: path, label (empty), answer, probability.")
@click.option("--json", "form", flag_value="json", help="One JSON object on standard output, nothing else.")
@engine_option("auto")
@reading_options
def command(run: str, folder: str, n: int, form: str | None, engine: str, max_pixels: int | None, tolerate_truncated: bool) -> None:
    """The pictures of FOLDER from which RUN would learn most, the first one first: those it is least sure of, unlike each other. Pictures that it
    knows are left out.
    """
    from vitreous import api

    with reporter(form is not None) as tell:
        found = api.next_to_label(run, folder, n, engine=engine, max_pixels=max_pixels, tolerate_truncated=tolerate_truncated, reporter=tell)
        tell.say(f"{found.sentence}.")
        if found.left_out:
            first = found.left_out[0]
            tell.say(f"Left out: {plural(len(found.left_out), 'file')}, such as {visible(first.relative)}: {first.reason}")
    if form == "json":
        click.echo(json.dumps(found.to_json()))
    elif form == "csv":
        sys.stdout.write(found.to_csv().decode())
    else:
        for each in found.pictures:
            click.echo(f"{visible(each.path)}\t{visible(each.answer)}\t{each.probability:.4f}")
