"""What `vitreous predict` and `vitreous evaluate` say of a model of one class."""

import csv
import io
import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from vitreous.cli.outputs import write_lines, write_said
from vitreous.core.text import csv_cell, plural, visible
from vitreous.errors import UsageError

if TYPE_CHECKING:
    from vitreous.infer.network import Network
    from vitreous.tasks.one_class.answers import Checked

_COLUMNS = ["image", "label", "score", "limit", "as_odd", "x", "y", "error"]


def is_one_class(network: "Network") -> bool:
    return bool(network.facts.get("task") == "one_class")


def say(
    network: "Network", paths: Sequence[str], form: str | None, out: str | None, rate: float | None, engine: str, picture: str | None,
    max_pixels: int | None, tolerate_truncated: bool,
) -> int:  # fmt: skip
    """Answer for files: ordinary or odd, and the score in units of the limit; with `picture`, a file, where one picture is odd."""
    from vitreous import api
    from vitreous.tasks.classify.answers import Failure

    if picture and len(paths) != 1:
        raise UsageError("--map shows one picture", f"{plural(len(paths), 'picture')}", "one at a time")
    failures = 0

    def written() -> Iterator[str]:
        nonlocal failures
        if form == "csv":
            yield _row(_COLUMNS)
        for answer, decoded in api.checked(network, paths, rate, engine, max_pixels, tolerate_truncated):
            if isinstance(answer, Failure):
                failures += 1
                if form is None or out:
                    click.echo(f"error: {visible(answer.image)}: {visible(answer.reason)}", err=True)
                yield {"json": json.dumps(answer.to_json(1)) + "\n", "csv": _row([csv_cell(answer.image), *[""] * 6, csv_cell(answer.reason)])}.get(
                    form or "", ""
                )
                continue
            if picture and decoded is not None:
                from vitreous.draw.theme import picture_format

                write_said("map", picture, api.odd_map(answer, decoded.views[0], picture_format(picture)))
            yield _line(answer, form, len(paths) == 1)

    write_lines(written(), out)
    if out:
        click.echo(f"{plural(len(paths) - failures, 'answer')} in {visible(out)}" + (f", {failures} failed" if failures else ""), err=True)
    return 1 if failures else 0


def _line(answer: "Checked", form: str | None, alone: bool) -> str:
    if form == "json":
        return json.dumps(answer.to_json()) + "\n"
    x, y = answer.place
    if form == "csv":
        figures = (answer.score, answer.limit.value, answer.limit.as_odd(answer.score), x, y)
        return _row([csv_cell(answer.image), answer.label, *(f"{figure:.6f}" for figure in figures), ""])
    told = f"{answer.label}\t{answer.score / answer.limit.value:.4f}\n"
    return told if alone else f"{visible(answer.image)}\t{told}"


def _row(cells: list[str]) -> str:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerow(cells)
    return stream.getvalue()
