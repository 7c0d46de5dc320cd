"""VGG: 3×3 convolutions only, and more of them. Two see a field of 5×5, three one of 7×7, with fewer weights and more rectifiers.

    five blocks of convolutions, each ended by a 2×2 max-pool ─ fc6 4096 ─ fc7 4096 ─ 1000

Other sizes: the last block's maps are averaged into 7×7 fields, which at 224×224 is what they are.

Source: K. Simonyan, A. Zisserman, Very deep convolutional networks for large-scale image recognition, 2014, table 1: the columns A,
B, D and E. Weights begin as in Glorot, Bengio 2010, with which the paper's deeper nets need no pre-training (section 3.1).
"""

from torch import nn

from vitreous.nets.stages import Accepts, Staged

WIDTHS = (64, 128, 256, 512, 512)
# Table 1: convolutions in each block
COLUMNS = {
    "vgg11": (1, 1, 2, 2, 2),  # A
    "vgg13": (2, 2, 2, 2, 2),  # B
    "vgg16": (2, 2, 3, 3, 3),  # D
    "vgg19": (2, 2, 4, 4, 4),  # E
}
SMALLEST = 32  # halved five times


def network(name: str, classes: int, channels: int, size: int) -> Staged:
    stages: dict[str, nn.Module] = {}
    for number, (width, depth) in enumerate(zip(WIDTHS, COLUMNS[name], strict=True), 1):
        stages[f"conv{number}"] = _convolutions(channels, width, depth)  # [N, width, 224 / 2^(number − 1), …]
        stages[f"pool{number}"] = nn.MaxPool2d(2)
        channels = width
    stages["pool5"] = nn.Sequential(nn.MaxPool2d(2), nn.AdaptiveAvgPool2d(7))  # [N, 512, 7, 7]
    stages["fc6"] = nn.Sequential(nn.Flatten(), nn.Linear(512 * 7 * 7, 4096), nn.ReLU(), nn.Dropout())  # [N, 4096]
    stages["fc7"] = nn.Sequential(nn.Linear(4096, 4096), nn.ReLU(), nn.Dropout())  # [N, 4096]
    first = stages["conv1"][0]
    net = Staged(Accepts(name, first.in_channels, SMALLEST), stages, nn.Linear(4096, classes))
    net.apply(_begin)
    return net


def _convolutions(channels: int, width: int, depth: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for _ in range(depth):
        layers += [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU()]
        channels = width
    return nn.Sequential(*layers)


def _begin(layer: nn.Module) -> None:
    if isinstance(layer, nn.Conv2d | nn.Linear):
        nn.init.xavier_uniform_(layer.weight)
        nn.init.zeros_(layer.bias)
