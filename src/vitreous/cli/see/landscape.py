"""`vitreous see RUN --landscape [PLANE]`: the loss around the trained weights, on a plane through them; or a ravine, with three ways down."""

import json
from typing import TYPE_CHECKING

import click

from vitreous.cli.names import NAME, is_network
from vitreous.cli.see.view import PICTURE, SEED, Asked, View, require_pictures, write_picture
from vitreous.core.text import visible
from vitreous.errors import UsageError

if TYPE_CHECKING:
    from vitreous.inside.landscape import Landscape

RAVINE = "ravine"
_RAVINE_POINTS = 101
_LANDSCAPE = click.Option(
    ["--landscape"],
    is_flag=False,
    flag_value="random",
    type=NAME,
    metavar="[PLANE]",
    help="The loss around the trained weights of RUN: on a random plane, or on that of the path of its training; or, without RUN, a ravine.",
)
_POINTS = click.Option(["--points"], type=int, help="Points a side; without it, 51 or as many as two minutes allow.")
_SPAN = click.Option(["--span"], type=float, help="How far from the weights, in filter norms; of a path, in parts of its size (1).")
_PICTURES = click.Option(["--pictures"], type=int, help="How many of the training pictures (512).")


def _say(asked: Asked) -> None:
    require_pictures(asked, "picture")
    found = _found(asked)
    click.echo(json.dumps(found.to_json()) if asked.as_json else "\n".join(found.lines()))
    if asked.picture:
        write_picture(asked.picture, found.picture, asked)
    elif not asked.as_json:
        click.echo("--picture FILE draws it", err=True)


def _found(asked: Asked) -> "Landscape":
    from vitreous import api
    from vitreous.cli.terminal import reporter

    plane, points, span, pictures, seed = (asked.options[name] for name in ("landscape", "points", "span", "pictures", "seed"))
    if plane == RAVINE:
        return _ravine(asked, points)
    if len(asked.names) != 1:
        arrived = f"{len(asked.names)} names" if asked.names else "no name"
        raise UsageError("the landscape of which run?", arrived, "one", "vitreous see runs/NAME-1 --landscape")
    (name,) = asked.names
    if is_network(name) and name.lower().endswith(".onnx"):
        raise UsageError(f"{visible(name)} has no landscape", "a network without its training", "the folder of a run")
    with reporter(asked.as_json) as tell:
        return api.load(name).landscape(plane, points=points, span=span, pictures=pictures, seed=seed or 0, reporter=tell)


def _ravine(asked: Asked, points: int | None) -> "Landscape":
    from vitreous.inside.landscape import ravine

    if given := [f"--{name}" for name in ("span", "pictures", "seed") if asked.options[name] is not None] or [visible(name) for name in asked.names]:
        raise UsageError(f"{given[0]} with --landscape {RAVINE}", "which is a formula", remedy="leave it away")
    return ravine(points=points or _RAVINE_POINTS)


VIEW = View((_LANDSCAPE, _POINTS, _SPAN, _PICTURES, SEED, PICTURE), "--landscape", _say)
