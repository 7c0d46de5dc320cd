"""`vitreous train DATA`"""

import json
from typing import Any

import click

from vitreous.cli.names import NAME, PATH, quoted
from vitreous.cli.terminal import reporter
from vitreous.core.text import visible


@click.command("train", short_help="Turn a folder of photos into a model.")
@click.argument("data", type=PATH)
@click.option("--minutes", type=float, help="How long it may take; without it, as soon as possible.")
@click.option("--seed", type=int, help="Seed of the split and of every choice (0).")
@click.option("--name", type=NAME, help="Name of the run; its folder becomes runs/NAME-N.")
@click.option("--runs", type=PATH, help="Where runs are kept (runs).")
@click.option("--group", type=NAME, help="A CSV column, or a regular expression on the path: what it gives stays on one side of the split.")
@click.option("--image-column", type=NAME, help="The CSV's column of file names.")
@click.option("--label-column", type=NAME, help="The CSV's column of labels.")
@click.option("--engine", help="auto, openvino-f32, openvino-bf16 or onnxruntime (auto).")
@click.option("--max-pixels", type=int, help="Largest picture that is read (25,000,000; for JPEG 200,000,000).")
@click.option("--tolerate-truncated", is_flag=True, default=None, help="Read files that end early.")
@click.option("--net", type=NAME, help="efficientnet-lite0 (frozen), classical, linear, mlp, lenet, FILE.onnx or timm:NAME (efficientnet-lite0).")
@click.option("--size", type=int, help="Side of the pictures that the network sees, in pixels, where it takes any.")
@click.option("--mean", type=NAME, help="FILE.onnx: what is taken off its pixels: one number, or three with commas.")
@click.option("--std", type=NAME, help="FILE.onnx: what they are divided by then.")
@click.option("--scale", type=NAME, help="FILE.onnx: the range that pixels are brought to first: 0-1, 0-255 or -1-1.")
@click.option("--layout", type=NAME, help="FILE.onnx: NCHW or NHWC.")
@click.option("--colours", type=NAME, help="FILE.onnx: rgb or bgr.")
@click.option("--output", type=NAME, help="FILE.onnx: the value that holds the features.")
@click.option("--licence", type=NAME, help="FILE.onnx: its licence, stored with the run.")
@click.option("--task", type=NAME, help="classify (one label a picture) or multilabel (several); else what the data hold.")
@click.option("--threshold-for", type=NAME, help="Several labels: f1, or cost=MISS:FALSE, what each label's threshold is chosen for (f1).")
@click.option("--settings", type=PATH, help="A TOML file with any of these.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output, nothing else.")
def command(data: str, settings: str | None, dry_run: bool, as_json: bool, **arguments: Any) -> None:
    """Train on DATA: a folder of class folders (DATA/CLASS/photo.jpg), of split folders (DATA/train/CLASS/…), or a CSV table
    with the columns image and label. A picture may have several labels: "a;b" in the label column, a column of 0 and 1 for each label, or boxes
    (Pascal VOC) that are read as presence.

    The model, its figures and a ten-line script that uses it are written to runs/NAME-N.
    """
    from vitreous import api

    resolved = api.resolve_settings(arguments, settings)
    with reporter(as_json) as tell:
        if dry_run:
            planned = api.plan(data, resolved, tell)
            click.echo(json.dumps(planned) if as_json else "\n".join(f"{key} = {value!r}" for key, value in planned["settings"].items()))
            return
        run = api.train(data, reporter=tell, **resolved.to_json())
    if as_json:
        click.echo(json.dumps({"run": str(run.folder), "labels": run.labels, "metrics": run.metrics}))
    else:
        click.echo(visible(str(run.folder)))
        folder = quoted(run.folder)
        click.secho(f"Try: vitreous predict {folder} PHOTO    vitreous evaluate {folder}", err=True, dim=True)
