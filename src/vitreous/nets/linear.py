"""The linear classifier: one template a class, and the sum of what it has in common with the picture.

    f(x) = W x + b        x [D] the picture's pixels in a row, W [K, D], b [K]

Row k of W is a picture itself, and can be looked at. Weights begin at zero: softmax regression has one valley.

Source: R. A. Fisher, The use of multiple measurements in taxonomic problems, 1936 (the linear discriminant); CIFAR-10's input is taken.
"""

from torch import nn

from vitreous.nets.stages import Accepts, Staged


def network(name: str, classes: int, channels: int, size: int) -> Staged:
    head = nn.Linear(channels * size * size, classes)
    nn.init.zeros_(head.weight)
    nn.init.zeros_(head.bias)
    return Staged(Accepts(name, channels, size, size), {"flat": nn.Flatten()}, head)  # [N, C·S·S]
