"""`vitreous suspects RUN|FOLDER`"""

import json
from typing import TYPE_CHECKING

import click

from vitreous.cli.names import NAME, PATH, quoted
from vitreous.cli.options import json_option
from vitreous.cli.outputs import PAGE, TABLE, require_outputs, write_said
from vitreous.cli.terminal import reporter
from vitreous.core.text import visible
from vitreous.errors import UsageError

if TYPE_CHECKING:
    from vitreous.trust.suspects import Suspects


@click.command("suspects", short_help="Find labels that are probably wrong.")
@click.argument("data", type=PATH, required=False, metavar="RUN|FOLDER")
@click.option("--page", type=PATH, help="Write a page to go through them to this file, .html: it saves corrections.csv.")
@click.option("--csv", "table", type=PATH, help="Write every judged picture to this file, the most suspicious first.")
@click.option("--n", "most", type=click.IntRange(1), help="So many are shown and written to the page and to --json; else those worth looking at.")
@click.option("--apply", "corrections", type=PATH, metavar="FILE", help="Change the data by this corrections.csv; an undo file is written first.")
@click.option("--undo", type=PATH, metavar="FILE", help="Take back what --apply did, by its undo file.")
@click.option("--image-column", type=NAME, help="The CSV's column of file names (FOLDER).")
@click.option("--label-column", type=NAME, help="The CSV's column of labels (FOLDER).")
@click.option("--group", type=NAME, help="A CSV column, or a regular expression on the path: what it gives is judged by others only (FOLDER).")
@click.option("--max-pixels", type=click.IntRange(1), help="Largest picture that is read (FOLDER).")
@click.option("--tolerate-truncated", is_flag=True, help="Read files that end early (FOLDER).")
@json_option
def command(
    data: str | None,
    page: str | None,
    table: str | None,
    most: int | None,
    corrections: str | None,
    undo: str | None,
    image_column: str | None,
    label_column: str | None,
    group: str | None,
    max_pixels: int | None,
    tolerate_truncated: bool,
    as_json: bool,
) -> None:
    """Labels that are probably wrong, the most suspicious first, in the data of RUN as they are now, or in FOLDER (or a CSV table) without a
    training. All parts are looked at: training, validation and test.

    The data are never changed, but by --apply: it moves pictures to the folder of their class, or changes rows of the table.
    """
    from vitreous import api

    given = {"--page": page, "--csv": table, "--n": most, "--apply": corrections, "--undo": undo}
    if undo or corrections:
        if stray := [name for name, value in given.items() if value and name not in ("--undo" if undo else "--apply",)]:
            raise UsageError(f"{stray[0]} with {'--undo' if undo else '--apply'}", remedy="leave one of them away")
        _change(data, corrections, undo, image_column, label_column, as_json)
        return
    if data is None:
        raise UsageError("vitreous suspects", "nothing", "a run, a folder of class folders or a table; or --undo FILE")
    require_outputs({"--page": page, "--csv": table}, [data], {"--page": PAGE, "--csv": TABLE})
    if run := api.run_at(data):
        named = {"--image-column": image_column, "--label-column": label_column, "--group": group, "--max-pixels": max_pixels}
        if stray := [name for name, value in named.items() if value] + ["--tolerate-truncated"] * tolerate_truncated:
            raise UsageError(f"{stray[0]} beside a run", f"{visible(data)} has its own settings", remedy="leave it away")
    with reporter(as_json) as tell:
        found = api.suspects(
            run.path if run else data,
            image_column=image_column,
            label_column=label_column,
            group=group,
            max_pixels=max_pixels,
            tolerate_truncated=tolerate_truncated,
            reporter=tell,
        )
    click.echo(json.dumps(found.to_json(most), allow_nan=False) if as_json else "\n".join(map(visible, found.lines(most or 20))))
    _write(found, page, table, most)
    if not as_json and not page and found.listed:
        click.secho(f"To go through them: vitreous suspects {quoted(data)} --page suspects.html", err=True, dim=True)


def _write(found: "Suspects", page: str | None, table: str | None, most: int | None) -> None:
    if page:
        from vitreous.report.suspects_page import suspects_page

        write_said("page", page, suspects_page(found, most))
    if table:
        from vitreous.trust.suspects.telling import csv_of

        write_said("table", table, csv_of(found))


def _change(data: str | None, corrections: str | None, undo: str | None, image_column: str | None, label_column: str | None, as_json: bool) -> None:
    from vitreous import api

    if undo:
        if data is not None:
            raise UsageError("--undo with RUN|FOLDER", "the undo file knows the data", remedy="leave it away")
        said, file = api.undo_corrections(undo), None
    else:
        if data is None:
            raise UsageError(
                "--apply without data", needed="the run or the folder that the corrections are of", remedy="vitreous suspects RUN --apply FILE"
            )
        applied = api.apply_corrections(data, str(corrections), image_column=image_column, label_column=label_column)
        said, file = applied.sentences, applied.undo
    if as_json:
        click.echo(json.dumps({"said": said, "undo": str(file) if file else None}))
        return
    click.echo("\n".join(map(visible, said)))
    if file:
        click.secho(f"To take it back: vitreous suspects --undo {quoted(file)}", err=True, dim=True)
