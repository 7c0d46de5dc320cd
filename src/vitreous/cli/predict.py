"""`vitreous predict [RUN] IMAGE...`"""

import csv
import io
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vitreous.cli.names import NAME, PATH, is_lone_file, is_network, quoted
from vitreous.cli.one_class import is_one_class, say
from vitreous.cli.options import engine_option, reading_options
from vitreous.cli.outputs import require_outputs, write_lines
from vitreous.core.text import csv_cell, plural, visible
from vitreous.errors import DataError, UsageError

if TYPE_CHECKING:
    from vitreous.api import OneClassRun, Run
    from vitreous.infer.network import Network
    from vitreous.tasks.classify.answers import Answers, Failure
    from vitreous.tasks.predict import AnyAnswers
    from vitreous.trust.unknown.doubts import Doubts


@click.command("predict", short_help="Answer for photos.")
@click.argument("names", nargs=-1, required=True, type=NAME, metavar="[RUN] IMAGE...")
@click.option(
    "--top",
    type=click.IntRange(1),
    default=None,
    help="How many classes to give for each picture (1 for text, 5 for JSON; of several labels those that are said).",
)
@click.option("--json", "form", flag_value="json", help="One JSON object a line for each picture.")
@click.option("--csv", "form", flag_value="csv", help="A CSV table: image, label, confidence, error.")
@click.option(
    "--sets", type=float, metavar="SHARE", help="With RUN: beside each answer the set of classes that holds the true one so often, such as 0.95."
)
@click.option("--per-class", is_flag=True, help="With --sets: the promise holds for each class by itself.")
@click.option("--unknown", type=float, metavar="RATE", help='With RUN: say "none of these" with so many false alarms, such as 0.05.')
@click.option("--map", "odd_map", type=PATH, metavar="FILE", help="A run of one class: draw where the picture is odd into this file, .png or .svg.")
@click.option("--out", type=PATH, help="Write the answers to this file instead of standard output.")
@engine_option("auto")
@reading_options
def command(
    names: tuple[str, ...],
    top: int | None,
    form: str | None,
    sets: float | None,
    per_class: bool,
    unknown: float | None,
    odd_map: str | None,
    out: str | None,
    engine: str,
    max_pixels: int | None,
    tolerate_truncated: bool,
) -> int:
    """Answer for each IMAGE: files, folders, patterns, or - for a list of files on standard input.

    With RUN (a run folder or a model.onnx), in its classes, or all of its labels that the picture has; without, one of 1000 ImageNet classes.
    """
    from vitreous import api

    if out:  # one that cannot be written is said before anything is read
        require_outputs({"--out": out}, names)
    if odd_map:
        from vitreous.draw.theme import picture_format

        picture_format(odd_map)
        require_outputs({"--map": odd_map, "--out": out}, names)
    network, run, rest = _network(names)
    paths = _paths(rest, names)
    if out:
        require_outputs({"--out": out}, paths)
    if is_one_class(network):
        if sets is not None or top is not None:
            raise UsageError(f"--{'sets' if sets is not None else 'top'} for a run of one class", "it says ordinary or odd", remedy="leave it away")
        return say(network, paths, form, out, unknown, engine, odd_map, max_pixels, tolerate_truncated)
    if odd_map:
        raise UsageError("--map shows where a picture is odd", "this run tells classes apart", "a run of one class", "vitreous see RUN PHOTO --why")
    beside = _doubts(run, sets, per_class, unknown)
    lines = _Lines(
        form or "text", top, len(paths), network, (["set"] if sets is not None else []) + (["none_of_these"] if unknown is not None else [])
    )
    failures = 0

    def written() -> Iterator[str]:
        nonlocal failures
        yield from lines.head()
        for answer, _ in api.answers(network, paths, engine, max_pixels, tolerate_truncated, beside):
            failed = lines.is_failure(answer)
            failures += failed
            if failed and (form is None or out):
                click.echo(f"error: {visible(answer.image)}: {visible(getattr(answer, 'reason', ''))}", err=True)
            yield lines.line(answer)

    write_lines(written(), out)
    if out:
        click.echo(f"{plural(len(paths) - failures, 'answer')} in {visible(out)}" + (f", {failures} failed" if failures else ""), err=True)
    return 1 if failures else 0


def _doubts(run: "Run | OneClassRun | None", sets: float | None, per_class: bool, unknown: float | None) -> "Doubts | None":
    from vitreous.cli.terminal import reporter

    if per_class and sets is None:
        raise UsageError("--per-class says for what a set is promised", "there is none", remedy="add --sets 0.95")
    asked = "--sets" if sets is not None else "--unknown" if unknown is not None else ""
    if not asked:
        return None
    if run is None:
        raise UsageError(
            f"{asked} is chosen on pictures of a run", "no run was named", "a run folder in front of the pictures", "vitreous train makes one"
        )
    with reporter(False) as tell:
        return run.doubts(sets, per_class, unknown, reporter=tell)


