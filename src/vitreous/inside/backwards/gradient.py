"""The gradient of the loss in one number of a network, written out: `found.gradient("conv1.weight", (3, 0, 2, 2))`."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from vitreous.draw.theme import LIGHT, PictureFormat, Theme, encoded
from vitreous.errors import ModelError
from vitreous.inside.backwards import words
from vitreous.inside.backwards.chain import Backwards, Factor, share_of_way, strongest_place
from vitreous.inside.backwards.loss import ANSWER, Loss, loss_of
from vitreous.inside.backwards.weights import Weight, require_known, weight_called, weight_of
from vitreous.inside.number import plain
from vitreous.inside.place import Place, full_place, value_called, without_batch
from vitreous.inside.stages import stage_names
from vitreous.tasks.task import thresholds_of

if TYPE_CHECKING:
    from vitreous.inside.inside import Inside


@dataclass(frozen=True, eq=False, repr=False)
class Gradient:
    """What `gradient` gives: `steps`, the number itself first, then the number with the strongest product in its sum, up to a score of the loss.

    `weight`: what the number is, where it is a weight; `chosen`: the place was not given, and is where the gradient is largest.
    """

    inside: "Inside"
    backwards: Backwards
    steps: list[Factor]
    weight: Weight | None
    chosen: bool

    @property
    def loss(self) -> Loss:
        return self.backwards.loss

    @property
    def amount(self) -> float:
        """dL/dx itself."""
        return self.steps[0].gradient

    @property
    def name(self) -> str:
        return self.steps[0].value

    @property
    def place(self) -> Place:
        """Without the axis of pictures, where there is one."""
        return self.steps[0].place if self.weight else without_batch(self.steps[0].place)

    @cached_property
    def share(self) -> float:
        """How much of the gradient came by the way that `steps` take; below 0 where it came against it."""
        return share_of_way(self.steps)

    @property
    def whole(self) -> Any:
        """The gradient in all numbers of that weight or value."""
        return self.backwards.gradients[self.name]

    def lines(self) -> list[str]:
        return words.lines(self)

    def picture(self, form: PictureFormat = "png", theme: Theme = LIGHT) -> bytes:
        """The products at the number, and the way to the loss, as the bytes of a picture file."""
        from vitreous.inside.backwards.pictures import chain_of

        return encoded(chain_of(self, theme), form)

    def to_json(self) -> dict[str, Any]:
        return {
            "image": self.inside.image,
            **self.loss.to_json(),
            "name": self.name,
            "place": list(self.place),
            "chosen": self.chosen,
            "is": words.what(self),
            "gradient": plain(self.amount),
            "share_of_way": plain(self.share),
            "steps": [step.to_json() for step in self.steps],
        }

    def __repr__(self) -> str:
        return "\n".join(self.lines())

    def _repr_html_(self) -> str:
        from vitreous.inside.inside import inline

        return f"<pre>{escape(repr(self))}</pre>{inline(self.picture(), 'the chain rule for one number')}"


def gradient(inside: "Inside", name: str, place: Place | None = None, label: str | Sequence[str] | None = None) -> Gradient:
    """The gradient of the loss in the number at `place` (without the axis of pictures) of a weight, a value or a stage.

    Without a place it is that where the gradient is largest. The loss is that of `label`, or of the network's own answer.
    Raises UsageError for a name, a place or a label that there is not; ModelError where no gradient comes through.
    """
    walk, values = inside.walk, inside.values
    weight = weight_called(walk, values, name)
    value = weight or _value(inside, name)
    array = values[value]
    full = None if not place and array.size > 1 else _placed(value, array, place or (), weight is not None)
    backwards = Backwards(walk, values, loss_of(walk, values, inside.network.labels, _own_answer(inside), label), value)
    found = backwards.gradients[value]
    if not np.isfinite(found).all() and full is None:
        raise ModelError("there is no gradient to follow", "numbers that are none (NaN) on the way", "a network that answers with numbers")
    at = strongest_place(found) if full is None else full
    return Gradient(inside, backwards, backwards.follow(value, at), weight_of(walk, value) if weight else None, full is None)


def _value(inside: "Inside", name: str) -> str:
    if name not in inside.walk.inputs and name not in inside.walk.names and name not in stage_names(inside.walk, inside.values):
        raise require_known(inside.walk, inside.values, name)
    return value_called(inside.walk, inside.values, name)


def _placed(name: str, array: Any, place: Place, is_weight: bool) -> Place:
    """A weight has no axis of pictures."""
    return full_place(name, array[None], (*place,))[1:] if is_weight else full_place(name, array, place)


def _own_answer(inside: "Inside") -> Any:
    """1 for the labels that the network says, else 0: [K]."""
    labels = inside.network.labels
    probability = inside.values.get(ANSWER)
    if probability is None or probability.shape[1:] != (len(labels),):
        raise ModelError("there is no loss to go back from", "a network without the output probability", "one that answers with probabilities")
    if (thresholds := thresholds_of(inside.network.facts)) is not None:
        return (probability[0].astype(np.float64) >= thresholds).astype(np.float64)
    said = inside.answers
    own = said.label if said is not None else None
    number = labels.index(own) if own is not None else int(probability[0].argmax())
    return np.eye(len(labels))[number]
