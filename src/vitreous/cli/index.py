"""`vitreous index [RUN] FOLDER`"""

import json
from functools import partial

import click

from vitreous.cli.names import NAME, PATH, quoted
from vitreous.core.text import visible
from vitreous.errors import UsageError


@click.command("index", short_help="Index a folder of photos, to find similar ones.")
@click.argument("names", nargs=-1, required=True, type=NAME, metavar="[RUN] FOLDER")
@click.option("--index", "path", type=PATH, help="The folder for the index (else one in the cache).")
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
    """Make the index of all pictures of FOLDER (or of a CSV table), or bring it up to date: new and changed ones go through the network, what
    has gone is dropped. Cut off at any moment, the same command goes on.

    With RUN (a run folder or a model.onnx) by the network of that run. `vitreous find FOLDER PHOTO` does it too, before it answers.
    """
    from vitreous import api
    from vitreous.cli.find import run_of
    from vitreous.cli.terminal import reporter

    run, net, rest = run_of(names, net, size)
    if len(rest) != 1:
        raise UsageError("vitreous index", f"{len(rest)} folders" if rest else "no folder", "one folder or table of pictures")
    options = {"path": path, "stage": stage, "pool": pool, "engine": engine, "max_pixels": max_pixels, "tolerate_truncated": tolerate_truncated}
    with reporter(as_json) as tell:
        into = api.load(run).index if run else partial(api.index, net=net, size=size)
        made = into(rest[0], reporter=tell, **options)  # type: ignore[arg-type]  # as their options say
    if as_json:
        click.echo(json.dumps(made.to_json() | {"remarks": list(made.remarks)}))
        return
    click.echo(made.sentence)
    for remark in (*made.remarks, made.facts["labels_help"]["said"]):
        click.echo(visible(remark[:1].upper() + remark[1:]) + ".")
    click.echo(f"Index: {quoted(made.path)}")
    click.echo(f"Try: vitreous find {quoted(path or rest[0])} PHOTO")
