"""Builds optimizers: which weights are shrunk, which are Muon's, and the norm of a whole gradient.

    decayed      matrices and kernels: two axes and more
    plain        biases, scales and shifts of norms: without weight decay
    muon         matrices and kernels of hidden layers: all but those of the first layer and of the head (only for Muon)

Weight decay pulls towards zero. For a matrix that is towards a smoother function; a bias only moves it, and a norm's scale at zero
makes a layer that says nothing (He et al., "Bag of tricks for image classification with convolutional neural networks", 2019, section 4.1).
"""

from math import inf
from typing import Any

from torch import nn
from torch.nn.utils import get_total_norm
from torch.optim import SGD, Adam, AdamW, Optimizer

from vitreous.core.limits import number_above
from vitreous.errors import UsageError
from vitreous.optim.muon import Muon

Group = dict[str, Any]


def built(name: str, net: nn.Module, rate: float, mu: float, decay: float, betas: tuple[float, float]) -> Optimizer:
    """The optimizer of a checked name and checked numbers. Raises UsageError where nothing learns."""
    if name == "muon":
        return _with_first_rate(Muon(muon_groups(net, decay), rate, mu, betas))
    groups = decay_groups(net, decay)
    if name == "adam":
        return _with_first_rate(Adam(groups, rate, betas))
    if name == "adamw":
        return _with_first_rate(AdamW(groups, rate, betas))
    return _with_first_rate(SGD(groups, rate, mu, nesterov=name == "nesterov"))


def decay_groups(net: nn.Module, decay: float) -> list[Group]:
    """The groups "decayed" and "plain", without those that are empty, in the order of the network."""
    weights = _learning(net)
    return _filled(
        _group("decayed", [each for each in weights if each.ndim > 1], decay),
        _group("plain", [each for each in weights if each.ndim <= 1], 0.0),
    )


def muon_groups(net: nn.Module, decay: float) -> list[Group]:
    """The groups "muon", "decayed" and "plain", without those that are empty."""
    weights = _learning(net)
    matrices = [each for each in net.parameters() if each.ndim > 1]
    head = getattr(net, "head", None)
    outer = {id(each) for each in (head.parameters() if isinstance(head, nn.Module) else matrices[-1:])} | {id(each) for each in matrices[:1]}
    hidden = [each for each in weights if each.ndim > 1 and id(each) not in outer]
    return _filled(
        _group("muon", hidden, decay),
        _group("decayed", [each for each in weights if each.ndim > 1 and id(each) in outer], decay),
        _group("plain", [each for each in weights if each.ndim <= 1], 0.0),
    )


def clipped(net: nn.Module, largest: float) -> float:
    """See `vitreous.optim.clip`."""
    if largest != inf:
        number_above("the largest norm of a gradient", largest, 0, 1e6)
    gradients = [each.grad for each in net.parameters() if each.grad is not None]
    if not gradients:
        return 0.0
    length = float(get_total_norm(gradients))
    if largest < length < inf:
        for each in gradients:
            each.mul_(largest / length)
    return length


def _learning(net: nn.Module) -> list[nn.Parameter]:
    weights = [each for each in net.parameters() if each.requires_grad]
    if not weights:
        raise UsageError("there is nothing to optimize", "a network in which no weight learns", "a weight with requires_grad")
    return weights


def _group(name: str, weights: list[nn.Parameter], decay: float) -> Group:
    return {"name": name, "params": weights, "weight_decay": decay}


def _filled(*groups: Group) -> list[Group]:
    return [group for group in groups if group["params"]]


def _with_first_rate(descent: Optimizer) -> Optimizer:
    for group in descent.param_groups:
        group["initial_lr"] = group["lr"]
    return descent
