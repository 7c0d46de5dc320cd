"""The multi-layer perceptron: a hidden layer between pixels and classes, learned by back-propagation.

    h = σ(W₁ x + b₁),    f(x) = W₂ h + b₂        σ(a) = 1 / (1 + e^−a), or max(0, a)

300 hidden units on 28×28 pixels, as in the comparison of LeCun et al. 1998 (there: 4.7 % errors on MNIST).
The catalogue's `mlp` has rectified units; `sigmoid_mlp` has those of 1986.

Sources: D. Rumelhart, G. Hinton, R. Williams, Learning representations by back-propagating errors, 1986. Weights begin as in Glorot,
Bengio 2010 (sigmoid) and in He et al. 2015 (rectified); biases at zero.
"""

from torch import nn

from vitreous.nets.stages import Accepts, Staged

HIDDEN = 300


def network(name: str, classes: int, channels: int, size: int) -> Staged:
    return relu_mlp(classes, channels, size)


def relu_mlp(classes: int, channels: int, size: int, hidden: int = HIDDEN) -> Staged:
    net = _layers(classes, channels, size, hidden, nn.ReLU())
    nn.init.kaiming_normal_(net.stages["hidden"].weight)
    return net


def sigmoid_mlp(classes: int, channels: int, size: int, hidden: int = HIDDEN) -> Staged:
    net = _layers(classes, channels, size, hidden, nn.Sigmoid())
    nn.init.xavier_uniform_(net.stages["hidden"].weight)
    return net


def _layers(classes: int, channels: int, size: int, hidden: int, activation: nn.Module) -> Staged:
    units, head = nn.Linear(channels * size * size, hidden), nn.Linear(hidden, classes)
    nn.init.xavier_uniform_(head.weight)
    for layer in (units, head):
        nn.init.zeros_(layer.bias)
    stages = {
        "flat": nn.Flatten(),  # [N, C·S·S]
        "hidden": units,  # [N, hidden]
        "activation": activation,
    }
    return Staged(Accepts("mlp", channels, size, size), stages, head)
