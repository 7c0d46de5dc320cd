"""What is said where a training leaves the numbers: a loss, a gradient or answers that are infinite or no numbers."""

from collections.abc import Sequence

from vitreous.core.text import visible
from vitreous.errors import ModelError
from vitreous.fit.head import Ints
from vitreous.training.position import Position

_SMALLER = "a smaller --rate, or --clip 1"


class NotFinite(ModelError):
    """Raised before the update that would have spoiled the weights, and before an epoch is counted that gave no answers."""


def no_answers(what: str, position: Position) -> NotFinite:
    return NotFinite(f"the training was stopped at the end of epoch {position.epoch} (step {position.step:,})", f"the {what}", remedy=_SMALLER)


def not_finite(what: str, value: float, position: Position, numbers: Ints, names: Sequence[str]) -> NotFinite:
    some = ", ".join(visible(names[number]) if names else f"picture {number + 1}" for number in numbers[:3].tolist()) + (
        " …" if len(numbers) > 3 else ""
    )
    where = f"step {position.step + 1} (epoch {position.epoch}, batch {position.done + 1}: {some})"
    return NotFinite(f"the training was stopped before {where}", f"the {what} is {value}", remedy=f"{_SMALLER}; see the pictures named")
