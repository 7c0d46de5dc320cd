"""What a target must be to fit its logits. Nothing is broadcast: a target [4, 1] for logits [4, 3] is a mistake and raises.

On a CPU the values are checked too. On another device that would wait for it at every step; the data were checked when they were read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from vitreous.errors import UsageError

if TYPE_CHECKING:
    from jaxtyping import Float, Int

_WHOLE = (torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8)
_ROUNDED = 0.01  # by which rounding to 16 bit may move a sum of probabilities from 1


def scores(logits: Float[Tensor, "N K"]) -> Float[Tensor, "N K"]:
    """The logits in fp32; fp64 stays as it is."""
    if logits.ndim != 2 or not logits.is_floating_point():
        raise UsageError("there is no loss of these logits", _said(logits), "numbers [N, K]: a row for each picture, a column for each class")
    return logits.to(torch.promote_types(logits.dtype, torch.float32))


def one_label(z: Float[Tensor, "N K"], target: Int[Tensor, " N"] | Float[Tensor, "N K"]) -> Int[Tensor, " N"] | Float[Tensor, "N K"]:
    """For one label: class numbers as int64, or probabilities in the number format of z."""
    if target.dtype in _WHOLE:
        return _class_numbers(z, target).long()
    q = _fitting(z, target, "class numbers [N] or probabilities").to(z.dtype)
    if _is_here(q) and not ((q >= 0).all() and ((q.sum(1) - 1).abs() < _ROUNDED).all()):
        raise UsageError("a target is no probability", "negative numbers, NaN, or a sum other than 1", "probabilities of the K classes")
    return q


def probabilities(z: Float[Tensor, "N K"], target: Int[Tensor, " N"] | Float[Tensor, "N K"], smoothing: float = 0.0) -> Float[Tensor, "N K"]:
    """What the network should say of each class: q = (1 − s) target + s / K, with label smoothing s."""
    q = one_label(z, target)
    if not q.is_floating_point():
        q = one_hot(q, z.shape[1]).to(z.dtype)
    return (1 - smoothing) * q + smoothing / z.shape[1]


def labels(z: Float[Tensor, "N K"], target: Float[Tensor, "N K"]) -> tuple[Float[Tensor, "N K"], Float[Tensor, "N K"]]:
    """For several labels: the target with 0 where nothing is known, and 1 where it is known, else 0."""
    t = _fitting(z, target, "labels").to(z.dtype)
    known = ~t.isnan()
    t = torch.where(known, t, 0)
    if _is_here(t) and not ((t >= 0) & (t <= 1)).all():
        raise UsageError("a target is no label", "numbers outside 0 to 1", "1 (there), 0 (not there), NaN (unknown), or a probability")
    return t, known.to(z.dtype)


def weights_of(z: Float[Tensor, "N K"], class_weights: Float[Tensor, " K"] | None) -> Float[Tensor, " K"] | None:
    """Where the logits are, in their number format."""
    if class_weights is None:
        return None
    if class_weights.shape != z.shape[1:]:
        raise UsageError("the class weights do not fit", _said(class_weights), f"one for each of the {z.shape[1]} classes")
    return class_weights.to(z)


def weighted(losses: Float[Tensor, "N K"], class_weights: Float[Tensor, " K"] | None) -> Float[Tensor, "N K"]:
    weights = weights_of(losses, class_weights)
    return losses if weights is None else weights * losses


def mean_of_known(losses: Float[Tensor, "N K"], known: Float[Tensor, "N K"]) -> Float[Tensor, " N"]:
    """The mean over the labels of a picture that are known; 0 where none is."""
    return (losses * known).sum(1) / known.sum(1).clamp_min(1)


def _class_numbers(z: Tensor, target: Tensor) -> Tensor:
    if target.shape != z.shape[:1]:
        raise _unfit(z, target, f"class numbers [{len(z)}]")
    if _is_here(target) and len(target):
        least, largest = (int(each) for each in target.aminmax())
        if least < 0 or largest >= z.shape[1]:
            raise UsageError("a class number is out of range", f"{least} to {largest}", f"0 to {z.shape[1] - 1}")
    return target


def _fitting(z: Tensor, target: Tensor, needed: str) -> Tensor:
    if target.shape != z.shape or not target.is_floating_point():
        raise _unfit(z, target, f"{needed} {list(z.shape)} as floating-point numbers")
    return target


def _unfit(z: Tensor, target: Tensor, needed: str) -> UsageError:
    return UsageError("the target does not fit the logits", f"logits {list(z.shape)} and a target of {_said(target)}", needed)


def _said(tensor: Tensor) -> str:
    return f"{list(tensor.shape)} {str(tensor.dtype).removeprefix('torch.')}"


def _is_here(tensor: Tensor) -> bool:
    return tensor.device.type == "cpu"
