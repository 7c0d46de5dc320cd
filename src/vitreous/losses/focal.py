"""Focal loss: cross-entropy in which pictures that are already easy count less, so that the many do not drown the rare.

    L = − Σ_k w_k q_k (1 − p_k)^γ log p_k          p = softmax(z); q: 1 for the true class, else 0

γ = 0 is cross-entropy. With γ = 2 a picture of p = 0.9 counts a hundredth of what it did, one of p = 0.1 about four fifths.
The paper writes it for one class against the rest and notes that for more it is the same; w is its α.

Source: Lin, Goyal, Girshick, He, Dollár, "Focal loss for dense object detection", 2017, equation 5.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from vitreous.losses.target import probabilities, scores, weighted

if TYPE_CHECKING:
    from jaxtyping import Float, Int


def focal(
    logits: Float[Tensor, "N K"],
    target: Int[Tensor, " N"] | Float[Tensor, "N K"],
    gamma: float = 2.0,
    smoothing: float = 0.0,
    class_weights: Float[Tensor, " K"] | None = None,
) -> Float[Tensor, " N"]:
    """The loss of each picture in fp32.

    >>> logits = torch.tensor([[0.9, 0.1]]).log()
    >>> focal(logits, torch.tensor([0])) / focal(logits, torch.tensor([0]), gamma=0)
    tensor([0.0100])
    """
    z = scores(logits)  # [N, K]
    q = probabilities(z, target, smoothing)
    log_p = z.log_softmax(1)
    return -weighted(q * raised(-log_p.expm1(), gamma) * log_p, class_weights).sum(1)


def raised(share: Tensor, gamma: float) -> Tensor:
    """share^γ. Its slope at 0 is infinite for γ below 1, so what is 0 is taken for the least normal number, and has no slope."""
    return share.clamp_min(torch.finfo(share.dtype).tiny) ** gamma
