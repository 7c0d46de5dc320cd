"""`vitreous see [RUN] IMAGE --page FILE.html`: a page to walk through the network, number by number."""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vitreous.cli.names import NAME, PATH
from vitreous.cli.outputs import PAGE, require_outputs
from vitreous.cli.see.view import Asked, View, opened
from vitreous.core.text import visible
from vitreous.errors import UsageError

if TYPE_CHECKING:
    from vitreous.inside.strongest import Strongest

_OWN = "the run's"
_PAGE = click.Option(["--page"], type=PATH, help="Write a page to walk through, from the pixels to the answer, to this file, .html.")
_EXAMPLES = click.Option(
    ["--examples"],
    is_flag=False,
    flag_value=_OWN,
    type=NAME,
    metavar="[FOLDER]",
    help="With --page: the nine pictures of FOLDER that excite a channel most; without a name, of those that RUN learned from.",
)


def _say(asked: Asked) -> None:
    from vitreous.storage.atomic import write_atomically

    file: str = asked.options["page"]
    examples: str | None = asked.options["examples"]
    data = None if examples in (None, _OWN) else examples
    require_outputs({"--page": file}, [*asked.names, *filter(None, [data])], {"--page": PAGE})
    found = opened(asked)
    page = found.page(_searched(asked, data) if examples else None)
    write_atomically(Path(file), page)
    click.echo(json.dumps({"page": file, "image": found.image}) if asked.as_json else visible(file))


def _searched(asked: Asked, data: str | None) -> "Strongest":
    """What excites the channels of the network that was named, over a folder or over what it learned from."""
    from vitreous import api
    from vitreous.cli.terminal import reporter

    first = asked.names[0] if len(asked.names) == 2 else None
    with reporter(asked.as_json) as tell:
        if first and any(os.path.isfile(os.path.join(folder, "run.json")) for folder in (first, os.path.dirname(first))):
            return api.load(first).strongest(None, data, reporter=tell)
        if data is None:
            raise UsageError("--examples of which pictures?", "no run, which would name them", "a folder", "--examples FOLDER")
        return api.strongest(data, model=first, reporter=tell)


VIEW = View((_PAGE, _EXAMPLES), "--page page.html", _say)
