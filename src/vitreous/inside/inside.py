"""A network on one picture, opened: its stages, the maps of each, the arithmetic of every number, and pictures of them."""

import os
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from vitreous.core.text import visible
from vitreous.core.view import View
from vitreous.data.decode import Decoded, Policy, decode
from vitreous.draw.theme import LIGHT, PIXELS_PER_INCH, PictureFormat, Theme, encoded, photo_png
from vitreous.errors import ModelError
from vitreous.infer.network import Network
from vitreous.inside import telling
from vitreous.inside.follow import Reached, account, down, pixel_of_file, up
from vitreous.inside.number import Arithmetic, explain
from vitreous.inside.place import Place
from vitreous.inside.stages import Stage, stage_called, stages
from vitreous.layers.walk import Walk, read_walk
from vitreous.layers.window import Array
from vitreous.tasks.classify.answers import Answers
from vitreous.tasks.predict import stored_rule

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from vitreous.inside.backwards import Gradient
    from vitreous.inside.effective_field import EffectiveField
    from vitreous.inside.filters import Filters
    from vitreous.inside.strongest import Strongest
    from vitreous.inside.why import Flip, Why

MAPS = 16
# The output that holds the answer.
_ANSWER = "probability"
_POLICY = Policy()


def inside(network: Network, image: str | os.PathLike[str], policy: Policy = _POLICY) -> "Inside":
    """Open a network on one picture: every value of it is worked out and kept, about 100 MB for the shipped network.

    Raises UnreadableImage; ModelError for a network that cannot be walked through.
    """
    decoded = decode(os.fspath(image), (network.view,), policy)
    walk = read_walk(network.data)
    if len(walk.inputs) != 1:
        raise ModelError(f"cannot open {visible(network.path.name)}", f"{len(walk.inputs)} inputs", "a network with one, the picture")
    (name, shape), *_ = walk.inputs.items()
    side = network.view.size
    if len(shape) != 4 or any(isinstance(size, int) and size != own for size, own in zip(shape, (1, side, side, 3), strict=True)):
        arrived = f"its input is {[size if isinstance(size, int) else visible(size or 'any') for size in shape]}"
        needed = f"[N, {side}, {side}, 3], as vitreous train writes it"
        raise ModelError(f"cannot open {visible(network.path.name)}", arrived, needed, "vitreous train --net takes networks from elsewhere")
    return Inside(network, os.fspath(image), decoded, walk, walk.values({name: decoded.views[0][None]}))


