"""`vitreous look FOLDER`"""

import json
import sys

import click

from vitreous.cli.names import NAME, PATH
from vitreous.cli.options import json_option, reading_options
from vitreous.cli.outputs import PAGE, TABLE, require_outputs, write_said
from vitreous.cli.terminal import reporter
from vitreous.core.text import visible


@click.command("look", short_help="Look at a folder of photos.")
@click.argument("folder", type=PATH)
@click.option("--page", type=PATH, help="Write all that was found as one page with pictures to this file, .html.")
@click.option("--csv", "table", type=PATH, help="Write a table to this file: a row for each picture, its facts as columns.")
@click.option("--group", type=NAME, help="A CSV column, or a regular expression on the path: what it gives belongs together.")
@click.option("--image-column", type=NAME, help="The CSV's column of file names.")
@click.option("--label-column", type=NAME, help="The CSV's column of labels.")
@click.option("--task", type=NAME, help="classify (one label a picture) or multilabel (several); else what the data hold.")
@reading_options
@json_option
def command(
    folder: str,
    page: str | None,
    table: str | None,
    group: str | None,
    image_column: str | None,
    label_column: str | None,
    task: str | None,
    max_pixels: int | None,
    tolerate_truncated: bool,
    as_json: bool,
) -> None:
    """What is in FOLDER, or in a CSV table: counts, sizes, broken files, copies, one picture under two labels, leaks across splits,
    odd pictures, and metadata that give a class away. Pictures without labels are looked at too.

    Each picture is decoded once; a training that follows does not decode it again.
    """
    from vitreous import api

    require_outputs({"--page": page, "--csv": table}, [folder], {"--page": PAGE, "--csv": TABLE})
    with reporter(as_json) as tell:
        facts = api.look(
            folder,
            group=group,
            image_column=image_column,
            label_column=label_column,
            task=task,
            max_pixels=max_pixels,
            tolerate_truncated=tolerate_truncated,
            reporter=tell,
        )
    if as_json:
        click.echo(json.dumps(facts.to_json(), allow_nan=False))
    else:
        click.echo("\n".join(_printable(visible(line)) for line in facts.lines()))
    if page:
        from vitreous.report.look_page import look_page

        write_said("page", page, look_page(facts))
    if table:
        from vitreous.survey.csv_file import csv_of

        write_said("table", table, csv_of(facts))


def _printable(line: str) -> str:
    """Bars as number signs where the terminal has no blocks."""
    from vitreous.survey.telling import BAR

    try:
        BAR.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        return line.replace(BAR, "#")
    return line
