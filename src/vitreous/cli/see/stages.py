"""`vitreous see [RUN] IMAGE`: the stages of the network on one picture, and their feature maps."""

import json
import os
from typing import TYPE_CHECKING

import click

from vitreous.cli.names import NAME, PATH
from vitreous.cli.see.searching import CHANNELS, parse_channels, searched
from vitreous.cli.see.view import Asked, View, opened, require_pictures, run_folder, write_picture
from vitreous.core.text import visible
from vitreous.errors import UsageError

if TYPE_CHECKING:
    from vitreous.inside import Inside

_STAGE = click.Option(["--stage"], type=NAME, help="One stage only: what it is made of; with --atlas, all of its maps.")
DEPTH = click.Option(["--depth"], type=click.IntRange(1), default=1, help="How many parts of a name make a stage: 1 for stage3, 2 for stage3.block1.")
_ATLAS = click.Option(["--atlas"], type=PATH, help="Write the feature maps of every stage as a picture to this file, .png or .svg.")
_MAPS = click.Option(
    ["--maps"], type=click.IntRange(1, 1600), default=16, show_default=True, help="How many maps of each stage the atlas shows; 1600 are all of most."
)
_OWN = "training"
_OVER = click.Option(
    ["--over"],
    is_flag=False,
    flag_value=_OWN,
    type=NAME,
    metavar="[FOLDER]",
    help="With --stage: which of its channels are dead or saturated over the pictures of FOLDER (those that RUN learned from), marked in the atlas.",
)


def _say(asked: Asked) -> None:
    from vitreous.cli.terminal import reporter

    stage, depth, maps, atlas, over = (asked.options[name] for name in ("stage", "depth", "maps", "atlas", "over"))
    require_pictures(asked, "atlas", read=[over] if over else [])
    channels = _channels(asked)
    found = opened(asked)
    if stage:
        found.stage(stage)
    search = None
    if over:
        with reporter(asked.as_json) as tell:
            search = searched(_searched_names(asked, over), stage, None, depth, asked, tell)
    shown = [step for step in found.stages_at(99) if step.name in _within(found, stage)] if stage else found.stages_at(depth)
    used = found.effective_field(stage) if stage else None
    if asked.as_json:
        more = ({"effective_field": used.to_json()} if used else {}) | ({"over": search.quiet_json()} if search else {})
        click.echo(json.dumps(found.to_json(shown) | more))
    else:
        more_lines = (["", used.words(visible(stage))] if used else []) + (["", *search.quiet_lines()] if search else [])
        click.echo("\n".join([*found.lines(shown), *more_lines]))
    if atlas and stage:
        write_picture(atlas, lambda form, theme: found.all_maps(stage, form, theme, channels, search), asked)
    elif atlas:
        write_picture(atlas, lambda form, theme: found.atlas(maps, depth, form, theme), asked)


def _channels(asked: Asked) -> list[int] | None:
    """The channels that were asked for. Raises UsageError for options that say nothing without another."""
    stage, atlas, channels, over = (asked.options[name] for name in ("stage", "atlas", "channels", "over"))
    if channels and not (stage and atlas):
        raise UsageError(
            "--channels of what?", "no --strongest, nor --stage with --atlas", "one of the two", "--stage stem --atlas FILE --channels 0-7"
        )
    if over and not stage:
        raise UsageError("--over for which stage?", "no --stage", "one", "--stage stem --over")
    return parse_channels(channels) if channels else None


def _searched_names(asked: Asked, over: str) -> tuple[str, ...]:
    """What is searched: the run's own pictures, or a folder with the network that is opened. Raises UsageError."""
    run = asked.names[:-1]
    if over == _OWN and not (run and os.path.isfile(os.path.join(run_folder(run[0]), "run.json"))):
        raise UsageError("--over which pictures?", "no run, so none that it learned from", "a folder of pictures", "--over FOLDER")
    return run if over == _OWN else (*run, over)


def _within(found: "Inside", stage: str) -> set[str]:
    """The names of the steps of a stage."""
    nodes = set(found.stage(stage).nodes)
    return {step.name for step in found.stages_at(99) if nodes.intersection(step.nodes)}


VIEW = View((_STAGE, DEPTH, _ATLAS, _MAPS, CHANNELS, _OVER), "--stage stem", _say)