@dataclass(frozen=True, eq=False, repr=False)
class Inside:
    """What `inside` gives. `image` is the path; `values` holds every value of the network by name."""

    network: Network
    image: str
    decoded: Decoded
    walk: Walk
    values: dict[str, Array]

    @cached_property
    def stages(self) -> list[Stage]:
        """The stages of the network, by the first part of their names."""
        return self.stages_at(1)

    def stages_at(self, depth: int) -> list[Stage]:
        """The stages by the first `depth` parts of their names: 2 for stage3.block1."""
        return stages(self.walk, self.values, depth)

    @cached_property
    def answers(self) -> Answers | None:
        """What the network says of the picture; None where it has no output for that."""
        labels, probability = self.network.labels, self.values.get(_ANSWER)
        if probability is None:
            return None
        if probability.shape != (1, len(labels)):
            arrived = f"outputs of shape {probability.shape[1:]} and {len(labels)} labels"
            raise ModelError(f"{visible(self.network.path.name)} does not fit its metadata", arrived, "one output a label")
        return Answers(self.image, labels, probability[0], stored_rule(self.network))

    def stage(self, name: str) -> Stage:
        """The stage of this name, at any depth. Raises UsageError with the nearest names."""
        return stage_called(self.walk, self.values, name)

    def effective_field(self, name: str) -> "EffectiveField":
        """How much of its receptive field the middle number of a stage really uses on this picture."""
        from vitreous.inside.effective_field import effective_field

        stage = self.stage(name)
        return effective_field(self.walk, self.values, stage.value, stage.field.axes if stage.field else None)

    def maps(self, name: str) -> Array:
        """The feature maps [C, H, W] of a stage; [D] where it is flat."""
        return self.stage(name).maps

    def value(self, name: str, place: Place) -> "Account":
        """How one number came about: `value("stem", (3, 10, 12))`. Raises UsageError for what there is not."""
        return Account(self, explain(self.walk, self.values, name, place))

    def filters(self, stage: str | None = None, first: int = 0) -> "Filters":
        """The kernels that a stage has learned, as pictures; without a name those of the first layer."""
        from vitreous.inside.filters import filters

        return filters(self.network, stage, first)

    def gradient(self, name: str, place: Place | None = None, label: str | Sequence[str] | None = None) -> "Gradient":
        """The gradient of the loss in one weight, value or pixel, every factor of it: `gradient("conv1.weight", (3, 0, 2, 2))`."""
        from vitreous.inside.backwards import gradient

        return gradient(self, name, place, label)

    def why(self, method: str = "grad-cam", label: str | None = None) -> "Why":
        """What of the picture speaks for a label, by "cam", "grad-cam", "integrated-gradients", "occlusion" or "all", checked. Raises UsageError."""
        from vitreous.inside.why import why

        return why(self, method, label)

    def flip(self, label: str | None = None) -> "Flip":
        """The smallest change of the picture, in whole grey levels, after which the network answers otherwise: `label`, where it is given."""
        from vitreous.inside.why import flip

        return flip(self, label)

    def atlas(self, maps: int = MAPS, depth: int = 1, form: PictureFormat = "png", theme: Theme = LIGHT) -> bytes:
        """A picture of the `maps` strongest feature maps of every stage, as the bytes of a file."""
        from vitreous.inside.pictures import atlas_of

        return sharp(atlas_of(self, maps, depth, theme), form)

    def all_maps(
        self,
        name: str,
        form: PictureFormat = "png",
        theme: Theme = LIGHT,
        channels: Sequence[int] | None = None,
        over: "Strongest | None" = None,
    ) -> bytes:
        """A picture of the maps of one stage, of all or of some `channels`, as the bytes of a file. `over`: a search of this stage over many
        pictures (`run.strongest(name)`), whose dead channels are crossed out and whose saturated ones are framed."""
        from vitreous.inside.pictures import all_maps_of
        from vitreous.inside.strongest.strongest import require_channels

        stage = self.stage(name)
        if channels is not None:
            require_channels(name, len(stage.maps), channels)
        return sharp(all_maps_of(self, stage, channels, over, theme), form)

    def page(self, strongest: "Strongest | None" = None) -> bytes:
        """A page to walk through, from the pixels to the answer: one HTML file, which fetches nothing. `strongest`: what excites its channels."""
        from vitreous.inside.page import examples_of, page_of

        return page_of(self, examples_of(self, strongest) if strongest else None)

    @property
    def title(self) -> str:
        """The answer and what it is of."""
        name = visible(os.path.basename(self.image))
        if self.answers is None:
            return name
        return f"{name}: " + ", ".join(str(answer) for answer in self.answers.said(3))

    @property
    def picture_text(self) -> str:
        """What of the picture the network sees."""
        return f"{self.network.view} of {self.decoded.width} × {self.decoded.height}"

    def lines(self, shown: Sequence[Stage] | None = None) -> list[str]:
        """The table of stages (of all, where none are given) and the answer."""
        return [self.title, f"sees the {self.picture_text}", "", *telling.table(self.stages if shown is None else shown)]

    def to_json(self, shown: Sequence[Stage] | None = None) -> dict[str, Any]:
        answers = self.answers.to_json(5) if self.answers else {"answers": []}
        return {
            **answers,
            "image": self.image,
            "width": self.decoded.width,
            "height": self.decoded.height,
            "view": self.network.view.to_json(),
            "stages": [stage.to_json() for stage in (self.stages if shown is None else shown)],
        }

    def __repr__(self) -> str:
        return "\n".join(self.lines())

    def _repr_html_(self) -> str:
        return f"<pre>{escape(repr(self))}</pre>{inline(self.atlas(), 'feature maps of every stage')}"


