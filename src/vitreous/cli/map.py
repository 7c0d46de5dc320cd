"""`vitreous map FOLDER [RUN]`"""

import json
import os
from pathlib import Path

import click

from vitreous.cli.names import NAME, PATH, quoted
from vitreous.cli.outputs import PAGE, TABLE, require_outputs
from vitreous.core.text import visible
from vitreous.errors import UsageError
from vitreous.storage.atomic import write_atomically

_START = 4096  # bytes of a page in which its mark stands


@click.command("map", short_help="A whole folder of photos in two dimensions.")
@click.argument("data", type=PATH, metavar="FOLDER")
@click.argument("run", type=PATH, required=False)
@click.option("--out", type=PATH, default="map.html", show_default=True, help="The page to write, .html.")
@click.option("--csv", "table", type=PATH, help="Write a table to this file: place, cluster and outlier of each picture.")
@click.option("--duplicates", type=PATH, help="Write the groups of copies to this file, .csv, with the picture to keep of each.")
@click.option("--net", type=NAME, help="The network: a file FILE.onnx or timm:NAME (without RUN; else the shipped one).")
@click.option("--size", type=click.IntRange(1, 2048), help="The side of its pictures in pixels, for a FILE.onnx that leaves it open.")
@click.option("--stage", type=NAME, help="The stage whose values are taken, such as fc7 of VGG-16; else its features.")
@click.option("--pool", type=click.Choice(["mean", "max", "all"]), default="mean", show_default=True, help="What of each map is taken.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Of the noise that parts equal pictures.")
@click.option("--engine", default="openvino-f32", show_default=True, help="auto, openvino-f32, openvino-bf16 or onnxruntime.")
@click.option("--max-pixels", type=click.IntRange(1), help="Largest picture that is read.")
@click.option("--tolerate-truncated", is_flag=True, help="Read files that end early.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output, nothing else.")
def command(
    data: str,
    run: str | None,
    out: str,
    table: str | None,
    duplicates: str | None,
    net: str | None,
    size: int | None,
    stage: str | None,
    pool: str,
    seed: int,
    engine: str,
    max_pixels: int | None,
    tolerate_truncated: bool,
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
        found = api.map(
            data,
            run,
            net=net,
            size=size,
            stage=stage,
            pool=pool,  # type: ignore[arg-type]  # as its choices say
            seed=seed,
            engine=engine,
            max_pixels=max_pixels,
            tolerate_truncated=tolerate_truncated,
            reporter=tell,
        )
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
