"""Binary cross-entropy of several labels: for each label of its own the question whether it is there.

    p = σ(z) = 1 / (1 + e^−z)
    L = mean over known labels k of  w_k (− t_k log p_k − (1 − t_k) log(1 − p_k))
    ∂L / ∂z = (p − t) / number of known labels      where all weights w are 1

It is computed as max(z, 0) − t z + log(1 + e^−|z|), in which nothing overflows. A target of NaN is a label that nobody has looked for: it is
no part of the loss, and gets no gradient. A picture counts as much as any other, however many of its labels are known
(Durand, Mehrasa, Mori, "Learning a deep ConvNet for multi-label classification with partial labels", 2019, with g(p) = 1 / p).

Sources: Cox 1958; Hinton, "Connectionist learning procedures", 1989.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor

from vitreous.losses.target import labels, mean_of_known, scores, weighted

if TYPE_CHECKING:
    from jaxtyping import Float


def binary_cross_entropy(
    logits: Float[Tensor, "N K"],
    target: Float[Tensor, "N K"],
    smoothing: float = 0.0,
    class_weights: Float[Tensor, " K"] | None = None,
) -> Float[Tensor, " N"]:
    """The loss of each picture in fp32. Smoothing s moves the targets to s / 2 and 1 − s / 2.

    >>> import torch
    >>> binary_cross_entropy(torch.tensor([[0.0, 0.0]]), torch.tensor([[1.0, float("nan")]]))
    tensor([0.6931])
    """
    z = scores(logits)  # [N, K]
    t, known = labels(z, target)
    t = (1 - smoothing) * t + smoothing / 2
    losses = z.clamp_min(0) - t * z + z.abs().neg().exp().log1p()
    return mean_of_known(weighted(losses, class_weights), known)