@dataclass(frozen=True, eq=False, repr=False)
class Account:
    """One number of a network on one picture, with all there is to say of it."""

    inside: Inside
    made: Arithmetic

    @cached_property
    def steps(self) -> list[Arithmetic]:
        """The sum behind the number first, then what was done to it, the number last."""
        return account(self.inside.walk, self.inside.values, self.made)

    def down(self) -> list[Arithmetic]:
        """From the number to a pixel, by what decides."""
        return down(self.inside.walk, self.inside.values, self.made)

    def up(self) -> list[Reached]:
        """From the number to the probability of the answer, by influence."""
        answer, place = self._answer
        return up(self.inside.walk, self.inside.values, self.made, answer, place)

    @property
    def _answer(self) -> tuple[str, Place]:
        walk, values = self.inside.walk, self.inside.values
        name = _ANSWER if _ANSWER in values else next(name for name in reversed(walk.names) if values[name].dtype.kind == "f")
        # of its own where the number is one of the answers already
        if self.made.value == name:
            return name, self.made.place
        return name, tuple(int(k) for k in np.unravel_index(int(np.nan_to_num(values[name]).argmax()), values[name].shape))

    def lines(self) -> list[str]:
        return [line for step in self.steps for line in telling.arithmetic_lines(step)]

    def down_lines(self) -> list[str]:
        return telling.down_lines(self.down(), self.inside.network.view, (self.inside.decoded.width, self.inside.decoded.height))

    def up_lines(self) -> list[str]:
        answers = self.inside.answers
        label = answers.labels[self._answer[1][-1]] if answers else ""
        return telling.up_lines(self.made, self.up(), label)

    def picture(self, form: PictureFormat = "png", theme: Theme = LIGHT) -> bytes:
        """The sum, number by number, as the bytes of a picture file."""
        from vitreous.inside.pictures import arithmetic_of

        return encoded(arithmetic_of(self, theme), form)

    def to_json(self) -> dict[str, Any]:
        return {"arithmetic": [step.to_json() for step in self.steps]}

    def down_json(self) -> dict[str, Any]:
        steps = self.down()
        way = [{key: value for key, value in step.to_json().items() if key not in ("inputs",)} for step in steps]
        return {"down": way, "pixel": self._pixel(steps[-1])}

    def up_json(self) -> dict[str, Any]:
        return {"up": [step.to_json() for step in self.up()]}

    def _pixel(self, last: Arithmetic) -> dict[str, Any] | None:
        if last.form != "input" or len(last.place) != 4:
            return None
        view: View = self.inside.network.view
        box = pixel_of_file(last.place, view, self.inside.decoded.width, self.inside.decoded.height)
        return {"x0": box[0], "y0": box[1], "x1": box[2], "y1": box[3], "channel": last.place[3], "value": int(last.result)}

    def __repr__(self) -> str:
        return "\n".join(self.lines())

    def _repr_html_(self) -> str:
        return f"<pre>{escape(repr(self))}</pre>{inline(self.picture(), 'the arithmetic of one number')}"


def sharp(figure: "Figure", form: PictureFormat) -> bytes:
    """Twice the usual pixels: maps are small."""
    return photo_png(figure, 2 * PIXELS_PER_INCH) if form == "png" else encoded(figure, form)


def inline(png: bytes, what: str) -> str:
    return f"<img alt='{what}' style='max-width:100%' src='data:image/png;base64,{b64encode(png).decode()}'>"
