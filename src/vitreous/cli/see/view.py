"""What the views of `vitreous see` have in common: how one is asked for, the network that is opened, the pictures that are written."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import click

from vitreous.cli.names import NAME, PATH, is_lone_file, is_network, quoted
from vitreous.cli.outputs import require_outputs, write_said
from vitreous.core.text import visible
from vitreous.errors import UsageError

if TYPE_CHECKING:
    from vitreous.draw.theme import PictureFormat, Theme
    from vitreous.infer.network import Network
    from vitreous.inside import Inside

# One object each: a view that takes it lists it among its options.
PICTURE = click.Option(["--picture"], type=PATH, help="Write what is told as a picture to this file, .png or .svg.")

SEED = click.Option(["--seed"], type=click.IntRange(0), help="Another seed: other views, other directions (0).")
LABEL = click.Option(["--label"], type=NAME, help="The label that is asked about, or taken for true, instead of the network's own answer.")


@dataclass(frozen=True)
class Asked:
    """What was typed: `names` before the options, `options` by the names of their parameters."""

    names: tuple[str, ...]
    options: dict[str, Any]
    appearance: str
    as_json: bool
    max_pixels: int | None
    tolerate_truncated: bool

    @property
    def picture(self) -> str | None:
        file: str | None = self.options["picture"]
        return file


@dataclass(frozen=True)
class View:
    """One thing to be seen. The first of its `options` asks for it; `example` is how; the others belong to it, alone or with other views."""

    options: Sequence[click.Option]
    example: str
    say: Callable[[Asked], None]

    @property
    def option(self) -> str:
        return self.options[0].opts[0]


class Drawn(Protocol):
    def __call__(self, form: "PictureFormat", theme: "Theme") -> bytes: ...


def require_pictures(asked: Asked, *parameters: str, read: Sequence[str] = ()) -> None:
    """Refuse files for pictures that cannot be written, before the work. `parameters` are the options that name them; `read`: what is read
    besides the names."""
    from vitreous.draw.theme import picture_format

    files = {f"--{name}": asked.options[name] for name in parameters}
    for file in filter(None, files.values()):
        picture_format(file)
    require_outputs(files, [*asked.names, *read])


def write_picture(file: str, draw: Drawn, asked: Asked) -> None:
    from vitreous.draw.theme import DARK, LIGHT, picture_format

    write_said("picture", file, draw(picture_format(file), DARK if asked.appearance == "dark" else LIGHT))


def opened(asked: Asked) -> "Inside":
    """The network of [RUN] IMAGE opened on the picture."""
    from vitreous.data.decode import policy
    from vitreous.inside import inside

    if len(asked.names) > 2:
        raise UsageError("one picture at a time", f"{len(asked.names)} names", "[RUN] IMAGE")
    return inside(network_of(asked.names), asked.names[-1], policy(asked.max_pixels, asked.tolerate_truncated))


def network_of(names: tuple[str, ...]) -> "Network":
    """The network that the first of two names stands for; the shipped one for a picture alone."""
    from vitreous import api
    from vitreous.infer.network import load_network

    first = names[0]
    if len(names) == 1:
        if is_network(first):
            raise UsageError("no picture was named", f"only {visible(first)}", "a picture behind it", f"vitreous see {quoted(first)} PHOTO")
        return load_network()
    if is_lone_file(first):
        return load_network(Path(first))
    if not os.path.lexists(first) and (pretrained := api.pretrained(first)):
        return pretrained
    return api.load(first).network


def run_folder(name: str) -> str:
    """The folder of a run that is named by itself or by the model.onnx in it."""
    return os.path.dirname(name) if name.lower().endswith(".onnx") else name
