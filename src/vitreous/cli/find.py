"""`vitreous find [RUN] FOLDER PHOTO...`"""

import json
import os
from pathlib import Path

import click

from vitreous.cli.names import NAME, PATH, quoted
from vitreous.cli.outputs import PAGE, TABLE, require_outputs
from vitreous.core.text import visible
from vitreous.errors import UsageError


@click.command("find", short_help="The most similar photos of a folder.")
@click.argument("names", nargs=-1, required=True, type=NAME, metavar="[RUN] FOLDER PHOTO...")
@click.option("--n", "count", type=click.IntRange(1, 100_000), default=20, show_default=True, help="How many are shown.")
@click.option("--not", "unlike", multiple=True, type=PATH, help="A photo that the answers shall not be like; may be given again.")
@click.option("--box", type=NAME, help="The part of PHOTO that counts: x0,y0,x1,y1 in pixels from the top left corner.")
@click.option(
    "--by", type=click.Choice(["auto", "looks", "labels"]), default="auto", show_default=True, help="Whether the folder's labels count too."
)
@click.option("--exact", is_flag=True, help="Compare all, also where there are more than a million.")
@click.option("--html", "page", type=PATH, help="Write the answers as a page with pictures to this file, .html.")
@click.option("--csv", "table", type=PATH, help="Write the answers as a table to this file, .csv.")
@click.option("--index", "path", type=PATH, help="The folder of the index (else one in the cache).")
@click.option("--net", type=NAME, help="The network: a file FILE.onnx or timm:NAME (without RUN; else the shipped one).")
@click.option("--size", type=click.IntRange(1, 2048), help="The side of its pictures in pixels, for a FILE.onnx that leaves it open.")
@click.option("--stage", type=NAME, help="The stage whose values are compared, such as stage5; else its features.")
@click.option("--pool", type=click.Choice(["mean", "max", "all"]), default="mean", show_default=True, help="What of each map is taken.")
@click.option("--engine", default="openvino-f32", show_default=True, help="auto, openvino-f32, openvino-bf16 or onnxruntime.")
@click.option("--max-pixels", type=click.IntRange(1), help="Largest picture that is read.")
@click.option("--tolerate-truncated", is_flag=True, help="Read files that end early.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output, nothing else.")
def command(
    names: tuple[str, ...],
    count: int,
    unlike: tuple[str, ...],
    box: str | None,
    by: str,
    exact: bool,
    page: str | None,
    table: str | None,
    path: str | None,
    net: str | None,
    size: int | None,
    stage: str | None,
    pool: str,
    engine: str,
    max_pixels: int | None,
    tolerate_truncated: bool,
    as_json: bool,
) -> None:
    """The pictures of FOLDER (or of a CSV table) that are most like PHOTO, or like several. FOLDER is indexed first, or what changed in it since;
    an index that `vitreous index` made is asked as it is.

    With RUN (a run folder or a model.onnx) by the network of that run.
    """
    from vitreous import api
    from vitreous.cli.terminal import reporter

    run, net, rest = run_of(names, net, size)
    if len(rest) < 2:
        remedy = f"vitreous find {quoted(rest[0]) if rest else 'FOLDER'} PHOTO"
        raise UsageError("vitreous find", "no photo to look for" if rest else "no folder", "a folder of pictures, and a photo behind it", remedy)
    data, *photos = rest
    from vitreous.retrieval.regions import parse_box

    part = parse_box(box) if box else None
    require_outputs({"--html": page, "--csv": table}, [data, *photos, *unlike], {"--html": PAGE, "--csv": TABLE})
    options = {"n": count, "unlike": unlike, "box": part, "by": by, "exact": exact, "path": path, "stage": stage, "pool": pool, "engine": engine}
    options |= {"max_pixels": max_pixels, "tolerate_truncated": tolerate_truncated}
    with reporter(as_json) as tell:
        if run:
            found = api.load(run).find(photos, data, reporter=tell, **options)  # type: ignore[arg-type]  # as their options say
        else:
            found = api.find(data, photos, net=net, size=size, reporter=tell, **options)  # type: ignore[arg-type]
    if page or table:
        from vitreous.storage.atomic import write_atomically

        if page:
            from vitreous.report.find_page import find_page

            write_atomically(Path(page), find_page(found))
        if table:
            write_atomically(Path(table), found.to_csv())
    if as_json:
        click.echo(json.dumps(found.to_json(), allow_nan=False))
        return
    click.echo("\n".join(found.lines()))
    for what, file in (("page", page), ("table", table)):
        if file:
            click.echo(f"{what} in {quoted(file)}", err=True)


def run_of(names: tuple[str, ...], net: str | None, size: int | None) -> tuple[str | None, str | None, list[str]]:
    """The run in front, where one is named; or a network file that belongs to none; and the rest."""
    first, rest = names[0], list(names[1:])
    is_file = first.lower().endswith(".onnx")
    if not is_file and not os.path.isfile(os.path.join(first, "run.json")):
        return None, net, list(names)
    if net:
        raise UsageError("--net beside a run", f"{visible(first)} has its own network", "one of both")
    if is_file and not os.path.isfile(os.path.join(os.path.dirname(first), "run.json")):
        return None, first, rest
    if size:
        raise UsageError("--size beside a run", f"{visible(first)} has its own", "one of both")
    return first, None, rest
