"""`vitreous find [RUN] FOLDER PHOTO...`"""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vitreous.cli.names import NAME, PATH, quoted, run_in_front
from vitreous.cli.options import feature_options, json_option
from vitreous.cli.outputs import PAGE, TABLE, require_outputs
from vitreous.errors import UsageError

if TYPE_CHECKING:
    from vitreous.fit.feature_options import FeatureOptions


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
@feature_options
@json_option
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
    options: "FeatureOptions",
    as_json: bool,
) -> None:
    """The pictures of FOLDER (or of a CSV table) that are most like PHOTO, or like several. FOLDER is indexed first, or what changed in it since;
    an index that `vitreous index` made is asked as it is.

    With RUN (a run folder or a model.onnx) by the network of that run.
    """
    from vitreous import api
    from vitreous.cli.terminal import reporter

    run, options, rest = run_in_front(names, options)
    if len(rest) < 2:
        remedy = f"vitreous find {quoted(rest[0]) if rest else 'FOLDER'} PHOTO"
        raise UsageError("vitreous find", "no photo to look for" if rest else "no folder", "a folder of pictures, and a photo behind it", remedy)
    data, *photos = rest
    from vitreous.retrieval.regions import parse_box

    part = parse_box(box) if box else None
    require_outputs({"--html": page, "--csv": table}, [data, *photos, *unlike], {"--html": PAGE, "--csv": TABLE})
    question = api.Question(photos, unlike, part, count, by, exact)
    with reporter(as_json) as tell:
        if run:
            found = api.find_by(lambda: api.network_for("find", run, options, tell), data, question, path, options, tell)
        else:
            found = api.find_in(data, question, path, options, tell)
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
