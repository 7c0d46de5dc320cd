"""How weights go down the gradient: rules, schedules of the rate, averages of the weights.

    descent = optimizer("adamw", net, rate=1e-3, decay=0.01)      # a torch.optim.Optimizer
    factor = schedule("one-cycle", steps=1000)                    # factor(step) times the rate
    for step in range(1000):
        set_rate(descent, factor(step))
        …
        clip(net, largest=1.0)                                    # returns the norm that the gradient had
        descent.step()

The rules are written out for reading in `vitreous.optim.rules`, and equal torch's step by step. Nothing here needs torch to be imported.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vitreous.core.limits import number_above, number_within
from vitreous.core.text import visible
from vitreous.errors import UsageError, nearest
from vitreous.optim.schedules import SCHEDULES, schedule

if TYPE_CHECKING:
    from torch import nn
    from torch.optim import Optimizer

__all__ = ["OPTIMIZERS", "SCHEDULES", "Entry", "clip", "entry", "optimizer", "schedule", "set_rate"]

LARGEST_RATE, LARGEST_DECAY, LARGEST_MOMENTUM = 1000.0, 10.0, 0.99999
_LONGEST = 80  # of a name that is repeated


@dataclass(frozen=True, slots=True)
class Entry:
    """One optimizer. `momentum`: what it begins with where none is given; None: it takes none. `betas`: whether it takes these."""

    name: str
    title: str
    year: int
    paper: str
    momentum: float | None = None
    betas: bool = False


_ENTRIES = (
    Entry("sgd", "Gradient descent", 1951, "Robbins, Monro: A stochastic approximation method"),
    Entry("momentum", "Gradient descent with momentum", 1964, "Polyak: Some methods of speeding up the convergence of iteration methods", 0.9),
    Entry("nesterov", "Nesterov's momentum", 1983, "Nesterov; Sutskever, Martens, Dahl, Hinton 2013: On the importance of initialization", 0.9),
    Entry("adam", "Adam", 2015, "Kingma, Ba: Adam: a method for stochastic optimization", betas=True),
    Entry("adamw", "AdamW", 2019, "Loshchilov, Hutter: Decoupled weight decay regularization", betas=True),
    Entry("muon", "Muon", 2024, "K. Jordan et al.: Muon: an optimizer for hidden layers in neural networks", 0.95, betas=True),
)
OPTIMIZERS: dict[str, Entry] = {each.name: each for each in _ENTRIES}


def entry(name: str) -> Entry:
    """The optimizer of that name. Raises UsageError with the nearest names where there is none."""
    if not isinstance(name, str) or name not in OPTIMIZERS:
        given = str(name)[:_LONGEST]
        raise UsageError(f"there is no optimizer {visible(given)!r}", remedy=nearest(given.lower(), OPTIMIZERS))
    return OPTIMIZERS[name]


def optimizer(
    name: str,
    net: "nn.Module",
    rate: float,
    *,
    momentum: float | None = None,
    decay: float = 0.0,
    betas: tuple[float, float] | None = None,
) -> "Optimizer":
    """An optimizer of `OPTIMIZERS` for all weights of `net` that learn.

    "sgd" is full-batch gradient descent, mini-batch or one sample at a time: that is the size of the batch. `decay` is the weight decay
    of matrices and kernels; biases and norms are not shrunk. `momentum` and `betas`: None means the rule's own, (0.9, 0.999) for the
    latter; giving one to a rule that has none is an error. Groups hold "initial_lr", the rate to which a schedule's factor refers.

    "muon" uses Muon for matrices and kernels of hidden layers and AdamW, at the same rate, for all else.

    Raises UsageError for an unknown name, a number out of its range, or a network in which nothing learns.
    """
    found = entry(name)
    number_above("the learning rate", rate, 0, LARGEST_RATE)
    number_within("the weight decay", decay, 0, LARGEST_DECAY)
    if momentum is not None and found.momentum is None:
        raise UsageError(f"{name} takes no momentum", f"{momentum}", remedy="leave it out, or choose momentum, nesterov or muon")
    if betas is not None and not found.betas:
        raise UsageError(f"{name} takes no betas", f"{betas}", remedy="leave them out, or choose adam, adamw or muon")
    mu = found.momentum or 0.0
    if momentum is not None:
        mu = number_within("the momentum", momentum, 0, LARGEST_MOMENTUM)
    first, second = _two(betas) if betas is not None else (0.9, 0.999)
    from vitreous.optim.groups import built

    return built(name, net, rate, mu, decay, (first, second))


def set_rate(descent: "Optimizer", factor: float) -> None:
    """From now on each group of weights learns at its own first rate times `factor`."""
    for group in descent.param_groups:
        group["lr"] = group["initial_lr"] * factor


def clip(net: "nn.Module", largest: float) -> float:
    """Scale the gradient of all weights together to the norm `largest` where it is longer; returns the norm that it had.

    A norm that is not finite is returned, and the gradient left alone: there is no direction in it. Source: Pascanu, Mikolov, Bengio,
    "On the difficulty of training recurrent neural networks", 2013. Raises UsageError for a `largest` that is not above 0; `inf` only
    measures.
    """
    from vitreous.optim.groups import clipped

    return clipped(net, largest)


def _two(betas: Any) -> tuple[float, float]:
    if not isinstance(betas, tuple | list) or len(betas) != 2:
        raise UsageError("the betas", visible(repr(betas)[:_LONGEST]), "two numbers, of the mean and of the mean square")
    first, second = (number_within("each of the betas", each, 0, LARGEST_MOMENTUM) for each in betas)
    return first, second
