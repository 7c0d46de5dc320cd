"""The thin ResNets of the CIFAR-10 experiments: 6n + 2 layers, three stages of 16, 32 and 64 maps.

    32×32 ─ 3×3 conv 16 ─ n blocks 16@32×32 ─ n blocks 32@16×16 ─ n blocks 64@8×8 ─ mean ─ 10        n = 3: ResNet-20, n = 9: ResNet-56

Where the size changes, the shortcut takes every second pixel and adds channels of zeros behind the others: no weights (option A).
Pictures of any size: the head reads the mean over all places.

The plain ones are the same without shortcuts (figure 6, left): as many weights, and the deep one learns worse than the shallow one.

Source: K. He, X. Zhang, S. Ren, J. Sun, Deep residual learning for image recognition, 2015, section 4.2. Weights begin as in He et al. 2015.
"""

from torch import Tensor, nn
from torch.nn.functional import pad

from vitreous.nets.stages import Accepts, Staged

WIDTHS = (16, 32, 64)
BLOCKS = {"resnet20-cifar": 3, "resnet56-cifar": 9, "plain20-cifar": 3, "plain56-cifar": 9}  # in each of the three stages


def network(name: str, classes: int, channels: int, size: int) -> Staged:
    stages: dict[str, nn.Module] = {
        "conv1": nn.Sequential(nn.Conv2d(channels, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU()),  # [N, 16, 32, 32]
    }
    block, before = Plain if name.startswith("plain") else Block, 16
    for number, width in enumerate(WIDTHS, 2):
        blocks = [block(before if place == 0 else width, width) for place in range(BLOCKS[name])]
        stages[f"conv{number}"] = nn.Sequential(*blocks)  # 32, 16, 8 pixels a side
        before = width
    stages["pool"] = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())  # [N, 64]
    net = Staged(Accepts(name, channels), stages, nn.Linear(64, classes))
    net.apply(_begin)
    return net


class Block(nn.Module):
    """relu( norm(3×3(relu(norm(3×3(x))))) + shortcut(x) ); where there are more channels behind it, at half the size."""

    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        stride = 1 if channels == width else 2
        self.conv1 = nn.Conv2d(channels, width, 3, stride, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(width)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(width)
        self.shortcut = nn.Identity() if channels == width else Thinned(width - channels)
        self.relu2 = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        y = self.relu1(self.norm1(self.conv1(x)))
        y = self.norm2(self.conv2(y))
        return self.relu2(y + self.shortcut(x))


class Plain(nn.Sequential):
    """relu(norm(3×3(relu(norm(3×3(x)))))): a block without its shortcut."""

    def __init__(self, channels: int, width: int) -> None:
        stride = 1 if channels == width else 2
        first = nn.Conv2d(channels, width, 3, stride, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU()
        second = nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU()
        super().__init__(*first, *second)


class Thinned(nn.Module):
    """Every second row and column, and `added` channels of zeros behind the others."""

    def __init__(self, added: int) -> None:
        super().__init__()
        self.added = added
        self.every_second = nn.AvgPool2d(1, 2)

    def forward(self, x: Tensor) -> Tensor:
        return pad(self.every_second(x), (0, 0, 0, 0, 0, self.added))


def _begin(layer: nn.Module) -> None:
    if isinstance(layer, nn.Conv2d):
        nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
    if isinstance(layer, nn.Linear):
        nn.init.kaiming_normal_(layer.weight, nonlinearity="linear")
        nn.init.zeros_(layer.bias)
