"""`vitreous features [RUN] FOLDER --out FILE`"""

import json
from typing import TYPE_CHECKING

import click

from vitreous.cli.names import NAME, PATH, quoted, run_in_front
from vitreous.cli.options import feature_options, json_option
from vitreous.cli.outputs import require_outputs
from vitreous.core.text import plural, visible
from vitreous.errors import UsageError

if TYPE_CHECKING:
    from vitreous.extraction import Features
    from vitreous.fit.feature_options import FeatureOptions


@click.command("features", short_help="What a network makes of photos, as a table.")
@click.argument("names", nargs=-1, required=True, type=NAME, metavar="[RUN] FOLDER")
@click.option("--out", type=PATH, required=True, help="The file to write: .npz, .csv or .parquet.")
@feature_options
@json_option
def command(names: tuple[str, ...], out: str, options: "FeatureOptions", as_json: bool) -> None:
    """Write what a network makes of all pictures of FOLDER (or of a CSV table): a row for each picture, for scikit-learn and others.

    With RUN (a run folder or a model.onnx) the network of that run, without it the shipped one or --net.
    """
    from vitreous import api
    from vitreous.cli.terminal import reporter
    from vitreous.extraction.tables import require_table

    if len(names) > 2:
        raise UsageError("vitreous features", f"{len(names)} names", "one folder or table, and a run in front of it where its network is meant")
    run, options, rest = run_in_front(names, options)
    if not rest:
        remedy = f"vitreous features {quoted(names[0])} FOLDER --out FILE"
        raise UsageError("no pictures were named", f"only {visible(names[0])}", "a folder of pictures behind it", remedy)
    *meant, data = rest  # the first of two is meant for a run: what it is instead is said as it is opened
    require_table(out)
    require_outputs({"--out": out}, [data])
    with reporter(as_json) as tell:
        network = api.network_for("features", run or next(iter(meant), None), options, tell)
        found = api.features_of(network, data, options, tell)
    found.save(out)
    click.echo(json.dumps(found.to_json() | {"file": out}) if as_json else _said(found, out))


def _said(found: "Features", out: str) -> str:
    lines = [f"{found.sentence}; in {quoted(out)}"]
    lines += [f"left out: {visible(each.relative)}: {each.reason}" for each in found.left_out[:5]]
    if len(found.left_out) > 5:
        lines.append(f"left out: {plural(len(found.left_out) - 5, 'more file')}")
    return "\n".join(lines)
