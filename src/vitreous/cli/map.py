"""`vitreous map FOLDER [RUN]`"""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vitreous.cli.names import PATH, quoted
from vitreous.cli.options import as_feature_options, engine_option, json_option, reading_options, value_options
from vitreous.cli.outputs import PAGE, TABLE, require_outputs
from vitreous.core.text import visible
from vitreous.errors import UsageError
from vitreous.storage.atomic import write_atomically

if TYPE_CHECKING:
    from vitreous.fit.feature_options import FeatureOptions

_START = 4096  # bytes of a page in which its mark stands


@click.command("map", short_help="A whole folder of photos in two dimensions.")
@click.argument("data", type=PATH, metavar="FOLDER")
@click.argument("run", type=PATH, required=False)
@click.option("--out", type=PATH, default="map.html", show_default=True, help="The page to write, .html.")
@click.option("--csv", "table", type=PATH, help="Write a table to this file: place, cluster and outlier of each picture.")
@click.option("--duplicates", type=PATH, help="Write the groups of copies to this file, .csv, with the picture to keep of each.")
@value_options
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Of the noise that parts equal pictures.")
@engine_option("openvino-f32")
@reading_options
@as_feature_options
@json_option
def command(
    data: str,
    run: str | None,
    out: str,
    table: str | None,
    duplicates: str | None,
    seed: int,
    options: "FeatureOptions",
    as_json: bool,
) -> None:
    """Write a page with all pictures of FOLDER (or of a CSV table) in two dimensions: those that a network takes for alike lie together, in
    clusters with their most typical pictures; outliers, and copies with the one to keep.

    With RUN (a run folder or its model.onnx) the network is that of the run, and the page shows which of its answers are right.
    """
    from vitreous import api
    from vitreous.cli.terminal import reporter

    require_outputs({"--out": out, "--csv": table, "--duplicates": duplicates}, [data], {"--out": PAGE, "--csv": TABLE, "--duplicates": TABLE})
    _require_map(out)
    with reporter(as_json) as tell:
        found = api.map_by(data, run, options, seed, tell)
    found.save(out)
    if table:
        write_atomically(Path(table), found.csv())
    if duplicates:
        write_atomically(Path(duplicates), found.duplicates_csv())
    if as_json:
        click.echo(json.dumps(found.to_json() | {"file": out}, allow_nan=False))
    else:
        click.echo("\n".join(visible(line) for line in found.lines()))
        click.echo(f"map in {quoted(out)}")


def _require_map(out: str) -> None:
    """A page that something else has written is not replaced."""
    from vitreous.retrieval.map.page import is_map_page

    if not os.path.isfile(out):
        return
    with open(out, "rb") as stream:
        start = stream.read(_START)
    if start and not is_map_page(start):
        raise UsageError(f"--out {visible(out)}", "a file is there that is no map of Vitreous, and would be lost", "a new name, or an older map")
