"""ResNet-9, made for short trainings: eight 3×3 convolutions, the widths doubled where the size is halved, and two blocks with a shortcut.

    32×32 ─ 3×3 conv 16 ─ pool ─ 3×3 conv 32 ─ block 32@16×16 ─ pool ─ 3×3 conv 64 ─ block 64@8×8 ─ pool ─ 3×3 conv 128@4×4 ─ largest ─ 10

A block is x + two layers of it, each a convolution, batch norm, ReLU. Page's network for CIFAR-10 has four times the maps (64 to 512), a
block behind the second and the last convolution, and pools a layer later: made for a graphics card, this one for a processor.

Source: D. Page, How to train your ResNet, 2018 (part 4, "Architecture").
"""

from torch import Tensor, nn

from vitreous.nets.stages import Accepts, Staged

WIDTHS = (16, 32, 64, 128)


def network(name: str, classes: int, channels: int, size: int) -> Staged:
    one, two, three, four = WIDTHS
    stages: dict[str, nn.Module] = {
        "conv1": nn.Sequential(*layer(channels, one), nn.MaxPool2d(2)),  # [N, 16, 16, 16]
        "conv2": nn.Sequential(*layer(one, two), Block(two), nn.MaxPool2d(2)),  # [N, 32, 8, 8]
        "conv3": nn.Sequential(*layer(two, three), Block(three), nn.MaxPool2d(2)),  # [N, 64, 4, 4]
        "conv4": nn.Sequential(*layer(three, four)),  # [N, 128, 4, 4]
        "pool": nn.Sequential(nn.AdaptiveMaxPool2d(1), nn.Flatten()),  # [N, 128]
    }
    net = Staged(Accepts(name, channels, smallest=8), stages, nn.Linear(four, classes))
    for module in net.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
    return net


def layer(channels: int, width: int) -> list[nn.Module]:
    return [nn.Conv2d(channels, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU()]


class Block(nn.Module):
    """x + layer(layer(x))"""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(*layer(width, width), *layer(width, width))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.layers(x)
