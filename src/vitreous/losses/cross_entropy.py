"""Softmax cross-entropy: how surprised the network is by the true class.

    p_k = e^{z_k} / Σ_j e^{z_j}
    L   = − Σ_k w_k q_k log p_k          q: 1 for the true class, else 0; with smoothing s (1 − s) q + s / K
    ∂L / ∂z = p − q                      where all weights w are 1

A network that knows nothing has L = log K. Probabilities as targets are those of mixed pictures (mixup) or of another network.

Sources: Bridle 1990; label smoothing: Szegedy et al., "Rethinking the Inception architecture", 2016; mixed targets: Zhang et al., "mixup", 2018.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor, nn

from vitreous.losses.target import one_label, scores, weights_of

if TYPE_CHECKING:
    from jaxtyping import Float, Int


def cross_entropy(
    logits: Float[Tensor, "N K"],
    target: Int[Tensor, " N"] | Float[Tensor, "N K"],
    smoothing: float = 0.0,
    class_weights: Float[Tensor, " K"] | None = None,
) -> Float[Tensor, " N"]:
    """The loss of each picture in fp32: torch's own, behind a check of the target.

    >>> import torch
    >>> cross_entropy(torch.tensor([[3.2, 5.1, -1.7]]), torch.tensor([0]))
    tensor([2.0404])
    """
    z = scores(logits)  # [N, K]
    w = weights_of(z, class_weights)
    return nn.functional.cross_entropy(z, one_label(z, target), w, reduction="none", label_smoothing=smoothing)
