"""`vitreous see [RUN] IMAGE --page FILE.html`: a page to walk through the network, number by number."""

import json
from pathlib import Path

import click

from vitreous.cli.names import PATH
from vitreous.cli.outputs import PAGE, require_outputs
from vitreous.cli.see.view import Asked, View, opened
from vitreous.core.text import visible

_PAGE = click.Option(["--page"], type=PATH, help="Write a page to walk through, from the pixels to the answer, to this file, .html.")


def _say(asked: Asked) -> None:
    from vitreous.storage.atomic import write_atomically

    file: str = asked.options["page"]
    require_outputs({"--page": file}, asked.names, {"--page": PAGE})
    found = opened(asked)
    write_atomically(Path(file), found.page())
    click.echo(json.dumps({"page": file, "image": found.image}) if asked.as_json else visible(file))


VIEW = View((_PAGE,), "--page page.html", _say)
