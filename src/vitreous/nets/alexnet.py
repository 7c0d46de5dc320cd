"""AlexNet: five convolutions and three fully connected layers, rectified, on two graphics cards.

    224×224 ─ conv1 96@55×55 ─ 27 ─ conv2 256@27×27 ─ 13 ─ conv3 384 ─ conv4 384 ─ conv5 256@13×13 ─ 6 ─ fc6 4096 ─ fc7 4096 ─ 1000

As in the paper the maps are split over two towers that meet only in conv3: conv2, conv4 and conv5 are convolutions in two groups,
which makes 60,965,224 parameters. `alexnet(..., towers=1)` joins them (62,378,344). Two pixels of padding around 224 stand for the
227 pixels that the paper's 55×55 needs. Pooling windows of 3 overlap at stride 2; normalization over 5 neighbouring channels follows the
rectifier of conv1 and conv2 (k = 2, α = 1e-4, β = 0.75; torch divides α by the number of neighbours, the paper does not).

Other sizes: pool5's maps are averaged into 6×6 fields, which at 224×224 is what they are.

Source: A. Krizhevsky, I. Sutskever, G. Hinton, ImageNet classification with deep convolutional neural networks, 2012. Weights begin
normal with deviation 0.01; biases at 1 in conv2, conv4, conv5, fc6 and fc7, elsewhere at 0 (section 5).
"""

from torch import nn

from vitreous.nets.stages import Accepts, Staged

SMALLEST = 63  # conv1 14, pool1 7 … pool5 needs 3
BIASES_AT_ONE = ("conv2", "conv4", "conv5", "fc6", "fc7")


def network(name: str, classes: int, channels: int, size: int) -> Staged:
    return alexnet(classes, channels)


def alexnet(classes: int, channels: int, towers: int = 2) -> Staged:
    stages: dict[str, nn.Module] = {
        "conv1": nn.Sequential(nn.Conv2d(channels, 96, 11, stride=4, padding=2), nn.ReLU(), _response_norm()),  # [N, 96, 55, 55]
        "pool1": nn.MaxPool2d(3, 2),  # [N, 96, 27, 27]
        "conv2": nn.Sequential(nn.Conv2d(96, 256, 5, padding=2, groups=towers), nn.ReLU(), _response_norm()),  # [N, 256, 27, 27]
        "pool2": nn.MaxPool2d(3, 2),  # [N, 256, 13, 13]
        "conv3": nn.Sequential(nn.Conv2d(256, 384, 3, padding=1), nn.ReLU()),  # [N, 384, 13, 13]
        "conv4": nn.Sequential(nn.Conv2d(384, 384, 3, padding=1, groups=towers), nn.ReLU()),
        "conv5": nn.Sequential(nn.Conv2d(384, 256, 3, padding=1, groups=towers), nn.ReLU()),  # [N, 256, 13, 13]
        "pool5": nn.Sequential(nn.MaxPool2d(3, 2), nn.AdaptiveAvgPool2d(6)),  # [N, 256, 6, 6]
        "fc6": nn.Sequential(nn.Flatten(), nn.Linear(256 * 6 * 6, 4096), nn.ReLU(), nn.Dropout()),  # [N, 4096]
        "fc7": nn.Sequential(nn.Linear(4096, 4096), nn.ReLU(), nn.Dropout()),  # [N, 4096]
    }
    net = Staged(Accepts("alexnet", channels, SMALLEST), stages, nn.Linear(4096, classes))
    for path, layer in net.named_modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            nn.init.normal_(layer.weight, std=0.01)
            nn.init.constant_(layer.bias, float(any(stage in path for stage in BIASES_AT_ONE)))
    return net


def _response_norm() -> nn.LocalResponseNorm:
    return nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2.0)
