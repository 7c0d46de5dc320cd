"""`vitreous see [RUN] IMAGE`, `vitreous see FOLDER --augment`"""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vitreous.cli.names import NAME, PATH, quoted
from vitreous.cli.outputs import require_outputs
from vitreous.core.text import visible
from vitreous.errors import UsageError

if TYPE_CHECKING:
    from vitreous.infer.network import Network
    from vitreous.inside import Account, Inside


@click.command("see", short_help="Look inside the network.")
@click.argument("names", nargs=-1, required=True, type=NAME, metavar="[RUN] IMAGE")
@click.option("--depth", type=click.IntRange(1), default=1, help="How many parts of a name make a stage: 1 for stage3, 2 for stage3.block1.")
@click.option("--stage", type=NAME, help="One stage only: what it is made of; with --atlas, all of its maps.")
@click.option("--atlas", type=PATH, help="Write the feature maps of every stage as a picture to this file, .png or .svg.")
@click.option("--maps", type=click.IntRange(1, 256), default=16, show_default=True, help="How many maps of each stage the atlas shows.")
@click.option("--value", "number", type=NAME, help="The arithmetic of one number, such as stem[3,10,12] or logits[7].")
@click.option("--down", is_flag=True, help="Follow that number down to a pixel.")
@click.option("--up", is_flag=True, help="Follow that number up to the answer.")
@click.option(
    "--augment",
    is_flag=False,
    flag_value="auto",
    type=NAME,
    metavar="[WHAT]",
    help="What augmentation does to pictures of a folder: auto, or a list such as flip,crop=4,brightness=0.2 or auto,no-flip.",
)
@click.option("--seed", type=click.IntRange(0), help="With --augment: another seed, other views (0).")
@click.option("--picture", type=PATH, help="Write that number's arithmetic, or with --augment 64 views, as a picture to this file, .png or .svg.")
@click.option("--appearance", type=click.Choice(["light", "dark"]), default="light", help="Of the pictures that are written.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output, nothing else.")
@click.option("--max-pixels", type=click.IntRange(1), help="Largest picture that is read.")
@click.option("--tolerate-truncated", is_flag=True, help="Read files that end early.")
def command(
    names: tuple[str, ...],
    depth: int,
    stage: str | None,
    atlas: str | None,
    maps: int,
    number: str | None,
    down: bool,
    up: bool,
    augment: str | None,
    seed: int | None,
    picture: str | None,
    appearance: str,
    as_json: bool,
    max_pixels: int | None,
    tolerate_truncated: bool,
) -> None:
    """What the network does with IMAGE, stage by stage: shapes, what each number sees of the picture, weights, multiply-adds.

    RUN is a run folder or a model.onnx; without it, the network that comes with Vitreous. --value NAME[CHANNEL,ROW,COLUMN] writes out how
    one number of it came about, every product of it. --augment needs no network: what training would do to the pictures of a folder.
    """
    if augment is not None:
        others = {"--atlas": atlas, "--stage": stage, "--value": number, "--down": down, "--up": up}
        if given := [option for option, value in others.items() if value]:
            raise UsageError(f"{given[0]} cannot be given with --augment", needed="one of the two")
        _say_augmentation(names, augment, seed or 0, picture, appearance, as_json, max_pixels, tolerate_truncated)
        return
    if seed is not None:
        raise UsageError("--seed of what?", "no --augment", "--augment", "vitreous see FOLDER --augment --seed 1")
    if number is None and (down or up or picture):
        option = "--down" if down else "--up" if up else "--picture"
        raise UsageError(f"{option} of which number?", "no --value", "a number of the network", "--value stem[3,10,12]")
    from vitreous.draw.theme import picture_format

    for file in filter(None, (atlas, picture)):
        picture_format(file)
    require_outputs({"--atlas": atlas, "--picture": picture}, names)
    found = _inside(names, max_pixels, tolerate_truncated)
    if number is not None:
        from vitreous.inside.place import parse_number

        account = found.value(*parse_number(number))
        _say_number(account, down, up, as_json)
        if picture:
            _write(picture, account.picture, appearance)
    else:
        shown = [step for step in found.stages_at(99) if step.name in _within(found, stage)] if stage else found.stages_at(depth)
        click.echo(json.dumps(found.to_json(shown)) if as_json else "\n".join(found.lines(shown)))
    if atlas and stage:
        _write(atlas, lambda form, theme: found.all_maps(stage, form, theme), appearance)
    elif atlas:
        _write(atlas, lambda form, theme: found.atlas(maps, depth, form, theme), appearance)


def _say_augmentation(
    names: tuple[str, ...],
    allowed: str,
    seed: int,
    picture: str | None,
    appearance: str,
    as_json: bool,
    max_pixels: int | None,
    tolerate_truncated: bool,
) -> None:
    from vitreous import api

    if picture:
        from vitreous.draw.theme import picture_format

        picture_format(picture)
    require_outputs({"--picture": picture}, names)
    found = api.augmentations(names, allowed, seed=seed, max_pixels=max_pixels, tolerate_truncated=tolerate_truncated)
    click.echo(json.dumps(found.to_json()) if as_json else "\n".join(found.lines()))
    if picture:
        _write(picture, found.picture, appearance)
    elif not as_json:
        click.echo("--picture FILE draws them", err=True)


def _inside(names: tuple[str, ...], max_pixels: int | None, tolerate_truncated: bool) -> "Inside":
    from vitreous.fit.settings import policy
    from vitreous.inside import inside

    if len(names) > 2:
        raise UsageError("one picture at a time", f"{len(names)} names", "[RUN] IMAGE")
    network = _network(names)
    return inside(network, names[-1], policy(max_pixels, tolerate_truncated))


def _network(names: tuple[str, ...]) -> "Network":
    """The network that the first of two names stands for; the shipped one for a picture alone."""
    from vitreous import api
    from vitreous.infer.network import load_network

    first = names[0]
    model = first.lower().endswith(".onnx")
    if len(names) == 1:
        if model or os.path.isfile(os.path.join(first, "run.json")):
            raise UsageError("no picture was named", f"only {visible(first)}", "a picture behind it", f"vitreous see {quoted(first)} PHOTO")
        return load_network()
    if model and not os.path.isfile(os.path.join(os.path.dirname(first), "run.json")):
        return load_network(Path(first))
    return api.load(first).network


def _within(found: "Inside", stage: str) -> set[str]:
    """The names of the steps of a stage."""
    nodes = set(found.stage(stage).nodes)
    return {step.name for step in found.stages_at(99) if nodes.intersection(step.nodes)}


def _say_number(account: "Account", down: bool, up: bool, as_json: bool) -> None:
    if as_json:
        written: dict[str, Any] = account.to_json()
        written |= account.down_json() if down else {}
        written |= account.up_json() if up else {}
        click.echo(json.dumps(written))
        return
    lines = account.lines()
    if down:
        lines += ["", "down, by what decides:", *account.down_lines()]
    if up:
        lines += ["", "up, by influence on the answer:", *account.up_lines()]
    click.echo("\n".join(lines))


def _write(file: str, draw: Any, appearance: str) -> None:
    from vitreous.draw.theme import DARK, LIGHT, picture_format
    from vitreous.storage.atomic import write_atomically

    write_atomically(Path(file), draw(picture_format(file), DARK if appearance == "dark" else LIGHT))
    click.echo(f"picture in {visible(file)}", err=True)
