"""`vitreous sample NAME FOLDER`"""

import click

from vitreous.core.text import plural, visible


@click.command("sample", short_help="Write example data.")
@click.argument("name")
@click.argument("folder")
def command(name: str, folder: str) -> None:
    """Write the example data NAME (clothing: photos of clothes; digits: scanned digits) as class folders into FOLDER."""
    from vitreous import api

    count = api.sample(name, folder)
    click.echo(f"{plural(count, 'picture')} in {visible(folder)}", err=True)
    click.echo(f"Try: vitreous train {visible(folder)}", err=True)
