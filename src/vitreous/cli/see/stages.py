"""`vitreous see [RUN] IMAGE`: the stages of the network on one picture, and their feature maps."""

import json
from typing import TYPE_CHECKING

import click

from vitreous.cli.names import NAME, PATH
from vitreous.cli.see.view import Asked, View, opened, require_pictures, write_picture

if TYPE_CHECKING:
    from vitreous.inside import Inside

_STAGE = click.Option(["--stage"], type=NAME, help="One stage only: what it is made of; with --atlas, all of its maps.")
DEPTH = click.Option(["--depth"], type=click.IntRange(1), default=1, help="How many parts of a name make a stage: 1 for stage3, 2 for stage3.block1.")
_ATLAS = click.Option(["--atlas"], type=PATH, help="Write the feature maps of every stage as a picture to this file, .png or .svg.")
_MAPS = click.Option(["--maps"], type=click.IntRange(1, 256), default=16, show_default=True, help="How many maps of each stage the atlas shows.")


def _say(asked: Asked) -> None:
    require_pictures(asked, "atlas")
    stage, depth, maps, atlas = (asked.options[name] for name in ("stage", "depth", "maps", "atlas"))
    found = opened(asked)
    shown = [step for step in found.stages_at(99) if step.name in _within(found, stage)] if stage else found.stages_at(depth)
    click.echo(json.dumps(found.to_json(shown)) if asked.as_json else "\n".join(found.lines(shown)))
    if atlas and stage:
        write_picture(atlas, lambda form, theme: found.all_maps(stage, form, theme), asked)
    elif atlas:
        write_picture(atlas, lambda form, theme: found.atlas(maps, depth, form, theme), asked)


def _within(found: "Inside", stage: str) -> set[str]:
    """The names of the steps of a stage."""
    nodes = set(found.stage(stage).nodes)
    return {step.name for step in found.stages_at(99) if nodes.intersection(step.nodes)}


VIEW = View((_STAGE, DEPTH, _ATLAS, _MAPS), "--stage stem", _say)
