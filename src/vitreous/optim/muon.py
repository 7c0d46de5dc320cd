"""Muon for the matrices and kernels of hidden layers, AdamW for all other weights, as one torch optimizer.

    V ← μ V + (1 − μ) g        W ← (1 − η λ) W − 0.2 √max(m, n) η · ortho((1 − μ) g + μ V)

The step of Muon is the gradient with momentum, its singular values brought near 1, so that no direction of the matrix is left behind;
`vitreous.optim.rules` has the arithmetic, step by step. A kernel [m, C, k, k] is taken as a matrix [m, C k k], which torch.optim.Muon
(from torch 2.9 on) does not accept. Products are in fp32: the matrices of small networks are small, and the steps are then the same on
machines with and without bf16.

Sources: K. Jordan et al., "Muon: an optimizer for hidden layers in neural networks", 2024, https://kellerjordan.github.io/posts/muon;
the factor 0.2 √max(m, n): Liu et al., "Muon is scalable for LLM training", 2025.
"""

from collections.abc import Callable
from math import sqrt
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from vitreous.optim.rules import EPSILON, ITERATIONS, QUINTIC


class Muon(Optimizer):
    """Groups named "muon" go by Muon, all others by AdamW; each has its "lr" and "weight_decay"."""

    def __init__(self, groups: list[dict[str, Any]], rate: float, momentum: float = 0.95, betas: tuple[float, float] = (0.9, 0.999)) -> None:
        super().__init__(groups, {"lr": rate, "weight_decay": 0.0, "momentum": momentum, "betas": betas})

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            rule = _muon if group["name"] == "muon" else _adamw
            for W in group["params"]:
                if W.grad is not None:
                    W.mul_(1 - group["lr"] * group["weight_decay"])
                    rule(W, W.grad, self.state[W], group)
        return loss


def orthogonalized(G: Tensor) -> Tensor:
    """A matrix [m, n] with its singular values brought near 1; see `vitreous.optim.rules.orthogonalized`."""
    a, b, c = QUINTIC
    X = G.T if G.shape[0] > G.shape[1] else G
    X = X / X.norm().clamp_min(1e-7)
    for _ in range(ITERATIONS):
        A = X @ X.T
        X = a * X + (b * A + c * (A @ A)) @ X
    return X.T if G.shape[0] > G.shape[1] else X


def _muon(W: Tensor, g: Tensor, state: dict[str, Any], group: dict[str, Any]) -> None:
    if not state:
        state["velocity"] = torch.zeros_like(g)
    V = state["velocity"].lerp_(g, 1 - group["momentum"])
    ahead = g.lerp(V, group["momentum"]).reshape(len(W), -1)  # [m, C k k]
    step = orthogonalized(ahead.to(torch.promote_types(g.dtype, torch.float32)))
    W.add_(step.to(W.dtype).reshape(W.shape), alpha=-group["lr"] * 0.2 * sqrt(max(step.shape)))


def _adamw(W: Tensor, g: Tensor, state: dict[str, Any], group: dict[str, Any]) -> None:
    if not state:
        state["step"] = torch.zeros(())
        state["mean"], state["square"] = torch.zeros_like(g), torch.zeros_like(g)
    state["step"] += 1
    first, second = group["betas"]
    t = float(state["step"])
    M = state["mean"].lerp_(g, 1 - first)
    S = state["square"].mul_(second).addcmul_(g, g, value=1 - second)
    deviation = (S / (1 - second**t)).sqrt_().add_(EPSILON)
    W.addcdiv_(M, deviation, value=-group["lr"] / (1 - first**t))
