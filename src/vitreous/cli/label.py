"""`vitreous label FOLDER`"""

import json
from typing import TYPE_CHECKING

import click

from vitreous.cli.names import NAME, PATH, quoted
from vitreous.cli.options import engine_option, reading_options
from vitreous.cli.terminal import reporter
from vitreous.errors import UsageError

if TYPE_CHECKING:
    from vitreous.labelling.server import Served


@click.command("label", short_help="Label photos that have no labels, on a local page.")
@click.argument("folder", type=PATH)
@click.option("--labels", type=NAME, help="Names of labels that are there from the beginning, with commas.")
@click.option("--out", type=PATH, help="The table of labels, .csv (FOLDER.labels.csv beside the folder); its journal lies beside it.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="The port of the page on 127.0.0.1 (a free one).")
@click.option("--net", type=NAME, help="Whose features are taken: a file FILE.onnx or timm:NAME (the shipped network).")
@click.option("--no-browser", is_flag=True, help="Only say where the page is; do not open it.")
@engine_option("openvino-f32")
@reading_options
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output when the page is there, nothing else.")
def command(
    folder: str,
    labels: str | None,
    out: str | None,
    port: int,
    net: str | None,
    no_browser: bool,
    engine: str,
    max_pixels: int | None,
    tolerate_truncated: bool,
    as_json: bool,
) -> None:
    """Give the pictures of FOLDER labels, on a page of your own browser: groups that look alike are named at once, then the model asks what it
    learns most from, and what it is sure of is confirmed in grids. The folder itself is not touched.

    Every step is saved at once; the same command goes on where it was left. The table is what vitreous train takes.
    """
    from vitreous import api

    def ready(served: "Served") -> None:
        if as_json:
            click.echo(
                json.dumps({"url": served.url, "port": served.port, "table": str(served.session.table), "pictures": len(served.session.pictures)})
            )

    names = [each for each in (labels or "").split(",") if each.strip()]
    if labels is not None and not names:
        raise UsageError(f"--labels {labels!r}", "no name in it", "names with commas, such as dress,shirt")
    with reporter(as_json) as tell:
        table = api.label(
            folder,
            labels=names,
            out=out,
            port=port,
            net=net,
            browser=not no_browser and not as_json,
            engine=engine,
            max_pixels=max_pixels,
            tolerate_truncated=tolerate_truncated,
            reporter=tell,
            ready=ready,
        )
        tell.say(f"Try: vitreous train {quoted(table)}")
