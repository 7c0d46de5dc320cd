"""Asymmetric loss for several labels: the many labels that are absent, and easily seen to be, hardly count.

    p  = σ(z),    p_m = max(p − m, 0)
    L₊ = (1 − p)^γ₊ log p                 for a label that is there
    L₋ = p_m^γ₋ log(1 − p_m)              for one that is not: below the margin m it counts nothing at all
    L  = mean over known labels of  w (− t L₊ − (1 − t) L₋)

A label that is said to be absent with p near 1 is perhaps a wrong label: beyond some p the gradient of L₋ falls again.
The paper sums over labels where the mean is taken here; NaN is a label that is not known, as in `binary_cross_entropy`.

Source: Ridnik, Ben-Baruch, Zamir, Noy, Friedman, Protter, Zelnik-Manor, "Asymmetric loss for multi-label classification", 2021, equation 7
(γ₊ = 0, γ₋ = 4, m = 0.05).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor, finfo
from torch.nn.functional import logsigmoid

from vitreous.losses.focal import raised
from vitreous.losses.target import labels, mean_of_known, scores, weighted

if TYPE_CHECKING:
    from jaxtyping import Float


def asymmetric(
    logits: Float[Tensor, "N K"],
    target: Float[Tensor, "N K"],
    gamma: float = 4.0,
    gamma_positive: float = 0.0,
    margin: float = 0.05,
    class_weights: Float[Tensor, " K"] | None = None,
) -> Float[Tensor, " N"]:
    """The loss of each picture in fp32; `gamma` is γ₋, that of labels that are absent."""
    z = scores(logits)  # [N, K]
    t, known = labels(z, target)
    absent = (-z).sigmoid()  # 1 − p
    there = raised(absent, gamma_positive) * logsigmoid(z)
    # without a margin log(1 − p) would be log 0 for a large z
    log_absent = (absent + margin).clamp(finfo(z.dtype).tiny, 1).log() if margin else logsigmoid(-z)
    not_there = raised((z.sigmoid() - margin).clamp_min(0), gamma) * log_absent
    return mean_of_known(weighted(-t * there - (1 - t) * not_there, class_weights), known)