def _network(names: tuple[str, ...]) -> "tuple[Network, Run | OneClassRun | None, tuple[str, ...]]":
    """The network that the first name stands for, with its run, and the rest; the shipped one where the first name is a picture."""
    from vitreous import api
    from vitreous.infer.network import load_network

    first = names[0]
    if is_network(first):
        if len(names) == 1:
            raise UsageError(
                "no picture was named", f"only {visible(first)}", "one or more pictures behind it", f"vitreous predict {quoted(first)} PHOTO"
            )
        if is_lone_file(first):
            return load_network(Path(first)), None, names[1:]
        run = api.load(first)
        return run.network, run, names[1:]
    if len(names) > 1 and not os.path.lexists(first) and (pretrained := api.pretrained(first)):
        return pretrained, None, names[1:]
    missing = not os.path.lexists(first) and first != "-" and not _names_a_picture(first)
    closed = os.path.isdir(first) and not os.access(first, os.R_OK | os.X_OK)
    if len(names) > 1 and (missing or closed):
        # a run that is not there, or not open to us, would otherwise be reported as a broken picture
        api.load(first)
    return load_network(), None, names


def _names_a_picture(name: str) -> bool:
    from vitreous.data.formats import SUFFIXES, UNREADABLE_FORMATS

    suffix = os.path.splitext(name)[1].lower()
    return any(c in name for c in "*?[") or suffix in SUFFIXES or suffix in UNREADABLE_FORMATS


def _paths(names: tuple[str, ...], all_names: tuple[str, ...]) -> list[str]:
    from vitreous import api
    from vitreous.data.sources.pictures import pictures_in

    listed: list[str] = []
    for name in names:
        listed += _listed_on_standard_input() if name == "-" else [name]
    if len(names) > 1 and names is all_names and os.path.isdir(names[0]):
        try:
            pictures_in(names[:1])
        except DataError:  # it was meant as a run: say what is there instead
            api.load(names[0])
    return pictures_in(listed)


def _listed_on_standard_input() -> list[str]:
    """One name a line, or separated by zero bytes (find -print0), as a name may hold a line break."""
    data = sys.stdin.buffer.read()
    lines = data.split(b"\0") if b"\0" in data else data.splitlines()
    return [os.fsdecode(line) for line in lines if line.strip()]


class _Lines:
    """How an answer is written: as text, JSON or CSV."""

    def __init__(self, form: str, top: int | None, count: int, network: "Network", beside: list[str]) -> None:
        self._beside = beside
        self._form, self._asked, self._alone = form, top, count == 1
        self._top = top or (5 if form == "json" else 1)
        self._several = network.labels if network.facts.get("task") == "multilabel" else None

    def head(self) -> Iterator[str]:
        if self._form == "csv" and self._several is not None:
            yield _row(["image", "labels", *(f"p:{csv_cell(label)}" for label in self._several), "error"])
        elif self._form == "csv":
            numbers = [""] + [f"_{n}" for n in range(2, self._top + 1)]
            yield _row(["image", *(f"{name}{n}" for n in numbers for name in ("label", "confidence")), *self._beside, "error"])

    def is_failure(self, answer: "AnyAnswers | Failure") -> bool:
        return hasattr(answer, "reason")

    def line(self, answer: "AnyAnswers | Failure") -> str:
        if self._form == "json":
            return json.dumps(answer.to_json(self._top)) + "\n"
        from vitreous.tasks.classify.answers import Failure
        from vitreous.tasks.multilabel.answers import SeveralAnswers

        if isinstance(answer, Failure):
            if self._form == "text":
                return ""
            empty = 2 * self._top + len(self._beside) if self._several is None else 1 + len(self._several)
            return _row([csv_cell(answer.image), *[""] * empty, csv_cell(answer.reason)])
        if isinstance(answer, SeveralAnswers):
            if self._form == "csv":
                labels, *probabilities = answer.cells()
                return _row([csv_cell(answer.image), csv_cell(labels), *probabilities, ""])
            return f"{answer.text(self._asked)}\n" if self._alone else f"{visible(answer.image)}\t{answer.text(self._asked)}\n"
        best = answer.said(self._top)
        if self._form == "csv":
            cells = [cell for each in best for cell in (csv_cell(each.label), f"{each.confidence:.6f}")]
            return _row([csv_cell(answer.image), *cells, *[""] * (2 * (self._top - len(best))), *_cells(answer), ""])
        if self._alone and self._top > 1:
            return "".join(f"{visible(each.label)}\t{each.confidence:.4f}\n" for each in best) + "".join(f"{each}\n" for each in answer.beside)
        told = "\t".join((*(f"{visible(each.label)}\t{each.confidence:.4f}" for each in best), *answer.beside))
        return f"{told}\n" if self._alone else f"{visible(answer.image)}\t{told}\n"


def _cells(answer: "Answers") -> list[str]:
    """What was asked for beside the answer: the labels of the set as a table of several labels has them; yes or no."""
    from vitreous.core.presence import Presence

    set_of = [csv_cell(str(Presence.of(answer.set.labels)))] if answer.set else []
    return set_of + (["yes" if answer.oddness.none_of_these else "no"] if answer.oddness else [])


def _row(cells: list[str]) -> str:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerow(cells)
    return stream.getvalue()
