"""`vitreous report RUN…`"""

import json
import os
from pathlib import Path

import click

from vitreous.cli.names import PATH
from vitreous.cli.options import json_option
from vitreous.cli.outputs import PAGE, require_outputs
from vitreous.core.text import visible
from vitreous.errors import UsageError


@click.command("report", short_help="Write a run's report again, or set runs side by side.")
@click.argument("runs", nargs=-1, required=True, type=PATH, metavar="RUN...")
@click.option("--compare", "file", type=PATH, help="Set the runs side by side in this file, .html.")
@click.option("--inside", is_flag=True, help="With chapters on the inside of the network, which later reports of RUN keep.")
@click.option("--tensorboard", is_flag=True, help="Write the curves of RUN for TensorBoard instead.")
@json_option
def command(runs: tuple[str, ...], file: str | None, inside: bool, tensorboard: bool, as_json: bool) -> None:
    """Write report.html and MODEL_CARD.md of RUN again: after a newer version of Vitreous, or for a run that has none.

    With --compare FILE.html, set several runs side by side: figures, what differs, and where they disagree. The first one is what the
    others are measured by.
    """
    from vitreous import api

    if inside or tensorboard:
        option, other = ("--inside", "--tensorboard") if inside else ("--tensorboard", "")
        if len(runs) > 1 or file or (inside and tensorboard):
            raise UsageError(option, "--compare" if file else f"{len(runs)} runs" if len(runs) > 1 else other, "one run")
    if tensorboard:
        folder = api.load(runs[0]).tensorboard()
        _say(as_json, {"tensorboard": str(folder)}, folder)
        return
    if file is None:
        if len(runs) > 1:
            raise UsageError("several runs", f"{len(runs)} of them", "--compare FILE.html, or one run", "vitreous report RUN RUN --compare FILE.html")
        page = _with_inside(runs[0], as_json) if inside else api.load(runs[0]).report()
        _say(as_json, {"report": str(page), "model_card": str(page.with_name("MODEL_CARD.md"))}, page)
        return
    _check_comparison(runs, file)
    _say(as_json, {"comparison": file, "runs": list(runs)}, api.compare(runs, file))


def _with_inside(run: str, as_json: bool) -> Path:
    from vitreous import api
    from vitreous.cli.terminal import reporter

    with reporter(as_json) as tell:
        return api.load(run).report_inside(reporter=tell)


def _check_comparison(runs: tuple[str, ...], file: str) -> None:
    """What can be known wrong before the work. Raises UsageError, StorageError."""
    if len(runs) < 2:
        raise UsageError("--compare", "one run", "two or more", f"vitreous report {visible(runs[0])} RUN --compare {visible(file)}")
    folders = [os.path.realpath(run) for run in runs]
    if twice := [run for place, run in enumerate(runs) if folders[place] in folders[:place]]:
        raise UsageError("--compare", f"{visible(twice[0])} twice", "each run once")
    require_outputs({"--compare": file}, suffixes={"--compare": PAGE})


def _say(as_json: bool, value: dict[str, object], page: Path) -> None:
    click.echo(json.dumps(value) if as_json else visible(str(page)))
