"""`vitreous evaluate RUN [DATA]`"""

import json
from pathlib import Path

import click

from vitreous.cli.names import PATH
from vitreous.cli.terminal import reporter
from vitreous.core.text import visible
from vitreous.storage.atomic import require_writable, write_atomically


@click.command("evaluate", short_help="Measure a run.")
@click.argument("run", type=PATH)
@click.argument("data", required=False, type=PATH)
@click.option("--engine", default="auto", help="auto, openvino-f32, openvino-bf16 or onnxruntime.")
@click.option("--picture", type=PATH, help="Write confusion matrix and recalls as a picture to this file, .png or .svg.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output, nothing else.")
def command(run: str, data: str | None, engine: str, picture: str | None, as_json: bool) -> None:
    """Accuracy, balanced accuracy, F1, log loss and calibration of RUN, each with its 95 % interval, per class and in all:
    on the run's own test pictures, or on DATA, a labelled folder or CSV table."""
    from vitreous import api

    form = api.picture_format(picture) if picture else "png"  # a wrong name is said before the work
    if picture:
        require_writable(Path(picture))
    with reporter(as_json) as tell:
        evaluation = api.load(run).evaluate(data, engine=engine, reporter=tell)
    click.echo(json.dumps(evaluation.to_json()) if as_json else "\n".join(visible(line) for line in evaluation.lines()))
    if picture:
        write_atomically(Path(picture), api.evaluation_picture(evaluation, form))
        click.echo(f"picture in {visible(picture)}", err=True)
