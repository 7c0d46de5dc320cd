"""LeNet-5: convolution, subsampling, convolution, subsampling, and three layers that see everything.

    32×32 ─ C1 6@28×28 ─ S2 6@14×14 ─ C3 16@10×10 ─ S4 16@5×5 ─ C5 120 ─ F6 84 ─ 10

Units are A tanh(S a) with A = 1.7159, S = 2/3 (the paper's appendix A), weights begin uniform in ±2.4 / fan-in.
Choices where we leave the paper, all of which are usual: S2 and S4 are plain means, without a weight and a bias a map and without a
squashing of their own; each map of C3 sees all maps of S2, not the table of 60 connections out of 96; the output is a
linear layer for softmax, not the distance to drawn digits (RBF). That makes 61,706 parameters; the paper's has 60,000.

Other sizes: S4's maps are averaged into 5×5 fields, which at 32×32 is what they are.

Source: Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, Gradient-based learning applied to document recognition, 1998, section II.
"""

import torch
from torch import Tensor, nn

from vitreous.nets.stages import Accepts, Staged

SMALLEST = 16  # C1 leaves 12, S2 6, C3 2, which S4 halves


class ScaledTanh(nn.Module):
    """1.7159 tanh(2a / 3): f(±1) = ±1, and curved most there."""

    def forward(self, a: Tensor) -> Tensor:
        return 1.7159 * torch.tanh(a * (2 / 3))


def network(name: str, classes: int, channels: int, size: int) -> Staged:
    stages: dict[str, nn.Module] = {
        "C1": nn.Sequential(nn.Conv2d(channels, 6, 5), ScaledTanh()),  # [N, 6, 28, 28]
        "S2": nn.AvgPool2d(2),  # [N, 6, 14, 14]
        "C3": nn.Sequential(nn.Conv2d(6, 16, 5), ScaledTanh()),  # [N, 16, 10, 10]
        "S4": nn.Sequential(nn.AvgPool2d(2), nn.AdaptiveAvgPool2d(5)),  # [N, 16, 5, 5]
        "C5": nn.Sequential(nn.Conv2d(16, 120, 5), ScaledTanh()),  # [N, 120, 1, 1]
        "F6": nn.Sequential(nn.Flatten(), nn.Linear(120, 84), ScaledTanh()),  # [N, 84]
    }
    net = Staged(Accepts(name, channels, SMALLEST), stages, nn.Linear(84, classes))
    net.apply(_begin)
    return net


def _begin(layer: nn.Module) -> None:
    if isinstance(layer, nn.Conv2d | nn.Linear):
        bound = 2.4 / layer.weight[0].numel()
        nn.init.uniform_(layer.weight, -bound, bound)
        nn.init.uniform_(layer.bias, -bound, bound)
