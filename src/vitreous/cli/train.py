"""`vitreous train DATA`"""

import json
from typing import Any

import click

from vitreous.cli.names import NAME, NUMBER_OR_WORD, PATH, quoted
from vitreous.cli.options import json_option
from vitreous.cli.terminal import reporter
from vitreous.core.text import visible
from vitreous.errors import UsageError


@click.command("train", short_help="Turn a folder of photos into a model.")
@click.argument("data", type=PATH, required=False)
@click.option("--minutes", type=float, help="How long it may take; without it 5 where a network is tuned, else as soon as possible.")
@click.option("--seed", type=int, help="Seed of the split and of every choice (0).")
@click.option("--name", type=NAME, help="Name of the run; its folder becomes runs/NAME-N.")
@click.option("--runs", type=PATH, help="Where runs are kept (runs).")
@click.option("--group", type=NAME, help="A CSV column, or a regular expression on the path: what it gives stays on one side of the split.")
@click.option("--image-column", type=NAME, help="The CSV's column of file names.")
@click.option("--label-column", type=NAME, help="The CSV's column of labels.")
@click.option("--engine", help="auto, openvino-f32, openvino-bf16 or onnxruntime (auto).")
@click.option("--max-pixels", type=int, help="Largest picture that is read (25,000,000; for JPEG 200,000,000).")
@click.option("--tolerate-truncated", is_flag=True, default=None, help="Read files that end early.")
@click.option(
    "--net",
    type=NAME,
    help="lite0, lite1, lite2, classical, one of `vitreous nets`, FILE.onnx or timm:NAME (lite0); auto, or several with commas: tried.",
)
@click.option("--smallest-within", type=float, metavar="POINTS", help="--net auto or several: the smallest so near to the best in accuracy.")
@click.option("--fastest-within", type=float, metavar="POINTS", help="The same with the fastest.")
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
@click.option("--tune", type=NAME, help="auto: with torch, a pretrained network learns on while there are minutes; none: it stays as it is (auto).")
@click.option("--trainer", type=NAME, help="From scratch: auto, torch, or numpy for linear, mlp and lenet (auto).")
@click.option("--epochs", type=int, help="From scratch: passes over the training part; without it, what the minutes or the data suggest.")
@click.option("--batch", type=int, help="From scratch: pictures a step.")
@click.option("--rate", type=NUMBER_OR_WORD, help="From scratch: the largest learning rate; auto measures it.")
@click.option("--optimizer", type=NAME, help="From scratch: sgd, momentum, nesterov, adam, adamw or muon.")
@click.option("--momentum", type=float, help="From scratch: of an optimizer that has it.")
@click.option("--decay", type=float, help="From scratch: weight decay.")
@click.option("--schedule", type=NAME, help="From scratch: constant, step, cosine or one-cycle.")
@click.option("--loss", type=NAME, help="From scratch: cross-entropy or focal; for several labels binary-cross-entropy or asymmetric.")
@click.option("--smoothing", type=float, help="From scratch: of the labels, 0 to less than 1 (0).")
@click.option("--class-weights", type=NAME, help="From scratch: none, or balanced: every class weighs the same (none).")
@click.option("--mixup", type=float, help="From scratch: how strongly pairs of pictures are mixed (0).")
@click.option("--dropout", type=float, help="From scratch: share of features dropped, 0 to less than 1.")
@click.option(
    "--augment",
    type=NAME,
    help="From scratch: none, auto (less what is found to change a meaning), or a list, such as flip,crop=4,brightness=0.2 (none).",
)
@click.option("--clip", type=float, help="From scratch: largest norm of the gradient.")
@click.option("--average", type=float, help="From scratch: decay of the moving average of the weights, such as 0.999 (0: none).")
@click.option("--patience", type=int, help="From scratch: epochs without a better held-out loss after which it ends.")
@click.option("--device", type=NAME, help="From scratch: auto, cpu or cuda (auto).")
@click.option("--threads", type=int, help="From scratch: threads on the processor; else one a core.")
@click.option("--tensorboard", is_flag=True, default=None, help="From scratch: write the curves for TensorBoard, too.")
@click.option("--keep-path", is_flag=True, default=None, help="From scratch: keep the weights of every epoch, for see --landscape path.")
@click.option("--settings", type=PATH, help="A TOML file with any of these.")
@click.option("--resume", type=PATH, metavar="RUN", help="Go on with an interrupted training, instead of DATA.")
@click.option("--repeat", type=PATH, metavar="RUN", help="Train once more exactly as RUN was trained, instead of DATA.")
@click.option("--again", type=PATH, metavar="RUN", help="Train on the data of RUN as they are now, corrected: only what changed is read.")
@click.option(
    "--corrections", type=PATH, metavar="FILE", help="--again: a corrections.csv of labels, as suspects.html saves it; the data stay as they are."
)
@click.option(
    "--sweep",
    type=NAME,
    multiple=True,
    metavar="KEY=A,B,C",
    help="Train a variant for each value; given again, for each combination. Goes on if cut off.",
)
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
@json_option
def command(
    data: str | None,
    settings: str | None,
    resume: str | None,
    repeat: str | None,
    again: str | None,
    corrections: str | None,
    sweep: tuple[str, ...],
    dry_run: bool,
    as_json: bool,
    **arguments: Any,
) -> None:
    """Train on DATA: a folder of class folders (DATA/CLASS/photo.jpg), of split folders (DATA/train/CLASS/…), or a CSV table
    with the columns image and label. A picture may have several labels: "a;b" in the label column, a column of 0 and 1 for each label, or boxes
    (Pascal VOC) that are read as presence.

    The model, its figures and a ten-line script that uses it are written to runs/NAME-N.
    """
    from vitreous import api

    given = {name: value for name, value in (("DATA", data), ("--resume", resume), ("--repeat", repeat), ("--again", again)) if value is not None}
    if len(given) != 1:
        raise UsageError("vitreous train", " and ".join(given) or "nothing", "DATA, or one of --resume RUN, --repeat RUN and --again RUN")
    if corrections and not again:
        raise UsageError(
            "--corrections", next(iter(given)), "--again RUN: corrections are of the data of a run", "vitreous train first, then --again"
        )
    if data is None:
        allowed = () if resume else ("name", "runs")
        if stray := [key for key, value in arguments.items() if value is not None and key not in allowed] or ["settings"] * bool(settings):
            raise UsageError(f"--{stray[0].replace('_', '-')} with {next(iter(given))}", "which has its own settings", remedy="leave it away")
    if sweep:
        if data is None or dry_run:
            raise UsageError(f"--sweep with {'--dry-run' if data else next(iter(given))}", remedy="leave one of them away")
        _sweep(data, sweep, settings, as_json, arguments)
        return
    resolved = api.resolve_settings(arguments, settings)
    run: api.Run | api.OneClassRun
    with reporter(as_json) as tell:
        if data is None:
            if dry_run:
                raise UsageError(f"--dry-run with {next(iter(given))}", remedy="leave it away")
            if resume:
                run = api.resume(resume, reporter=tell)
            else:
                named = {"name": resolved.name, "runs": arguments["runs"], "reporter": tell}
                run = api.repeat(repeat, **named) if repeat else api.again(str(again), corrections=corrections, **named)
        elif dry_run:
            planned = api.plan(str(data), resolved, tell)
            click.echo(json.dumps(planned) if as_json else "\n".join(f"{key} = {value!r}" for key, value in planned["settings"].items()))
            return
        else:
            run = api.train(str(data), reporter=tell, **resolved.to_json())
    if as_json:
        click.echo(json.dumps({"run": str(run.folder), "labels": run.labels, "metrics": run.metrics}))
    else:
        click.echo(visible(str(run.folder)))
        folder = quoted(run.folder)
        more = f"vitreous predict {folder} PHOTO --map where.png" if isinstance(run, api.OneClassRun) else f"vitreous evaluate {folder}"
        click.secho(f"Try: vitreous predict {folder} PHOTO    {more}", err=True, dim=True)


def _sweep(data: str, sweep: tuple[str, ...], settings: str | None, as_json: bool, arguments: dict[str, Any]) -> None:
    from vitreous import api
    from vitreous.report.sweep_page import headline, table, to_json

    with reporter(as_json) as tell:
        folder, outcomes = api.sweep(data, sweep, settings=settings, reporter=tell, **arguments)
    if as_json:
        click.echo(json.dumps(to_json(folder, outcomes)))
        return
    for line in table(outcomes):
        click.echo(visible(line))
    click.echo(visible(str(folder)))
    click.secho(f"{headline(outcomes)}. The curves: {quoted(folder / 'sweep.html')}", err=True, dim=True)
