"""GoogLeNet: nine modules that look at every place with windows of several sizes at once.

    inception(x) = concat( 1×1(x),  3×3(1×1(x)),  5×5(1×1(x)),  1×1(maxpool(x)) )

The 1×1 convolutions before the large windows make them cheap; the head has one layer behind a global mean. Convolutions have biases
and no batch norm, as in 2014: 6,998,552 parameters, and 13,378,280 with the two auxiliary heads, which are used in training only.
Pooling rounds up, so that 112 becomes 56; normalization over channels has the constants of AlexNet but k = 1, which the paper leaves open.

Other sizes: the global mean and the auxiliary heads' 4×4 fields are means over whatever is there. (The paper's 5×5 windows at stride 3
overlap; here the fields meet edge to edge.)

Source: C. Szegedy et al., Going deeper with convolutions, 2014, table 1 and figure 3. Weights begin as in He et al. 2015; the paper
does not say how.
"""

import torch
from torch import Tensor, nn

from vitreous.nets.stages import Accepts, Staged

# Table 1: #1×1, #3×3 reduce, #3×3, #5×5 reduce, #5×5, pool proj; input channels are the sum of what is before
MODULES = {
    "3a": (64, 96, 128, 16, 32, 32),
    "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64),
    "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128),
    "5b": (384, 192, 384, 48, 128, 128),
}
AUXILIARY_AFTER = ("4a", "4d")
AUXILIARY_WEIGHT = 0.3  # of an auxiliary head's loss in the whole (section 5)
SMALLEST = 31  # 16, 8, 4, 2, and no window of 3 fits into 1: see the tests


def network(name: str, classes: int, channels: int, size: int) -> Staged:
    """With `auxiliary`, the heads behind 4a and 4d, beside stages and head."""
    stages: dict[str, nn.Module] = {
        "conv1": _convolution(channels, 64, 7, stride=2, padding=3),  # [N, 64, 112, 112]
        "pool1": nn.Sequential(_halved(), nn.LocalResponseNorm(5)),  # [N, 64, 56, 56]
        "conv2": nn.Sequential(_convolution(64, 64, 1), _convolution(64, 192, 3, padding=1), nn.LocalResponseNorm(5)),  # [N, 192, 56, 56]
        "pool2": _halved(),  # [N, 192, 28, 28]
    }
    width, auxiliary = 192, {}
    for place, row in MODULES.items():
        stages[place] = Inception(width, *row)
        width = row[0] + row[2] + row[4] + row[5]
        if place in AUXILIARY_AFTER:
            auxiliary[place] = _auxiliary(width, classes)
        if place in ("3b", "4e"):
            stages[f"pool{place[0]}"] = _halved()  # [N, 480, 14, 14] and [N, 832, 7, 7]
    stages["pool5"] = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.4))  # [N, 1024]
    net = Staged(Accepts(name, channels, SMALLEST), stages, nn.Linear(width, classes))
    net.auxiliary = nn.ModuleDict(auxiliary)
    net.apply(_begin)
    return net


def with_auxiliary(net: Staged, x: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
    """The logits, and those of each auxiliary head by its place; the loss is that of the first + 0.3 × those of the others."""
    values = net.named_values(x)
    return values["logits"], {place: head(values[place]) for place, head in net.auxiliary.items()}


class Inception(nn.Module):
    """Four branches on the same maps, their outputs one behind the other."""

    def __init__(self, channels: int, one: int, three_reduced: int, three: int, five_reduced: int, five: int, pooled: int) -> None:
        super().__init__()
        self.one = _convolution(channels, one, 1)
        self.three = nn.Sequential(_convolution(channels, three_reduced, 1), _convolution(three_reduced, three, 3, padding=1))
        self.five = nn.Sequential(_convolution(channels, five_reduced, 1), _convolution(five_reduced, five, 5, padding=2))
        self.pooled = nn.Sequential(nn.MaxPool2d(3, 1, padding=1), _convolution(channels, pooled, 1))

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.one(x), self.three(x), self.five(x), self.pooled(x)], 1)


def _convolution(channels: int, width: int, kernel: int, stride: int = 1, padding: int = 0) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(channels, width, kernel, stride, padding), nn.ReLU())


def _halved() -> nn.MaxPool2d:
    return nn.MaxPool2d(3, 2, ceil_mode=True)


def _auxiliary(channels: int, classes: int) -> nn.Sequential:
    return nn.Sequential(
        nn.AdaptiveAvgPool2d(4),  # [N, C, 4, 4]
        _convolution(channels, 128, 1),
        nn.Flatten(),  # [N, 2048]
        nn.Linear(2048, 1024),
        nn.ReLU(),
        nn.Dropout(0.7),
        nn.Linear(1024, classes),
    )


def _begin(layer: nn.Module) -> None:
    if isinstance(layer, nn.Conv2d | nn.Linear):
        nn.init.kaiming_normal_(layer.weight)
        nn.init.zeros_(layer.bias)
