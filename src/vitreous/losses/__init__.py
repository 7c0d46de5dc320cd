"""What a network is wrong by: losses of logits and targets, one short file each. Nothing here needs torch to be imported.

    wrongness = loss("cross-entropy", smoothing=0.1)
    wrongness(logits, target)        # [N] in fp32, one number a picture; their mean is minimized

For one label the target is class numbers [N], or probabilities [N, K]; for several labels it is [N, K] from 0 to 1, NaN where unknown.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

from vitreous.core.limits import number_above, number_within
from vitreous.core.text import visible
from vitreous.errors import UsageError, nearest

if TYPE_CHECKING:
    from torch import Tensor

    Loss = Callable[[Tensor, Tensor], Tensor]

_LONGEST = 80  # of a name that is repeated
_MOST_GAMMA, _MOST_WEIGHT = 20, 1e6


@dataclass(frozen=True, slots=True)
class Entry:
    """One loss: the function of this name in `file`, and the options it takes. `several`: for several labels a picture."""

    name: str
    title: str
    year: int
    paper: str
    file: str
    several: bool
    options: tuple[str, ...]


_ENTRIES = (
    Entry(
        "cross-entropy",
        "Softmax cross-entropy",
        1990,
        "Bridle: Probabilistic interpretation of feedforward classification network outputs",
        "cross_entropy",
        False,
        ("smoothing", "class_weights"),
    ),
    Entry("focal", "Focal loss", 2017, "Lin et al.: Focal loss for dense object detection", "focal", False, ("gamma", "smoothing", "class_weights")),
    Entry(
        "binary-cross-entropy",
        "Binary cross-entropy of each label",
        1972,
        "Cox's logistic regression (1958), for networks Hinton 1989: Connectionist learning procedures",
        "binary_cross_entropy",
        True,
        ("smoothing", "class_weights"),
    ),
    Entry(
        "asymmetric",
        "Asymmetric loss",
        2021,
        "Ridnik et al.: Asymmetric loss for multi-label classification",
        "asymmetric",
        True,
        ("gamma", "gamma_positive", "margin", "class_weights"),
    ),
)
LOSSES: dict[str, Entry] = {each.name: each for each in _ENTRIES}


def entry(name: str) -> Entry:
    """The loss of that name. Raises UsageError with the nearest names where there is none."""
    if not isinstance(name, str) or name not in LOSSES:
        given = str(name)[:_LONGEST]
        raise UsageError(f"there is no loss {visible(given)!r}", remedy=nearest(given.lower(), LOSSES))
    return LOSSES[name]


def loss(
    name: str,
    *,
    smoothing: float | None = None,
    class_weights: Sequence[float] | None = None,
    gamma: float | None = None,
    gamma_positive: float | None = None,
    margin: float | None = None,
) -> "Loss":
    """A function of logits [N, K] and a target that gives the losses [N] of the pictures.

    None leaves an option as the loss has it. `smoothing` from 0 to below 1; `class_weights`: K numbers above 0; `gamma`: how much less
    an easy picture counts (2; for "asymmetric" that of absent labels, 4, with `gamma_positive`, 0, and `margin`, 0.05).
    Raises UsageError for an unknown name, an option that this loss does not take, or one out of its range.
    """
    found = entry(name)
    given: dict[str, Any] = {
        "smoothing": None if smoothing is None else _smoothing(smoothing),
        "class_weights": None if class_weights is None else _weights(class_weights),
        "gamma": None if gamma is None else number_within("gamma", gamma, 0, _MOST_GAMMA),
        "gamma_positive": None if gamma_positive is None else number_within("gamma_positive", gamma_positive, 0, _MOST_GAMMA),
        "margin": None if margin is None else number_within("the margin", margin, 0, 0.999),
    }
    options = {option: value for option, value in given.items() if value is not None}
    for option in options:
        if option not in found.options:
            raise UsageError(f"the loss {name} takes no {option}", remedy=f"it takes: {', '.join(found.options)}")
    function = getattr(import_module(f"vitreous.losses.{found.file}"), found.file)
    if "class_weights" in options:
        options["class_weights"] = import_module("torch").tensor(options["class_weights"])
    return partial(function, **options)


def _smoothing(value: float) -> float:
    return number_within("label smoothing", value, 0, 0.999)


def _weights(values: Sequence[float]) -> list[float]:
    if isinstance(values, str) or not hasattr(values, "__len__") or not len(values):
        raise UsageError("class weights", visible(repr(values)[:_LONGEST]), "one number above 0 for each class")
    return [number_above("a class weight", value.item() if hasattr(value, "item") else value, 0, _MOST_WEIGHT) for value in values]
