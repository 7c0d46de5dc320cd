"""`vitreous features [RUN] FOLDER --out FILE`"""

import json
import os
from functools import partial
from typing import TYPE_CHECKING

import click

from vitreous.cli.names import NAME, PATH, quoted
from vitreous.cli.outputs import require_outputs
from vitreous.core.text import plural, visible
from vitreous.errors import UsageError

if TYPE_CHECKING:
    from vitreous.extraction import Features


@click.command("features", short_help="What a network makes of photos, as a table.")
@click.argument("names", nargs=-1, required=True, type=NAME, metavar="[RUN] FOLDER")
@click.option("--out", type=PATH, required=True, help="The file to write: .npz, .csv or .parquet.")
@click.option("--net", type=NAME, help="The network: lite1, lite2, a file FILE.onnx or timm:NAME (without RUN; else the shipped one).")
@click.option("--size", type=click.IntRange(1, 2048), help="The side of its pictures in pixels, for a FILE.onnx that leaves it open.")
@click.option("--stage", type=NAME, help="The stage whose values are taken, such as fc7 of VGG-16; else its features.")
@click.option("--pool", type=click.Choice(["mean", "max", "all"]), default="mean", show_default=True, help="What of each map is taken.")
@click.option("--engine", default="openvino-f32", show_default=True, help="auto, openvino-f32, openvino-bf16 or onnxruntime.")
@click.option("--max-pixels", type=click.IntRange(1), help="Largest picture that is read.")
@click.option("--tolerate-truncated", is_flag=True, help="Read files that end early.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output, nothing else.")
def command(
    names: tuple[str, ...],
    out: str,
    net: str | None,
    size: int | None,
    stage: str | None,
    pool: str,
    engine: str,
    max_pixels: int | None,
    tolerate_truncated: bool,
    as_json: bool,
) -> None:
    """Write what a network makes of all pictures of FOLDER (or of a CSV table): a row for each picture, for scikit-learn and others.

    With RUN (a run folder or a model.onnx) the network of that run, without it the shipped one or --net.
    """
    from vitreous import api
    from vitreous.cli.terminal import reporter
    from vitreous.extraction.tables import require_table

    *run, data = _run_and_data(names)
    if run and net:
        raise UsageError("--net beside a run", f"{visible(run[0])} has its own network", "one of both")
    if run and size:
        raise UsageError("--size beside a run", f"{visible(run[0])} has its own", "one of both")
    require_table(out)
    require_outputs({"--out": out}, [data])
    options = {"stage": stage, "pool": pool, "engine": engine, "max_pixels": max_pixels, "tolerate_truncated": tolerate_truncated}
    with reporter(as_json) as tell:
        alone = run and run[0].lower().endswith(".onnx") and not os.path.isfile(os.path.join(os.path.dirname(run[0]), "run.json"))
        features = api.load(run[0]).features if run and not alone else partial(api.features, net=run[0] if run else net, size=size)
        found = features(data, reporter=tell, **options)  # type: ignore[arg-type]  # as their options say
    found.save(out)
    click.echo(json.dumps(found.to_json() | {"file": out}) if as_json else _said(found, out))


def _run_and_data(names: tuple[str, ...]) -> tuple[str, ...]:
    if len(names) > 2:
        raise UsageError("vitreous features", f"{len(names)} names", "one folder or table, and a run in front of it where its network is meant")
    first = names[0]
    if len(names) == 1 and (os.path.isfile(os.path.join(first, "run.json")) or first.lower().endswith(".onnx")):
        remedy = f"vitreous features {quoted(first)} FOLDER --out FILE"
        raise UsageError("no pictures were named", f"only {visible(first)}", "a folder of pictures behind it", remedy)
    return names


def _said(found: "Features", out: str) -> str:
    lines = [f"{found.sentence}; in {quoted(out)}"]
    lines += [f"left out: {visible(each.relative)}: {each.reason}" for each in found.left_out[:5]]
    if len(found.left_out) > 5:
        lines.append(f"left out: {plural(len(found.left_out) - 5, 'more file')}")
    return "\n".join(lines)
