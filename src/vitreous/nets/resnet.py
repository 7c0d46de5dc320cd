"""ResNet: blocks learn what is to be added to their input, so that a hundred of them can be trained.

    y = relu( F(x) + x )        F two 3×3 convolutions, or 1×1, 3×3, 1×1 (bottleneck); batch norm behind each

Where the size changes, x passes a 1×1 convolution at stride 2 (option B). The bottleneck's stride is in its 3×3 convolution ("v1.5",
as in the weights that are mostly published); in the paper it is in the first 1×1, which skips three quarters of the input.
Pictures of any size: the head reads the mean over all places.

Source: K. He, X. Zhang, S. Ren, J. Sun, Deep residual learning for image recognition, 2015, table 1. Weights begin as in He et al. 2015
(fan-out), the batch norms' factors at one, all biases at zero.
"""

from collections.abc import Callable

from torch import Tensor, nn

from vitreous.nets.stages import Accepts, Staged

WIDTHS = (64, 128, 256, 512)
# Table 1: blocks in conv2 … conv5
BLOCKS = {"resnet18": (2, 2, 2, 2), "resnet34": (3, 4, 6, 3), "resnet50": (3, 4, 6, 3)}


def network(name: str, classes: int, channels: int, size: int) -> Staged:
    block: Callable[[int, int, int], nn.Module] = Bottleneck if name == "resnet50" else Basic
    expansion = Bottleneck.EXPANSION if name == "resnet50" else 1
    stages: dict[str, nn.Module] = {
        "conv1": nn.Sequential(nn.Conv2d(channels, 64, 7, 2, padding=3, bias=False), nn.BatchNorm2d(64), nn.ReLU()),  # [N, 64, 112, 112]
        "pool1": nn.MaxPool2d(3, 2, padding=1),  # [N, 64, 56, 56]
    }
    before = 64
    for number, (width, depth) in enumerate(zip(WIDTHS, BLOCKS[name], strict=True), 2):
        blocks: list[nn.Module] = []
        for place in range(depth):
            blocks.append(block(before, width, 2 if number > 2 and place == 0 else 1))
            before = width * expansion
        stages[f"conv{number}"] = nn.Sequential(*blocks)  # 56, 28, 14, 7 pixels a side
    stages["pool5"] = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())  # [N, 512 or 2048]
    net = Staged(Accepts(name, channels), stages, nn.Linear(before, classes))
    net.apply(_begin)
    return net


class Basic(nn.Module):
    """relu( norm(3×3(relu(norm(3×3(x))))) + shortcut(x) )"""

    def __init__(self, channels: int, width: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, width, 3, stride, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(width)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(width)
        self.shortcut = _shortcut(channels, width, stride)
        self.relu2 = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        y = self.relu1(self.norm1(self.conv1(x)))
        y = self.norm2(self.conv2(y))
        return self.relu2(y + self.shortcut(x))


class Bottleneck(nn.Module):
    """Narrow in the middle: 1×1 to `width` channels, 3×3, 1×1 to four times as many."""

    EXPANSION = 4

    def __init__(self, channels: int, width: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, width, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(width)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(width, width, 3, stride, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(width)
        self.relu2 = nn.ReLU()
        self.conv3 = nn.Conv2d(width, width * self.EXPANSION, 1, bias=False)
        self.norm3 = nn.BatchNorm2d(width * self.EXPANSION)
        self.shortcut = _shortcut(channels, width * self.EXPANSION, stride)
        self.relu3 = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        y = self.relu1(self.norm1(self.conv1(x)))
        y = self.relu2(self.norm2(self.conv2(y)))
        y = self.norm3(self.conv3(y))
        return self.relu3(y + self.shortcut(x))


def _shortcut(channels: int, width: int, stride: int) -> nn.Module:
    if stride == 1 and channels == width:
        return nn.Identity()
    return nn.Sequential(nn.Conv2d(channels, width, 1, stride, bias=False), nn.BatchNorm2d(width))


def _begin(layer: nn.Module) -> None:
    if isinstance(layer, nn.Conv2d):
        nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
    if isinstance(layer, nn.Linear):
        nn.init.kaiming_normal_(layer.weight, nonlinearity="linear")
        nn.init.zeros_(layer.bias)
