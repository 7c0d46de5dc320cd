"""`vitreous sample NAME FOLDER`"""

import click

from vitreous.cli.names import NAME, PATH, quoted
from vitreous.core.text import plural, visible


@click.command("sample", short_help="Write example data.")
@click.argument("name", type=NAME)
@click.argument("folder", type=PATH)
def command(name: str, folder: str) -> None:
    """Write the example data NAME (clothing: photos of clothes; digits: scanned digits) as class folders into FOLDER."""
    from vitreous import api

    count = api.sample(name, folder)
    click.echo(f"{plural(count, 'picture')} in {visible(folder)}", err=True)
    click.echo(f"Try: vitreous train {quoted(folder)}", err=True)
